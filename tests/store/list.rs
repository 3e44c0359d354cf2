//! Lists: which tasks they give, in which order, and what a page costs.

use std::collections::BTreeSet;

use taskyard::domain::placement::Requirements;
use taskyard::domain::task::RunAt;
use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Submission, TaskId, TaskState, TaskType, UnixMillis};
use taskyard::store::{SubmitOutcome, TaskPage};

use crate::support::{EPOCH_MS, TestStore, claim, node, queue, submission};

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
    place: Option<&taskyard::store::ListPlace>,
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
        priority: taskyard::domain::score::Priority::new(priority).unwrap(),
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

#[tokio::test]
async fn tags_find_tasks_in_every_state_until_they_are_deleted() {
    let test = TestStore::start().await;
    let tagged = |name: &str, tags: &[&str]| Submission {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..submission(name)
    };
    let odd = "a \"b\": {c}, é";
    let one = test.submit(tagged("default", &["x", odd])).await;
    test.advance(1);
    let two = test.submit(tagged("other", &[odd, "x", "x"])).await;
    test.submit(submission("default")).await;
    let with = |tag: &str| TaskFilter {
        tag: Some(tag.to_owned()),
        ..TaskFilter::default()
    };
    assert_eq!(all(&test, &with(odd), 1).await, [two, one]);
    let lease = test.claim(1).await.remove(0);
    test.complete(&lease).await;
    let done = TaskFilter {
        state: Some(TaskState::Succeeded),
        ..with("x")
    };
    assert_eq!(all(&test, &done, 5).await, [one]);
    assert!(all(&test, &with("c"), 5).await.is_empty());
    test.audit().await;

    // Purged, trimmed, and gone with its queue.
    test.store.queues.purge(&queue("other")).await.unwrap();
    assert_eq!(all(&test, &with("x"), 5).await, [one]);
    test.advance(86_400_001);
    for partition in test.store.sweeps.partitions() {
        let retention = taskyard::domain::queue::Retention::default();
        let sweeps = &test.store.sweeps;
        sweeps.trim(partition, &retention).await.unwrap();
    }
    assert!(all(&test, &with("x"), 5).await.is_empty());
    let last = test.submit(tagged("third", &["x"])).await;
    test.store.tasks.cancel(last).await.unwrap();
    test.store.queues.remove(&queue("third")).await.unwrap();
    assert!(all(&test, &with("x"), 5).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn a_node_is_found_by_what_it_has_and_had() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "b"] {
        ids.push(test.submit(submission(name)).await);
    }
    let had = test.claim_as(claim("n", "a", 1)).await.remove(0);
    test.complete(&had).await;
    test.advance(1);
    test.claim_as(claim("n", "b", 1)).await;
    test.claim_as(claim("other", "b", 1)).await;
    let of_node = |state| TaskFilter {
        node_id: Some(node("n")),
        state,
        ..TaskFilter::default()
    };
    assert_eq!(all(&test, &of_node(None), 1).await, [ids[1], ids[0]]);
    let running = of_node(Some(TaskState::Running));
    assert_eq!(all(&test, &running, 1).await, [ids[1]]);
    let elsewhere = TaskFilter {
        queue: Some(queue("a")),
        ..running
    };
    assert!(all(&test, &elsewhere, 1).await.is_empty());
}

#[tokio::test]
async fn the_span_of_a_list_leaves_out_its_ends() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let tags = vec!["x".to_owned()];
        let tagged = Submission {
            tags,
            ..submission("default")
        };
        ids.push(test.submit(tagged).await);
        test.advance(1);
    }
    let span = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS)),
        created_before: Some(UnixMillis::new(EPOCH_MS + 3)),
        ..TaskFilter::default()
    };
    let tagged = TaskFilter {
        tag: Some("x".to_owned()),
        ..span.clone()
    };
    assert_eq!(all(&test, &span, 1).await, [ids[1], ids[2]]);
    assert_eq!(all(&test, &tagged, 1).await, [ids[2], ids[1]]);
}

/// 20,000 tasks in two queues: every 500th of type `rare`, every 1,000th with a tag; a minute apart
/// by the hundred.
async fn seed(test: &TestStore) -> Vec<(TaskId, Submission)> {
    let mut seeded = Vec::new();
    for page in 0..20_usize {
        let submissions: Vec<Submission> = (page * 1_000..(page + 1) * 1_000)
            .map(|index| {
                let name = ["left", "right"][index % 2];
                let mut submission = if index % 500 < 2 {
                    of_type(name, "rare")
                } else {
                    submission(name)
                };
                if index % 1_000 == 0 {
                    submission.tags.push("tagged".to_owned());
                }
                submission
            })
            .collect();
        let outcomes = test.store.tasks.submit_batch(submissions.clone()).await;
        for (outcome, submission) in outcomes.into_iter().zip(submissions) {
            let Ok(SubmitOutcome::Created(task)) = outcome else {
                panic!("{outcome:?}");
            };
            seeded.push((task.id, submission));
        }
        test.advance(60_000);
    }
    seeded
}

