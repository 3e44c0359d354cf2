//! What time does to jobs: silent uploads end, and so do the records of finished jobs.

use taskyard::domain::job::{Job, JobState, NewJob, StopReason};
use taskyard::domain::{JobId, Submission};
use taskyard::store::PartitionRank;
use taskyard::store::jobs::Upload;

use crate::support::{TestStore, queue};

const DAY_MS: u64 = 24 * 3_600_000;

async fn begin(test: &TestStore) -> Upload {
    test.begin_job(NewJob::new(queue("default"))).await
}

/// So many tasks of so many items each.
pub(super) async fn bring(upload: &mut Upload, count: usize, items: u64) {
    let tasks = (0..count)
        .map(|_| Submission {
            place: Some(upload.next_place(items)),
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
    bring(&mut upload, 300, 1).await;
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
    bring(&mut upload, 1, 1).await;
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
    bring(&mut upload, 1, 1).await;
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
        .list(PartitionRank::default(), 10)
        .await
        .unwrap();
    assert!(listed.is_empty());
}

#[tokio::test]
async fn a_task_that_comes_out_of_order_is_refused() {
    let test = TestStore::start().await;
    let mut upload = begin(&test).await;
    bring(&mut upload, 1, 1).await;
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

/// A job of so many tasks, which is to have ended after so many milliseconds.
async fn with_deadline(test: &TestStore, deadline_ms: u64, tasks: usize) -> JobId {
    let new = NewJob {
        deadline_ms: Some(deadline_ms),
        ..NewJob::new(queue("default"))
    };
    let mut upload = test.begin_job(new).await;
    bring(&mut upload, tasks, 1).await;
    let id = upload.id();
    upload.close().await.unwrap();
    id
}

#[tokio::test]
async fn at_its_deadline_what_waits_is_cancelled_and_what_runs_after_its_grace() {
    let test = TestStore::start().await;
    let id = with_deadline(&test, 50_000, 300).await;
    let [done, running] = test.claim(2).await.try_into().unwrap();
    test.complete(&done).await;
    test.pass(49_000).await;
    let before = job(&test, id).await.unwrap();
    assert_eq!((before.queued(), before.stopped_by), (298, None));

    test.pass(2_000).await;
    let stopping = job(&test, id).await.unwrap();
    let counts = (stopping.queued(), stopping.running, stopping.cancelled);
    assert_eq!(counts, (0, 1, 298));
    assert_eq!(stopping.stopped_by, Some(StopReason::Deadline));
    assert!(stopping.cancel_requested);
    let told = test.store.tasks.get(running.id).await.unwrap().unwrap();
    assert!(told.cancel_requested);

    test.pass(31_000).await;
    let ended = job(&test, id).await.unwrap();
    assert_eq!((ended.state, ended.cancelled), (JobState::Failed, 299));
    assert_eq!(ended.stopped_by, Some(StopReason::Deadline));
    test.audit().await;
}

#[tokio::test]
async fn a_job_that_ends_before_its_deadline_keeps_its_end() {
    let test = TestStore::start().await;
    let id = with_deadline(&test, 100_000, 1).await;
    let lease = test.claim_one().await;
    test.complete(&lease).await;
    test.pass(200_000).await;
    let job = job(&test, id).await.unwrap();
    assert_eq!((job.state, job.stopped_by), (JobState::Succeeded, None));
    test.audit().await;
}

#[tokio::test]
async fn a_retry_after_the_end_has_no_deadline_any_more() {
    let test = TestStore::start().await;
    let id = with_deadline(&test, 100_000, 1).await;
    for _ in 0..3 {
        let lease = test.claim_one().await;
        test.fail(&lease, Some(0)).await;
        test.pass(1_000).await;
    }
    assert_eq!(job(&test, id).await.unwrap().state, JobState::Failed);
    test.store.jobs.retry(id).await.unwrap();
    test.pass(200_000).await;
    let again = job(&test, id).await.unwrap();
    assert_eq!((again.deadline, again.queued()), (None, 1));
    test.audit().await;
}

#[tokio::test]
async fn a_deadline_ends_an_upload_that_goes_on() {
    let test = TestStore::start().await;
    let new = NewJob {
        deadline_ms: Some(90_000),
        ..NewJob::new(queue("default"))
    };
    let mut upload = test.begin_job(new).await;
    bring(&mut upload, 1, 1).await;
    test.pass(50_000).await;
    assert!(upload.renew().await.unwrap());
    test.pass(41_000).await;
    assert!(!upload.renew().await.unwrap());
    let job = job(&test, upload.id()).await.unwrap();
    assert_eq!((job.state, job.cancelled), (JobState::Failed, 1));
    assert_eq!(job.stopped_by, Some(StopReason::Deadline));
    test.audit().await;
}
