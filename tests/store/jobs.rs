//! What time does to jobs: silent uploads end, and so do the records of finished jobs.

use taskyard::domain::job::{Job, JobState, NewJob};
use taskyard::domain::{JobId, Submission};
use taskyard::store::jobs::{BeginOutcome, JobPlaceInList, Upload};

use crate::support::{TestStore, queue};

const DAY_MS: u64 = 24 * 3_600_000;

async fn begin(test: &TestStore) -> Upload {
    let new = NewJob {
        queue: queue("default"),
        name: None,
        range: None,
        stop_after: None,
        on_finish: None,
        idempotency: None,
    };
    match test.store.jobs.begin(new).await.unwrap() {
        BeginOutcome::Open(upload) => upload,
        other => panic!("the job takes nothing: {other:?}"),
    }
}

async fn bring(upload: &mut Upload, count: usize) {
    let tasks = (0..count)
        .map(|_| Submission {
            place: Some(upload.next_place(1)),
            ..Submission::new(queue("default"))
        })
        .collect();
    assert!(upload.submit(tasks).await.unwrap().is_none());
    assert!(upload.settle().await.unwrap().is_none());
}

async fn job(test: &TestStore, id: JobId) -> Option<Job> {
    test.store.jobs.get(id).await.unwrap()
}

#[tokio::test]
async fn an_upload_that_falls_silent_is_cancelled_after_a_minute() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    bring(&mut upload, 300).await;
    let id = upload.id();
    // As a service that is killed leaves it: nothing says that the upload has ended.
    std::mem::forget(upload);
    test.pass(59_000).await;
    assert!(job(&test, id).await.unwrap().open);
    test.pass(2_000).await;
    let job = job(&test, id).await.unwrap();
    assert_eq!((job.state, job.cancelled), (JobState::Cancelled, 300));
    assert!(test.claim(1).await.is_empty());
    test.audit().await;
}

#[tokio::test]
async fn an_upload_that_says_so_stays_alive() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    for _ in 0..3 {
        test.pass(50_000).await;
        assert!(upload.renew().await.unwrap());
    }
    bring(&mut upload, 1).await;
    let id = upload.id();
    upload.close().await.unwrap();
    test.pass(70_000).await;
    let job = job(&test, id).await.unwrap();
    assert_eq!((job.open, job.total, job.queued()), (false, 1, 1));
    test.audit().await;
}

#[tokio::test]
async fn a_finished_job_is_deleted_when_its_failed_tasks_would_be() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    bring(&mut upload, 1).await;
    let id = upload.id();
    upload.close().await.unwrap();
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    assert_eq!(job(&test, id).await.unwrap().state, JobState::Succeeded);
    test.advance(14 * DAY_MS);
    test.sweep().await;
    assert!(job(&test, id).await.is_some());
    test.advance(2 * DAY_MS);
    test.sweep().await;
    assert!(job(&test, id).await.is_none());
    let (listed, _) = test
        .store
        .jobs
        .list(JobPlaceInList::default(), 10)
        .await
        .unwrap();
    assert!(listed.is_empty());
}

#[tokio::test]
async fn a_task_that_comes_out_of_order_is_refused() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    bring(&mut upload, 1).await;
    let _skipped = upload.next_place(5);
    let late = Submission {
        place: Some(upload.next_place(1)),
        ..Submission::new(queue("default"))
    };
    let outcome = test.store.tasks.submit(late).await.unwrap();
    assert!(
        matches!(outcome, taskyard::store::SubmitOutcome::OutOfOrder),
        "{outcome:?}"
    );
    assert_eq!(job(&test, upload.id()).await.unwrap().total, 1);
}
