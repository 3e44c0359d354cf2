//! How much is read for one page of a list.

use std::collections::BTreeSet;

use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Submission, TaskId, TaskState, TaskType, UnixMillis};

use super::{all, of_type, page};
use crate::support::{EPOCH_MS, TestStore, queue, submission};

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
        let ids = test.submit_all(submissions.clone()).await;
        seeded.extend(ids.into_iter().zip(submissions));
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
