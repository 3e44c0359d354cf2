//! When schedules fire: a year with both changes of the clocks, jitter, outages.

use std::sync::atomic::Ordering;

use taskyard::domain::schedule::{CatchUp, FireOutcome, Overlap, Rule};
use taskyard::domain::{Submission, UnixMillis};

use super::{create, definition, every_s, get, queued, submits};
use crate::support::{EPOCH_MS, TestStore, submission};

const DAY_MS: u64 = 86_400_000;

fn at(text: &str) -> UnixMillis {
    serde_json::from_str(&format!("\"{text}\"")).unwrap()
}

/// Goes from fire to fire until `end`, as the sweeper does; the moments at which a task came.
async fn fires_until(test: &TestStore, end: UnixMillis) -> Vec<UnixMillis> {
    let mut fires = Vec::new();
    loop {
        let next = get(test).await.next.unwrap();
        if next >= end {
            return fires;
        }
        // A moment before there is nothing to be fired.
        test.now.store(next.get() - 1, Ordering::SeqCst);
        test.sweep().await;
        assert_eq!(get(test).await.fires, fires.len() as u64);
        test.advance(1);
        test.sweep().await;
        let schedule = get(test).await;
        fires.push(schedule.last_fire_at.unwrap());
        let task = test.task(schedule.last_task.unwrap()).await;
        assert_eq!(task.created_at, next);
    }
}

#[tokio::test]
async fn a_year_of_nights_in_berlin_is_one_task_a_night() {
    let test = TestStore::start().await;
    test.now
        .store(at("2026-01-01T12:00:00.000Z").get(), Ordering::SeqCst);
    // Sundays and the nights of the changes; half past two is left out in one and comes twice in the other.
    let rule = Rule {
        cron: Some("30 2 * * SUN".into()),
        timezone: "Europe/Berlin".into(),
        overlap: Overlap::Allow,
        ..Rule::default()
    };
    create(&test, &definition(rule)).await;
    let fires = fires_until(&test, at("2027-01-01T00:00:00.000Z")).await;
    assert_eq!(fires.len(), 52);
    let first = at("2026-01-04T01:30:00.000Z").get();
    for (week, fire) in (0_u64..).zip(&fires) {
        let expected = match week {
            12 => at("2026-03-29T01:00:00.000Z"),
            // Half past two of summer time, also on 25 October, where it comes first.
            13..=42 => UnixMillis::new(first + week * 7 * DAY_MS - 3_600_000),
            _ => UnixMillis::new(first + week * 7 * DAY_MS),
        };
        assert_eq!(*fire, expected, "week {week}");
    }
    assert_eq!(fires[42], at("2026-10-25T00:30:00.000Z"));
    assert_eq!(fires[43], at("2026-11-01T01:30:00.000Z"));
}

#[tokio::test]
async fn a_task_of_a_schedule_is_as_its_template_says() {
    let test = TestStore::start().await;
    let template = Submission {
        payload: taskyard::domain::Document::parse("[9007199254740993, null]".into()).unwrap(),
        max_attempts: Some(7),
        tags: vec!["nightly".into()],
        ..submission("default")
    };
    create(&test, &submits(every_s(60), template)).await;
    test.pass(60_000).await;
    let lease = test.claim_one().await;
    let task = test.task(lease.id).await;
    assert_eq!(task.payload.as_str(), "[9007199254740993, null]");
    assert_eq!(
        (task.max_attempts, task.tags),
        (7, vec!["nightly".to_owned()])
    );
    assert_eq!(get(&test).await.last_task, Some(lease.id));
    test.audit().await;
}

#[tokio::test]
async fn a_fire_waits_for_its_jitter() {
    let test = TestStore::start().await;
    let rule = Rule {
        jitter_ms: 60_000,
        ..every_s(3_600)
    };
    let schedule = create(&test, &definition(rule)).await;
    let moment = schedule.next.unwrap();
    let due = schedule.with_jitter(moment);
    assert!(due > moment, "choose another name: its jitter is 0");
    test.now.store(due.get() - 1, Ordering::SeqCst);
    test.sweep().await;
    assert_eq!(queued(&test).await, 0);
    test.advance(1);
    test.sweep().await;
    assert_eq!(queued(&test).await, 1);
    assert_eq!(get(&test).await.last_fire_at, Some(due));
}

/// What an outage of an hour leaves of a schedule that fires each minute.
async fn after_an_outage(catch_up: CatchUp) -> (u64, Option<FireOutcome>) {
    let test = TestStore::start().await;
    let rule = Rule {
        catch_up,
        overlap: Overlap::Allow,
        ..every_s(60)
    };
    create(&test, &definition(rule)).await;
    // Half a minute past a moment, which itself is not missed.
    test.advance(60 * 60_000 + 30_000);
    test.sweep().await;
    let schedule = get(&test).await;
    assert_eq!(schedule.next, Some(UnixMillis::new(EPOCH_MS + 61 * 60_000)));
    assert_eq!(queued(&test).await, schedule.fires);
    test.sweep().await;
    assert_eq!(get(&test).await.fires, schedule.fires);
    test.audit().await;
    (schedule.fires, schedule.last_outcome)
}

#[tokio::test]
async fn what_an_outage_missed_passes_or_is_caught_up_with() {
    let fired = Some(FireOutcome::Fired);
    assert_eq!(after_an_outage(CatchUp::None).await, (1, fired));
    assert_eq!(after_an_outage(CatchUp::One).await, (2, fired));
    assert_eq!(after_an_outage(CatchUp::All).await, (60, fired));
}

#[tokio::test]
async fn a_moment_that_was_missed_says_so() {
    let test = TestStore::start().await;
    create(&test, &definition(every_s(3_600))).await;
    test.advance(3_600_000 + 120_000);
    test.sweep().await;
    let schedule = get(&test).await;
    assert_eq!(
        (schedule.fires, schedule.last_outcome),
        (0, Some(FireOutcome::Missed))
    );
    assert_eq!(schedule.next, Some(UnixMillis::new(EPOCH_MS + 7_200_000)));
}
