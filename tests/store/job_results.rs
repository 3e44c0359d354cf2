//! A job's results page by page: in the order of the items, and what stands behind each page.

use taskyard::domain::job::NewJob;
use taskyard::domain::task::TaskError;
use taskyard::domain::{Document, JobId, TaskState};
use taskyard::store::jobs::{Behind, JobResult, Upload};
use taskyard::store::{Completion, Failure, View};

use super::jobs::bring;
use crate::support::{TestStore, queue};

async fn begin(test: &TestStore) -> Upload {
    test.begin_job(NewJob::new(queue("default"))).await
}

/// Ends all that is there, in its order: every fifth task fails, the others have this result.
async fn end_all(test: &TestStore, result: &str) {
    let mut number = 0;
    loop {
        let claimed = test.claim(100).await;
        if claimed.is_empty() {
            return;
        }
        for task in claimed {
            let (id, lease_token) = (task.id, task.lease_token);
            if number % 5 == 4 {
                let error = TaskError {
                    code: "broken".into(),
                    message: number.to_string(),
                    detail: None,
                };
                let failure = Failure {
                    id,
                    lease_token,
                    error,
                    retryable: false,
                    retry_after_ms: None,
                    view: View::State,
                };
                test.store.tasks.fail(failure).await.unwrap();
            } else {
                let completion = Completion {
                    id,
                    lease_token,
                    result: Document::parse(result.to_owned()),
                    submit: Vec::new(),
                    view: View::State,
                };
                test.store.tasks.complete(completion).await.unwrap();
            }
            number += 1;
        }
    }
}

async fn page(test: &TestStore, job: JobId, from: u64, most: u64) -> (Vec<JobResult>, Behind) {
    let page = test.store.jobs.results(job, from, most).await.unwrap();
    let page = page.expect("the job is there");
    (page.results, page.behind)
}

/// All pages from an item on, and how many those were.
async fn pages(test: &TestStore, job: JobId, mut from: u64) -> (Vec<JobResult>, usize) {
    let (mut all, mut count) = (Vec::new(), 0);
    loop {
        let (results, behind) = page(test, job, from, u64::MAX).await;
        all.extend(results);
        count += 1;
        match behind {
            Behind::More(next) => {
                assert!(next > from, "{next} is not behind {from}");
                from = next;
            }
            Behind::End => return (all, count),
            other => panic!("the job has ended: {other:?}"),
        }
    }
}

fn offsets(results: &[JobResult]) -> Vec<u64> {
    results.iter().map(|result| result.place.offset).collect()
}

#[tokio::test]
async fn several_pages_come_in_order_with_failures_in_their_place() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    for _ in 0..5 {
        bring(&mut upload, 110, 2).await;
    }
    let job = upload.id();
    upload.close().await.unwrap();
    end_all(&test, "7").await;
    let (results, count) = pages(&test, job, 0).await;
    assert!(count > 2, "{count} pages");
    let all: Vec<u64> = (0..1_100).step_by(2).collect();
    assert_eq!(offsets(&results), all);
    for (number, result) in results.iter().enumerate() {
        let document = result.document.as_ref().map(Document::as_str).unwrap();
        if number % 5 == 4 {
            assert_eq!(result.state, TaskState::Failed);
            assert!(document.contains(&format!("\"{number}\"")), "{document}");
        } else {
            assert_eq!((result.state, document), (TaskState::Succeeded, "7"));
        }
    }
    // The task that holds the item comes first, also when it begins before it.
    assert_eq!(offsets(&pages(&test, job, 901).await.0), all[450..]);
    test.audit().await;
}

#[tokio::test]
async fn pages_go_on_past_tasks_that_are_gone() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    for _ in 0..6 {
        bring(&mut upload, 100, 2).await;
    }
    let job = upload.id();
    upload.close().await.unwrap();
    end_all(&test, "7").await;
    let (results, _) = pages(&test, job, 0).await;
    let prefix = format!("{{ty{}}}", job.as_run().partition().number());
    // As their time to live takes them when no sweep comes: the job still lists them.
    for result in &results[50..550] {
        let key = format!("{prefix}:task:{}", result.task.compact());
        test.redis.delete(&key).await;
    }
    let left: Vec<u64> = (0..100).chain(1_100..1_200).step_by(2).collect();
    assert_eq!(offsets(&pages(&test, job, 0).await.0), left);
    let (none, behind) = page(&test, job, 200, 1).await;
    assert_eq!((none.len(), behind), (0, Behind::More(201)));
}

#[tokio::test]
async fn a_page_says_what_stands_behind_it() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    let job = upload.id();
    assert_eq!(page(&test, job, 0, 9).await.1, Behind::Unmade);
    bring(&mut upload, 3, 2).await;
    let tasks = test.claim(3).await;
    assert_eq!(
        page(&test, job, 0, 9).await.1,
        Behind::Unfinished(tasks[0].id)
    );
    test.complete(&tasks[0]).await;
    test.complete(&tasks[2]).await;
    let (results, behind) = page(&test, job, 0, 9).await;
    assert_eq!(offsets(&results), [0]);
    assert_eq!(behind, Behind::Unfinished(tasks[1].id));
    test.complete(&tasks[1]).await;
    // More may come as long as the upload goes on.
    let (results, behind) = page(&test, job, 2, 9).await;
    assert_eq!((offsets(&results), behind), (vec![2, 4], Behind::Unmade));
    upload.close().await.unwrap();
    assert_eq!(page(&test, job, 0, 9).await.1, Behind::End);
    assert_eq!(page(&test, job, 0, 2).await.1, Behind::More(4));
    assert_eq!(page(&test, job, 7, 9).await.1, Behind::End);
}

#[tokio::test]
async fn a_page_of_long_results_is_a_short_one() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    bring(&mut upload, 20, 2).await;
    let job = upload.id();
    upload.close().await.unwrap();
    end_all(&test, &format!("\"{}\"", "x".repeat(100_000))).await;
    let (first, behind) = page(&test, job, 0, u64::MAX).await;
    let bytes: usize = first
        .iter()
        .filter_map(|result| result.document.as_ref())
        .map(Document::len)
        .sum();
    assert!((512 * 1024..700_000).contains(&bytes), "{bytes} bytes");
    let last = first.last().unwrap().place;
    assert_eq!(behind, Behind::More(last.offset + last.count));
    let (all, _) = pages(&test, job, 0).await;
    assert_eq!(offsets(&all), (0..40).step_by(2).collect::<Vec<u64>>());
}
