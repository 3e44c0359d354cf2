//! Each moment once: replicas that race, die half-way, or bring a row again.

use deadpool_redis::redis;
use taskyard::domain::queue_settings::QueueChange;
use taskyard::domain::schedule::{CatchUp, FireOutcome, Overlap, Rule};
use taskyard::domain::{Partition, Submission, TaskState};
use taskyard::store::keys::Keys;
use taskyard::store::{Clock, Store, StoreOptions, Work};

use super::{create, definition, every_s, get, name, queued, submits};
use crate::support::{TestStore, queue, submission};

/// Another replica on the same Redis and the same clock.
async fn replica(test: &TestStore) -> Store {
    let options = StoreOptions {
        url: test.redis.redis.url(),
        clock: Clock::Virtual(test.now.clone()),
        ..StoreOptions::default()
    };
    Store::open(options).await.unwrap()
}

fn home(test: &TestStore) -> Partition {
    // Schedules and queues are spread by their names in the same way.
    test.store.sweeps.partition_of(&queue(name().as_str()))
}

async fn fire(store: &Store, partition: Partition) {
    store
        .sweeps
        .run(Work::FireSchedules, partition)
        .await
        .unwrap();
}

#[tokio::test]
async fn replicas_that_race_fire_each_moment_once() {
    let test = TestStore::start().await;
    let other = replica(&test).await;
    let rule = Rule {
        overlap: Overlap::Allow,
        catch_up: CatchUp::All,
        ..every_s(1)
    };
    create(&test, &definition(rule)).await;
    let partition = home(&test);
    for round in 1..=10_u64 {
        test.advance(10_000);
        let (one, two, three) = (
            fire(&test.store, partition),
            fire(&other, partition),
            fire(&test.store, partition),
        );
        tokio::join!(one, two, three);
        assert_eq!(queued(&test).await, round * 10);
    }
    assert_eq!(get(&test).await.fires, 100);
    test.audit().await;
}

#[tokio::test]
async fn a_replica_that_begins_goes_on_where_the_last_one_ended() {
    let test = TestStore::start().await;
    let rule = Rule {
        overlap: Overlap::Allow,
        ..every_s(60)
    };
    let before = create(&test, &definition(rule)).await;
    test.pass(60_000).await;
    let begun = replica(&test).await;
    let found = begun.schedules.get(&name()).await.unwrap().unwrap();
    assert_eq!((found.fires, found.created_at), (1, before.created_at));
    test.advance(60_000);
    fire(&begun, home(&test)).await;
    assert_eq!(queued(&test).await, 2);
}

#[tokio::test]
async fn a_row_that_comes_twice_is_one_task() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(60))).await;
    let client = redis::Client::open(test.redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys = Keys::of(home(&test));
    // A trigger brings its task itself, and leaves the row to a sweep.
    test.store.schedules.trigger(&name()).await.unwrap();
    let mut range = redis::cmd("XRANGE");
    range.arg(keys.outbox()).arg("-").arg("+");
    let rows: Vec<(String, Vec<String>)> = range.query_async(&mut connection).await.unwrap();
    assert_eq!((rows.len(), rows[0].1[1].as_str()), (1, "fire"));
    assert_eq!(queued(&test).await, 1);
    test.sweep().await;
    let mut again = redis::cmd("XADD");
    again.arg(keys.outbox()).arg("*").arg(&rows[0].1);
    let _: String = again.query_async(&mut connection).await.unwrap();
    test.sweep().await;
    assert_eq!(queued(&test).await, 1);
    assert_eq!(get(&test).await.fires, 1);
    test.audit().await;
}

#[tokio::test]
async fn a_full_queue_refuses_a_fire_and_the_schedule_says_so() {
    let test = TestStore::start().await;
    let full = QueueChange {
        max_tasks: Some(1),
        ..QueueChange::default()
    };
    test.configure(&full).await;
    test.submit(submission("default")).await;
    create(&test, &definition(every_s(60))).await;
    test.pass(60_000).await;
    let schedule = get(&test).await;
    assert_eq!(schedule.last_outcome, Some(FireOutcome::Refused));
    assert_eq!(schedule.last_task, None);
    assert_eq!(queued(&test).await, 1);
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    test.pass(60_000).await;
    assert_eq!(get(&test).await.last_outcome, Some(FireOutcome::Fired));
    test.audit().await;
}

#[tokio::test]
async fn a_task_goes_to_any_partition_and_its_queue_comes_into_being() {
    let test = TestStore::start().await;
    let away = (0..100)
        .map(|number| format!("q{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != home(&test))
        .unwrap();
    let template = Submission::new(queue(&away));
    create(&test, &submits(every_s(60), template)).await;
    test.pass(60_000).await;
    let id = get(&test).await.last_task.unwrap();
    assert_ne!(id.partition(), home(&test));
    assert_eq!(test.state(id).await, TaskState::Queued);
    test.audit().await;
}
