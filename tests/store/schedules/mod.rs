//! Schedules through the store: what fires when, once, and what does not.

mod changes;
mod once;
mod overlaps;
mod times;

use taskyard::domain::schedule::{Rule, Schedule};
use taskyard::domain::task_template::TaskTemplate;
use taskyard::domain::{ScheduleName, Submission, TaskState};
use taskyard::store::schedules::{CreateOutcome, Definition};

use crate::support::{TestStore, queue, submission};

fn name() -> ScheduleName {
    ScheduleName::parse("nightly").unwrap()
}

/// Every so many seconds, counted from now.
fn every_s(seconds: u64) -> Rule {
    Rule {
        every_ms: Some(seconds * 1_000),
        ..Rule::default()
    }
}

fn definition(rule: Rule) -> Definition {
    submits(rule, submission("default"))
}

fn submits(rule: Rule, submission: Submission) -> Definition {
    let task = TaskTemplate::of(submission).unwrap();
    Definition { rule, task }
}

async fn create(test: &TestStore, definition: &Definition) -> Schedule {
    let schedules = &test.store.schedules;
    match schedules.create(&name(), definition, None).await.unwrap() {
        CreateOutcome::Created(schedule) => *schedule,
        other => panic!("{other:?}"),
    }
}

async fn get(test: &TestStore) -> Schedule {
    test.store.schedules.get(&name()).await.unwrap().unwrap()
}

/// Tasks of the queue `default` that wait in `state`.
async fn count(test: &TestStore, state: TaskState) -> u64 {
    let numbers = test.store.queues.stats(&queue("default")).await.unwrap();
    numbers.map_or(0, |numbers| numbers.count(state))
}

async fn queued(test: &TestStore) -> u64 {
    count(test, TaskState::Queued).await
}
