//! What is fired after how long a silence, and what becomes of a moment that meets an unfinished task.

use super::super::Rule;
use super::*;
use crate::domain::{QueueName, Submission, task_template::TaskTemplate};

const MINUTE_MS: u64 = 60_000;
/// A whole minute, on which `every_ms` of the tests is anchored.
const ANCHOR: UnixMillis = UnixMillis::new(1_795_417_320_000);

fn schedule(rule: Rule) -> (Schedule, Timing) {
    let timing = rule.timing().expect("a rule");
    let queue = QueueName::parse("q").expect("a name");
    let schedule = Schedule {
        name: ScheduleName::parse("s").expect("a name"),
        next: timing.next_after(ANCHOR, ANCHOR),
        rule,
        task: TaskTemplate::of(Submission::new(queue)).expect("a template"),
        paused: false,
        anchor: ANCHOR,
        waiting: None,
        last_fire_at: None,
        last_task: None,
        last_outcome: None,
        fires: 0,
        created_at: ANCHOR,
        revision: 1,
    };
    (schedule, timing)
}

/// The plan of a schedule that fires each minute, so many milliseconds after its creation.
fn plan_after(catch_up: CatchUp, millis: u64) -> (Vec<u64>, bool, u64) {
    let (schedule, timing) = schedule(Rule {
        every_ms: Some(MINUTE_MS),
        catch_up,
        ..Rule::default()
    });
    let plan = schedule.plan(&timing, ANCHOR.plus(millis));
    let minute = |moment: UnixMillis| (moment.get() - ANCHOR.get()) / MINUTE_MS;
    let moments = plan.moments.into_iter().map(minute).collect();
    (
        moments,
        plan.drops_missed,
        minute(plan.next.expect("a next moment")),
    )
}

#[test]
fn nothing_is_due_before_its_moment() {
    assert_eq!(plan_after(CatchUp::All, MINUTE_MS - 1), (vec![], false, 1));
    assert_eq!(plan_after(CatchUp::None, MINUTE_MS), (vec![1], false, 2));
}

#[test]
fn what_is_a_minute_late_is_not_missed() {
    for catch_up in CatchUp::ALL {
        let late = MINUTE_MS + MISSED_AFTER_MS;
        assert_eq!(plan_after(catch_up, late), (vec![1, 2], false, 3));
    }
}

#[test]
fn missed_moments_pass_or_are_caught_up_with() {
    let hour = 60 * MINUTE_MS + 5;
    assert_eq!(plan_after(CatchUp::None, hour), (vec![60], true, 61));
    assert_eq!(plan_after(CatchUp::One, hour), (vec![59, 60], true, 61));
    assert_eq!(
        plan_after(CatchUp::All, hour),
        ((1..=60).collect(), false, 61)
    );
}

#[test]
fn at_most_a_thousand_missed_moments_are_caught_up_with() {
    let (moments, drops, next) = plan_after(CatchUp::All, 5_000 * MINUTE_MS + 5);
    assert_eq!(moments, (4_000..=5_000).collect::<Vec<u64>>());
    assert!(drops);
    assert_eq!(next, 5_001);
}

#[test]
fn a_year_of_silence_is_planned_without_walking_through_it() {
    let (schedule, timing) = schedule(Rule {
        cron: Some("* * * * * *".into()),
        ..Rule::default()
    });
    let now = ANCHOR.plus(365 * 86_400_000);
    let plan = schedule.plan(&timing, now);
    assert_eq!(plan.moments.len(), 61);
    assert_eq!(plan.next, Some(now.plus(1_000)));
}

#[test]
fn jitter_is_the_same_each_time_and_within_its_bound() {
    let name = ScheduleName::parse("s").expect("a name");
    let delays: Vec<u64> = (0..200)
        .map(|minute| {
            let moment = ANCHOR.plus(minute * MINUTE_MS);
            let late = with_jitter(&name, 5_000, moment);
            assert_eq!(late, with_jitter(&name, 5_000, moment));
            late.get() - moment.get()
        })
        .collect();
    assert!(delays.iter().all(|delay| *delay <= 5_000));
    assert!(delays.iter().any(|delay| *delay < 1_000) && delays.iter().any(|delay| *delay > 4_000));
    let other = ScheduleName::parse("other").expect("a name");
    assert_ne!(
        with_jitter(&other, 5_000, ANCHOR),
        with_jitter(&name, 5_000, ANCHOR)
    );
}

#[test]
fn a_moment_is_due_with_its_jitter_and_not_before() {
    let (schedule, timing) = schedule(Rule {
        every_ms: Some(MINUTE_MS),
        jitter_ms: 30_000,
        ..Rule::default()
    });
    let first = ANCHOR.plus(MINUTE_MS);
    let due = schedule.with_jitter(first);
    assert!(due > first);
    let early = schedule.plan(&timing, UnixMillis::new(due.get() - 1));
    assert_eq!((early.moments, early.next), (vec![], Some(first)));
    assert_eq!(schedule.plan(&timing, due).moments, [first]);
}

#[test]
fn an_unfinished_task_decides_by_the_policy() {
    use Fate::{CancelAndFire, Fire, Skip, Wait};
    for (overlap, finished, unfinished, waits) in [
        (Overlap::Skip, Fire, Skip, Skip),
        (Overlap::Allow, Fire, Fire, Fire),
        (Overlap::Queue, Fire, Wait, Skip),
        (Overlap::CancelRunning, Fire, CancelAndFire, CancelAndFire),
    ] {
        assert_eq!(overlap.fate(false, false), finished, "{overlap:?}");
        assert_eq!(overlap.fate(true, false), unfinished, "{overlap:?}");
        assert_eq!(overlap.fate(true, true), waits, "{overlap:?}");
    }
}