/// How often fields of records were read.
async fn reads(test: &TestStore) -> usize {
    test.redis.calls_of("hget").await + test.redis.calls_of("hmget").await
}

/// Whether a submitted task is to be listed.
type Fits<'a> = &'a dyn Fn(&Submission) -> bool;

#[tokio::test]
async fn a_page_looks_at_a_bounded_part_of_many_tasks() {
    let test = TestStore::start().await;
    let seeded = seed(&test).await;
    let expected = |fits: &dyn Fn(&Submission) -> bool| -> BTreeSet<TaskId> {
        let found = seeded.iter().filter(|(_, submission)| fits(submission));
        found.map(|(id, _)| *id).collect()
    };
    let rare = TaskType::parse("rare").unwrap();
    let everything = TaskFilter::default();
    let of_type = TaskFilter {
        task_type: Some(rare.clone()),
        ..TaskFilter::default()
    };
    let in_queue = TaskFilter {
        queue: Some(queue("left")),
        state: Some(TaskState::Queued),
        ..of_type.clone()
    };
    let tagged = TaskFilter {
        tag: Some("tagged".to_owned()),
        ..TaskFilter::default()
    };
    let is_rare = |submission: &Submission| submission.task_type == rare;
    let cases: [(&TaskFilter, usize, usize, Fits<'_>); 4] = [
        // The filter, a page's limit, records that a page may look at, what fits.
        (&everything, 500, 0, &|_| true),
        (&of_type, 50, 1_000, &is_rare),
        (&in_queue, 3, 0, &|submission| {
            is_rare(submission) && submission.queue == queue("left")
        }),
        (&tagged, 3, 0, &|submission| !submission.tags.is_empty()),
    ];
    for (filter, limit, most, fits) in cases {
        let (mut seen, mut place) = (Vec::new(), None);
        loop {
            let before = reads(&test).await;
            let page = page(&test, filter, place.as_ref(), limit).await;
            // Each script reads the partition's epoch by one more.
            let looked = reads(&test).await - before;
            assert!(looked <= most + 10, "{filter:?} looked at {looked}");
            assert!(page.tasks.len() <= limit);
            seen.extend(page.tasks.iter().map(|task| task.id));
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        let found: BTreeSet<TaskId> = seen.iter().copied().collect();
        assert_eq!(found.len(), seen.len(), "{filter:?} gives one twice");
        assert_eq!(found, expected(fits), "{filter:?}");
    }
}

#[tokio::test]
async fn a_span_begins_at_its_beginning() {
    let test = TestStore::start().await;
    let seeded = seed(&test).await;
    let minute = |number: u64| Some(UnixMillis::new(EPOCH_MS + number * 60_000));
    // The seventh thousand, of twenty: others were stored before it and after it.
    let span = TaskFilter {
        created_after: minute(5),
        created_before: minute(7),
        ..TaskFilter::default()
    };
    let before = reads(&test).await;
    let first = page(&test, &span, None, 50).await;
    let looked = reads(&test).await - before;
    assert_eq!(first.tasks.len(), 50);
    assert!(looked <= 150, "{looked} records were read");
    let listed: BTreeSet<TaskId> = all(&test, &span, 500).await.into_iter().collect();
    let expected = seeded[6_000..7_000].iter().map(|(id, _)| *id);
    assert_eq!(listed, expected.collect());
}

#[tokio::test]
async fn a_span_comes_the_earliest_moment_first() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(test.submit(submission("default")).await);
        test.advance(1);
    }
    // The one that was stored first enters its state last.
    assert_eq!(test.claim(1).await[0].id, ids[0]);
    let span = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS - 1)),
        created_before: Some(UnixMillis::new(EPOCH_MS + 4)),
        ..TaskFilter::default()
    };
    for limit in [1, 3, 50] {
        let expected = [ids[1], ids[2], ids[3], ids[0]];
        assert_eq!(all(&test, &span, limit).await, expected);
    }
}

#[tokio::test]
async fn a_span_has_what_changed_after_the_clock_was_set_back() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    test.step_back(600_000);
    // It runs since before it was stored, by that clock.
    assert_eq!(test.claim(1).await[0].id, id);
    let after = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS - 1)),
        ..TaskFilter::default()
    };
    let span = TaskFilter {
        created_before: Some(UnixMillis::new(EPOCH_MS + 1)),
        ..after.clone()
    };
    for filter in [after, span] {
        assert_eq!(all(&test, &filter, 1).await, [id]);
    }
}

#[tokio::test]
async fn a_page_of_a_queue_asks_where_it_lives_only_when_it_is_not_there() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let of_queue = |name: &str| TaskFilter {
        queue: Some(queue(name)),
        ..TaskFilter::default()
    };
    // The scripts are known to Redis from here on.
    assert_eq!(all(&test, &of_queue("default"), 1).await, [id]);
    let before = test.redis.script_calls().await;
    page(&test, &of_queue("default"), None, 1).await;
    let calls = test.redis.script_calls().await - before;
    assert_eq!(calls, 2, "one that looks, and one that reads");
    assert!(all(&test, &of_queue("none"), 1).await.is_empty());
}
