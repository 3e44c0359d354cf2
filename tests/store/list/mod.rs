//! Lists of tasks.
//!
//! `order`: what comes first, and what comes at all while others move. `filters`: what is found by tags, nodes and
//! states. `spans`: lists of a span of time. `cost`: what a page reads.

mod cost;
mod filters;
mod order;
mod spans;

use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Submission, TaskId, TaskState, TaskType};
use taskyard::store::{ListPlace, TaskPage};

use crate::support::{TestStore, submission};

/// Every page of a list, put together.
pub(super) async fn all(test: &TestStore, filter: &TaskFilter, limit: usize) -> Vec<TaskId> {
    let (mut ids, mut place) = (Vec::new(), None);
    loop {
        let page = page(test, filter, place.as_ref(), limit).await;
        assert!(page.tasks.len() <= limit);
        ids.extend(page.tasks.iter().map(|task| task.id));
        match page.next {
            Some(next) => place = Some(next),
            None => return ids,
        }
    }
}

pub(super) async fn page(
    test: &TestStore,
    filter: &TaskFilter,
    place: Option<&ListPlace>,
    limit: usize,
) -> TaskPage {
    test.store.tasks.list(filter, place, limit).await.unwrap()
}

fn of_type(queue: &str, name: &str) -> Submission {
    Submission {
        task_type: TaskType::parse(name).unwrap(),
        ..submission(queue)
    }
}

fn in_state(state: TaskState) -> TaskFilter {
    TaskFilter {
        state: Some(state),
        ..TaskFilter::default()
    }
}
