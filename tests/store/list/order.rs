//! In which order the tasks of a list come, while others move too.

use std::collections::BTreeSet;

use taskyard::domain::placement::Requirements;
use taskyard::domain::score::Priority;
use taskyard::domain::task::RunAt;
use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Submission, TaskId, TaskState, TaskType};

use super::{all, in_state, of_type, page};
use crate::support::{TestStore, claim, queue, submission};

#[tokio::test]
async fn a_list_spans_queues_and_states_the_latest_moment_first() {
    let test = TestStore::start().await;
    let mut expected = Vec::new();
    for name in ["a", "b", "c", "d"] {
        expected.push(test.submit(submission(name)).await);
        test.advance(1);
    }
    // What is due later comes before what was queued just now, and what starts comes first of these.
    let later = Submission {
        run_at: RunAt::After(60_000),
        ..submission("a")
    };
    let later = test.submit(later).await;
    let started = test.claim_as(claim("n", "b", 1)).await.remove(0).id;
    expected.retain(|id| *id != started);
    expected.extend([started, later]);
    expected.reverse();
    for limit in [1, 2, 100] {
        assert_eq!(all(&test, &TaskFilter::default(), limit).await, expected);
    }
    let running = all(&test, &in_state(TaskState::Running), 1).await;
    assert_eq!(running, [started]);
    let of_queue = TaskFilter {
        queue: Some(queue("a")),
        ..TaskFilter::default()
    };
    assert_eq!(all(&test, &of_queue, 1).await, [later, expected[4]]);
    test.audit().await;
}

#[tokio::test]
async fn tasks_of_one_moment_come_once_each() {
    let test = TestStore::start().await;
    let mut ids = BTreeSet::new();
    for index in 0..60 {
        ids.insert(test.submit(submission(["a", "b"][index % 2])).await);
    }
    for limit in [1, 7] {
        let listed = all(&test, &TaskFilter::default(), limit).await;
        assert_eq!(listed.len(), 60);
        assert!(listed.is_sorted_by(|one, other| one > other), "{listed:?}");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), ids);
    }
}

#[tokio::test]
async fn what_stays_put_comes_once_while_others_move() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(test.submit(submission("default")).await);
        test.advance(1);
    }
    let filter = in_state(TaskState::Queued);
    let first = page(&test, &filter, None, 5).await;
    let mut seen: Vec<TaskId> = first.tasks.iter().map(|task| task.id).collect();
    // The task at the cursor moves, one is claimed that was still to come, and one is new.
    test.store.tasks.cancel(ids[15]).await.unwrap();
    assert_eq!(test.claim(1).await[0].id, ids[0]);
    test.submit(submission("default")).await;
    let mut place = first.next;
    while let Some(at) = place {
        let page = page(&test, &filter, Some(&at), 5).await;
        seen.extend(page.tasks.iter().map(|task| task.id));
        place = page.next;
    }
    let mut expected = ids[1..].to_vec();
    expected.reverse();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn queued_tasks_of_a_type_come_by_their_place() {
    let test = TestStore::start().await;
    let urgent = |priority| Submission {
        priority: Priority::new(priority).unwrap(),
        ..of_type("default", "a")
    };
    let mut needs_gpu = of_type("default", "a");
    needs_gpu.requires = Requirements {
        labels: [("gpu".to_owned(), "a100".into())].into(),
        ..Requirements::default()
    };
    let first = test.submit(of_type("default", "a")).await;
    let second = test.submit(needs_gpu).await;
    let third = test.submit(of_type("default", "a")).await;
    let before = test.submit(urgent(5)).await;
    test.submit(of_type("default", "b")).await;
    let filter = TaskFilter {
        queue: Some(queue("default")),
        task_type: Some(TaskType::parse("a").unwrap()),
        ..in_state(TaskState::Queued)
    };
    for limit in [1, 2, 9] {
        assert_eq!(
            all(&test, &filter, limit).await,
            [before, first, second, third]
        );
    }
    let default_type = TaskFilter {
        task_type: Some(TaskType::default()),
        ..filter
    };
    assert!(all(&test, &default_type, 9).await.is_empty());
}
