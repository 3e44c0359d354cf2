//! Pause, resume, trigger, and other rules than before.

use taskyard::domain::schedule::{Overlap, Rule};
use taskyard::domain::task::IdempotencyKey;
use taskyard::domain::{ScheduleName, UnixMillis};
use taskyard::store::PartitionRank;
use taskyard::store::StoreError;
use taskyard::store::schedules::{CreateOutcome, SetOutcome, TriggerOutcome};

use super::{create, definition, every_s, get, name, queued};
use crate::support::{EPOCH_MS, TestStore};

fn minute(number: u64) -> UnixMillis {
    UnixMillis::new(EPOCH_MS + number * 60_000)
}

#[tokio::test]
async fn a_paused_schedule_lets_its_moments_pass_for_good() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(60))).await;
    let paused = test.store.schedules.pause(&name()).await.unwrap().unwrap();
    assert_eq!((paused.paused, paused.next), (true, None));
    test.pass(150_000).await;
    assert_eq!(queued(&test).await, 0);
    let resumed = test.store.schedules.resume(&name()).await.unwrap().unwrap();
    assert_eq!((resumed.paused, resumed.next), (false, Some(minute(3))));
    test.pass(29_000).await;
    assert_eq!(queued(&test).await, 0);
    test.pass(1_000).await;
    assert_eq!(queued(&test).await, 1);
    // Said twice it changes nothing.
    let again = test.store.schedules.resume(&name()).await.unwrap().unwrap();
    assert_eq!(again.next, Some(minute(4)));
    test.audit().await;
}

#[tokio::test]
async fn a_trigger_fires_now_paused_or_not_and_counts() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(60))).await;
    test.store.schedules.pause(&name()).await.unwrap();
    test.advance(5_000);
    for fires in 1..=2_u64 {
        // The overlap with a task that waits is the caller's wish.
        let outcome = test.store.schedules.trigger(&name()).await.unwrap();
        let TriggerOutcome::Triggered(schedule) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((schedule.fires, schedule.paused), (fires, true));
        assert_eq!(
            schedule.last_fire_at,
            Some(UnixMillis::new(EPOCH_MS + 5_000))
        );
        let task = test.task(schedule.last_task.unwrap()).await;
        assert_eq!(task.queue.as_str(), "default");
    }
    test.sweep().await;
    assert_eq!(queued(&test).await, 2);
    test.audit().await;
}

#[tokio::test]
async fn a_rule_that_names_the_same_moments_goes_on_and_another_begins_now() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(60))).await;
    test.advance(30_000);
    let same = Rule {
        overlap: Overlap::Allow,
        ..every_s(60)
    };
    let set = async |rule| match test
        .store
        .schedules
        .replace(&name(), &definition(rule))
        .await
    {
        Ok(SetOutcome::Known(schedule)) => schedule,
        other => panic!("{other:?}"),
    };
    let goes_on = set(same).await;
    assert_eq!(
        (goes_on.next, goes_on.rule.overlap),
        (Some(minute(1)), Overlap::Allow)
    );
    let begins = set(every_s(120)).await;
    assert_eq!(begins.next, Some(UnixMillis::new(EPOCH_MS + 150_000)));
    test.pass(119_000).await;
    assert_eq!(queued(&test).await, 0);
    test.pass(1_000).await;
    assert_eq!(queued(&test).await, 1);
}

#[tokio::test]
async fn a_removed_schedule_fires_no_more_and_leaves_nothing_but_its_tasks() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(60))).await;
    test.pass(60_000).await;
    assert!(test.store.schedules.remove(&name()).await.unwrap());
    assert!(!test.store.schedules.remove(&name()).await.unwrap());
    test.pass(120_000).await;
    assert_eq!(queued(&test).await, 1);
    assert!(test.store.schedules.get(&name()).await.unwrap().is_none());
    let place = PartitionRank::default();
    let (listed, next) = test.store.schedules.list(place, 10).await.unwrap();
    assert_eq!((listed.len(), next), (0, None));
    // A new one of the name begins from nothing.
    assert_eq!(create(&test, &definition(every_s(60))).await.fires, 0);
    test.audit().await;
}

#[tokio::test]
async fn a_key_finds_the_schedule_that_it_has_made_for_a_day() {
    let test = TestStore::start().await;
    let key = |body| IdempotencyKey {
        scope: [1; 16],
        body: [body; 16],
    };
    let create = async |key: Option<IdempotencyKey>| {
        let (name, wanted) = (name(), definition(every_s(60)));
        let made = test.store.schedules.create(&name, &wanted, key.as_ref());
        made.await.unwrap()
    };
    assert!(matches!(
        create(Some(key(1))).await,
        CreateOutcome::Created(_)
    ));
    assert!(matches!(
        create(Some(key(1))).await,
        CreateOutcome::Replayed(_)
    ));
    assert!(matches!(
        create(Some(key(2))).await,
        CreateOutcome::KeyReused
    ));
    assert!(matches!(create(None).await, CreateOutcome::Exists));
    test.advance(86_400_000);
    assert!(matches!(create(Some(key(1))).await, CreateOutcome::Exists));
}

#[tokio::test]
async fn of_those_who_create_at_once_one_does() {
    let test = TestStore::start().await;
    let schedules = &test.store.schedules;
    let wanted = definition(every_s(60));
    let name = name();
    let made =
        futures_util::future::join_all((0..8).map(|_| schedules.create(&name, &wanted, None)));
    let made: Result<Vec<CreateOutcome>, StoreError> = made.await.into_iter().collect();
    let created = |outcome: &&CreateOutcome| matches!(outcome, CreateOutcome::Created(_));
    assert_eq!(made.unwrap().iter().filter(created).count(), 1);
    assert_eq!(get(&test).await.revision, 1);
}

#[tokio::test]
async fn a_list_goes_through_all_partitions_by_pages() {
    let test = TestStore::start().await;
    let schedules = &test.store.schedules;
    for number in 0..7 {
        let name = ScheduleName::parse(&format!("s{number}")).unwrap();
        schedules
            .create(&name, &definition(every_s(60)), None)
            .await
            .unwrap();
    }
    let (mut place, mut names) = (Some(PartitionRank::default()), Vec::new());
    while let Some(from) = place {
        let (page, next) = schedules.list(from, 3).await.unwrap();
        assert!(page.len() <= 3 && page.iter().all(|schedule| schedule.task.payload.is_none()));
        names.extend(page.into_iter().map(|schedule| schedule.name.to_string()));
        place = next;
    }
    names.sort();
    assert_eq!(names, ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]);
}
