//! Graphs: staged in pages, committed at once, planted page by page; and killed in between, anywhere.

use taskyard::domain::dependency::On;
use taskyard::domain::graph::{Graph, GraphTask};
use taskyard::domain::job::{Job, JobState, NewJob};
use taskyard::domain::task::IdempotencyKey;
use taskyard::domain::{JobId, Name};
use taskyard::store::jobs::{BeginOutcome, Upload};
use taskyard::store::{Store, StoreError};

use super::dependencies::away;
use crate::support::{TestStore, claim, queue, submission, sweep};

const HOUR_MS: u64 = 3_600_000;

fn task(name: &str, queue: &str, parents: &[usize]) -> GraphTask {
    GraphTask {
        name: Name::parse(name).unwrap(),
        task: submission(queue),
        depends_on: parents
            .iter()
            .map(|parent| (*parent, On::Success))
            .collect(),
    }
}

/// Layers of tasks, in two queues by turns, each depending on all of the layer before.
fn layers(test: &TestStore, layers: usize, width: usize) -> Graph {
    let names = ["default".to_owned(), away(test)];
    let tasks = (0..layers * width).map(|index| {
        let first = (index / width).saturating_sub(1) * width;
        let parents: Vec<usize> = (first..first + width).collect();
        let parents = if index < width { &[][..] } else { &parents };
        task(&format!("t{index}"), &names[index % 2], parents)
    });
    Graph::new(tasks.collect()).unwrap()
}

fn new_job(key: Option<u8>) -> NewJob {
    NewJob {
        is_graph: true,
        idempotency: key.map(|key| IdempotencyKey {
            scope: [key; 16],
            body: [1; 16],
        }),
        ..NewJob::new(queue("default"))
    }
}

async fn begin(store: &Store, key: Option<u8>) -> Upload {
    match store.jobs.begin(new_job(key)).await.unwrap() {
        BeginOutcome::Open(upload) => upload,
        other => panic!("the job takes nothing: {other:?}"),
    }
}

async fn submit(test: &TestStore, graph: &Graph) -> JobId {
    let mut upload = begin(&test.store, None).await;
    let id = upload.id();
    assert!(upload.stage(graph).await.unwrap());
    assert!(upload.commit(graph.tasks().len()).await.unwrap());
    id
}

async fn job(test: &TestStore, id: JobId) -> Job {
    test.store.jobs.get(id).await.unwrap().unwrap()
}

/// Completes all that can be claimed; how many tasks that was.
async fn work(test: &TestStore) -> usize {
    let mut count = 0;
    for name in ["default".to_owned(), away(test)] {
        for lease in test.claim_as(claim("n1", &name, 100)).await {
            assert_eq!(lease.attempt, 1);
            for parent in &lease.parents {
                let state = test.state(parent.dependency.parent).await;
                assert!(state.is_final(), "a task runs before its parent has ended");
            }
            test.complete(&lease).await;
            count += 1;
        }
    }
    count
}

#[tokio::test]
async fn a_staged_graph_is_not_there_before_it_is_committed() {
    let test = TestStore::start().await;
    let graph = layers(&test, 3, 100);
    let mut upload = begin(&test.store, None).await;
    let id = upload.id();
    assert!(upload.stage(&graph).await.unwrap());
    test.sweep().await;
    assert_eq!(work(&test).await, 0);
    assert_eq!(job(&test, id).await.total, 0);
    test.audit().await;
    assert!(upload.commit(300).await.unwrap());
    assert_eq!((job(&test, id).await.total, work(&test).await), (300, 0));
    test.sweep().await;
    assert_eq!(work(&test).await, 100);
    test.audit().await;
}

#[tokio::test]
async fn a_graph_over_two_partitions_runs_layer_by_layer() {
    let test = TestStore::start().await;
    let id = submit(&test, &layers(&test, 4, 20)).await;
    let mut worked = 0;
    for _ in 0..40 {
        test.sweep().await;
        worked += work(&test).await;
    }
    assert_eq!(worked, 80);
    let job = job(&test, id).await;
    assert_eq!((job.state, job.succeeded), (JobState::Succeeded, 80));
    test.audit().await;
}

#[tokio::test]
async fn a_stage_that_is_never_committed_is_dropped() {
    for (key, silent_ms) in [(None, 62_000), (Some(1), HOUR_MS + 2_000)] {
        let test = TestStore::start().await;
        let mut upload = begin(&test.store, key).await;
        let id = upload.id();
        assert!(upload.stage(&layers(&test, 2, 10)).await.unwrap());
        // As a service that is killed leaves it: nothing says that the upload has ended.
        std::mem::forget(upload);
        test.advance(silent_ms);
        test.sweep().await;
        let job = job(&test, id).await;
        assert_eq!((job.state, job.total), (JobState::Cancelled, 0));
        assert_eq!(test.redis.keys_like("*job_stage*").await, 0);
        assert_eq!(work(&test).await, 0);
        test.audit().await;
    }
}

