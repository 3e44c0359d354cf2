//! Tasks that depend on others: whom they wait for, and what becomes of them.

mod edits;
mod ends;
mod parents;
mod retries;

use taskyard::domain::dependency::On;
use taskyard::domain::{Dependency, Submission, TaskId, TaskState};
use taskyard::store::ClaimedTask;

use crate::support::{TestStore, claim, queue, submission};

/// A queue in another partition than the queue `default`.
pub(super) fn away(test: &TestStore) -> String {
    let home = test.store.sweeps.partition_of(&queue("default"));
    (0..100)
        .map(|number| format!("away{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != home)
        .unwrap()
}

pub(super) fn edge(parent: TaskId, on: On) -> Dependency {
    Dependency {
        parent,
        on,
        name: None,
    }
}

/// A task of that queue that waits for the success of these.
fn child(name: &str, parents: &[TaskId]) -> Submission {
    Submission {
        depends_on: parents
            .iter()
            .map(|parent| edge(*parent, On::Success))
            .collect(),
        ..submission(name)
    }
}

/// Claims the next task of a queue.
async fn claim_from(test: &TestStore, name: &str) -> ClaimedTask {
    let mut claimed = test.claim_as(claim("n1", name, 1)).await;
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    claimed.remove(0)
}

/// Works on a task to one of the final states: by its worker, by a cancellation, or by its expiry.
async fn end(test: &TestStore, id: TaskId, state: TaskState) {
    let name = test.task(id).await.queue;
    match state {
        TaskState::Cancelled => {
            test.store.tasks.cancel(id).await.unwrap();
        }
        TaskState::Expired => test.advance(60_000),
        _ => {
            let lease = claim_from(test, name.as_str()).await;
            assert_eq!(lease.id, id);
            if state == TaskState::Succeeded {
                test.complete(&lease).await;
            } else {
                test.fail(&lease, None).await;
            }
        }
    }
    test.sweep().await;
    assert_eq!(test.state(id).await, state);
}