#[tokio::test]
async fn the_same_request_begins_a_broken_stage_anew() {
    let test = TestStore::start().await;
    let graph = layers(&test, 3, 100);
    let mut upload = begin(&test.store, Some(1)).await;
    let id = upload.id();
    assert!(upload.stage(&graph).await.unwrap());
    std::mem::forget(upload);
    test.advance(61_000);
    let mut upload = begin(&test.store, Some(1)).await;
    assert_eq!(upload.id(), id);
    assert!(upload.stage(&graph).await.unwrap());
    assert!(upload.commit(300).await.unwrap());
    test.sweep().await;
    assert_eq!((job(&test, id).await.total, work(&test).await), (300, 100));
    test.audit().await;
}

#[tokio::test]
async fn a_graph_cancelled_before_it_is_planted_gives_nothing_out() {
    let test = TestStore::start().await;
    let id = submit(&test, &layers(&test, 3, 100)).await;
    test.store.jobs.cancel(id).await.unwrap();
    for _ in 0..10 {
        test.sweep().await;
        assert_eq!(work(&test).await, 0);
    }
    let job = job(&test, id).await;
    assert_eq!((job.state, job.cancelled), (JobState::Cancelled, 300));
    test.audit().await;
}

#[tokio::test]
async fn a_finished_graph_leaves_nothing_in_other_partitions() {
    let test = TestStore::start().await;
    let id = submit(&test, &layers(&test, 1, 4)).await;
    for _ in 0..5 {
        test.sweep().await;
        work(&test).await;
    }
    assert_eq!(job(&test, id).await.state, JobState::Succeeded);
    assert_eq!(test.redis.keys_like("*:job:*").await, 2);
    test.advance(16 * 24 * HOUR_MS);
    for _ in 0..3 {
        test.sweep().await;
    }
    assert_eq!(test.redis.keys_like("*:job:*").await, 0);
}

/// Submits a graph; what of it was told to be there.
async fn try_submit(store: &Store, graph: &Graph) -> Result<bool, StoreError> {
    let BeginOutcome::Open(mut upload) = store.jobs.begin(new_job(None)).await? else {
        panic!("the job takes nothing");
    };
    let staged = upload.stage(graph).await;
    // Killed, nothing says that the upload has broken off.
    match staged {
        Ok(true) => upload.commit(graph.tasks().len()).await,
        other => {
            std::mem::forget(upload);
            other
        }
    }
}

/// Cuts the submit off after so many calls, and then every sweep, later and later. A committed graph runs whole,
/// each task once; another leaves nothing.
async fn cut_anywhere(test: &TestStore, graph: &Graph, calls: u64) -> bool {
    let (store, faults) = test.mortal().await;
    faults.cut_after(calls);
    let is_told = try_submit(&store, graph).await.is_ok();
    faults.cut_after(u64::MAX);
    let (mut worked, mut idle) = (0, 0);
    for cut in 0.. {
        faults.cut_after(cut);
        let is_whole = sweep(&store, "mortal", 1).await.is_ok();
        faults.cut_after(u64::MAX);
        let count = work(test).await;
        worked += count;
        idle = if is_whole && count == 0 { idle + 1 } else { 0 };
        if idle == 3 {
            break;
        }
    }
    // What was not committed ends with its upload.
    test.advance(61_000);
    test.sweep().await;
    let tasks = graph.tasks().len();
    let holds = worked == tasks || worked == 0 && !is_told;
    assert!(holds, "cut after {calls}: {worked} of {tasks} ran");
    test.audit().await;
    is_told
}

#[tokio::test]
async fn a_graph_runs_whole_or_not_at_all_wherever_the_service_is_killed() {
    let test = TestStore::start().await;
    let names = ["default".to_owned(), away(&test)];
    // More rows than a page has; each task depends on one in the other partition.
    let tasks = (0..222).map(|index: usize| {
        let parents: Vec<usize> = index.checked_sub(111).into_iter().collect();
        task(&format!("t{index}"), &names[index % 2], &parents)
    });
    let graph = Graph::new(tasks.collect()).unwrap();
    let mut told = Vec::new();
    for calls in 0..9 {
        told.push(cut_anywhere(&test, &graph, calls).await);
    }
    assert!(told.contains(&true) && told.contains(&false), "{told:?}");
}
