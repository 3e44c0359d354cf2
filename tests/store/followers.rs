//! What goes to queues that were given a partition of their own: children, the last tasks of jobs, the
//! tasks of schedules and of graphs.

use taskyard::domain::dependency::On;
use taskyard::domain::graph::{Graph, GraphTask};
use taskyard::domain::job::{JobRange, JobState, NewJob};
use taskyard::domain::schedule::Rule;
use taskyard::domain::score::Priority;
use taskyard::domain::task_template::TaskTemplate;
use taskyard::domain::{JobId, Name, ScheduleName, TaskType};
use taskyard::store::Store;
use taskyard::store::jobs::BeginOutcome;
use taskyard::store::schedules::{CreateOutcome, Definition};

use super::places::{finish, listed, move_to, named, put_away, replica, submit};
use crate::support::{TestStore, queue, submission, sweep};

#[tokio::test]
async fn children_come_to_a_queue_wherever_it_lives() {
    let test = TestStore::start().await;
    let parents = named("p", 0);
    // Away, and beside; and the other way round for whoever knows only their names.
    let (near, far) = (named("n", 1), named("f", 0));
    put_away(&test.store, &near).await;
    put_away(&test.store, &far).await;
    for store in [&replica(&test).await, &test.store] {
        submit(&test.store, &parents).await;
        finish(store, &parents, vec![submission(&near), submission(&far)]).await;
        test.sweep().await;
        finish(store, &near, Vec::new()).await;
        finish(store, &far, Vec::new()).await;
    }
    assert_eq!(
        (
            listed(&test.store, &near).await,
            listed(&test.store, &far).await
        ),
        (2, 2)
    );
    test.audit().await;
}

#[tokio::test]
async fn a_child_on_its_way_follows_its_queue() {
    let test = TestStore::start().await;
    let (parents, child) = (named("p", 0), named("c", 1));
    submit(&test.store, &parents).await;
    finish(&test.store, &parents, vec![submission(&child)]).await;
    // Its row was written for the queue's home.
    put_away(&test.store, &child).await;
    test.sweep().await;
    let id = finish(&test.store, &child, Vec::new()).await;
    assert_eq!(id.partition().number(), 0);
    test.sweep().await;
    assert_eq!(listed(&test.store, &child).await, 1);
    test.audit().await;
}

#[tokio::test]
async fn a_job_and_its_last_task_live_where_their_queues_do() {
    let test = TestStore::start().await;
    let other = replica(&test).await;
    let (name, last) = (named("j", 0), named("l", 0));
    put_away(&test.store, &name).await;
    let range = JobRange {
        from: 0,
        to: 30,
        step: 10,
    };
    let new = NewJob {
        range: Some((range, TaskType::default(), Priority::default())),
        on_finish: Some(submission(&last)),
        ..NewJob::new(queue(&name))
    };
    let BeginOutcome::Made(job) = other.jobs.begin(new).await.unwrap() else {
        panic!("the range is not there");
    };
    assert_eq!(job.as_run().partition().number(), 1);
    for _ in 0..3 {
        finish(&test.store, &name, Vec::new()).await;
    }
    test.sweep().await;
    let ended = other.jobs.get(job).await.unwrap().unwrap();
    assert_eq!(ended.succeeded, 3);
    assert_eq!(listed(&other, &last).await, 1);
    test.audit().await;
}

/// A schedule that submits a task to the queue every minute.
async fn every_minute(store: &Store, name: &str) -> ScheduleName {
    let rule = Rule {
        every_ms: Some(60_000),
        ..Rule::default()
    };
    let task = TaskTemplate::of(submission(name)).unwrap();
    let schedule = ScheduleName::parse("minutely").unwrap();
    let definition = Definition { rule, task };
    let created = store.schedules.create(&schedule, &definition, None).await;
    assert!(matches!(created.unwrap(), CreateOutcome::Created(_)));
    schedule
}

#[tokio::test]
async fn a_schedule_fires_into_its_queue_wherever_that_lives() {
    let test = TestStore::start().await;
    let name = named("s", 0);
    put_away(&test.store, &name).await;
    // Made by a replica that knows only the name.
    let schedule = every_minute(&replica(&test).await, &name).await;
    let last = async || {
        let schedule = test.store.schedules.get(&schedule).await.unwrap();
        schedule.unwrap().last_task.unwrap()
    };
    test.pass(61_000).await;
    assert_eq!(last().await.partition().number(), 1);
    assert_eq!(finish(&test.store, &name, Vec::new()).await, last().await);
    move_to(&test, &name, 0).await;
    test.pass(60_000).await;
    assert_eq!(last().await.partition().number(), 0);
    assert_eq!(finish(&test.store, &name, Vec::new()).await, last().await);
    test.audit().await;
}

/// A graph over these queues, each task depending on the one before.
fn chain(names: &[&str]) -> Graph {
    let task = |(index, name): (usize, &&str)| GraphTask {
        name: Name::parse(&format!("t{index}")).unwrap(),
        task: submission(name),
        depends_on: index
            .checked_sub(1)
            .map(|parent| (parent, On::Success))
            .into_iter()
            .collect(),
    };
    Graph::new(names.iter().enumerate().map(task).collect()).unwrap()
}

/// Commits a graph as a job of its first queue; a sweep makes its tasks.
async fn commit(store: &Store, names: &[&str]) -> JobId {
    let new = NewJob {
        is_graph: true,
        ..NewJob::new(queue(names[0]))
    };
    let BeginOutcome::Open(mut upload) = store.jobs.begin(new).await.unwrap() else {
        panic!("the job takes nothing");
    };
    let id = upload.id();
    assert!(upload.stage(&chain(names)).await.unwrap());
    assert!(upload.commit(names.len()).await.unwrap());
    id
}

async fn state(test: &TestStore, job: JobId) -> (JobState, u64) {
    let job = test.store.jobs.get(job).await.unwrap().unwrap();
    (job.state, job.succeeded)
}

#[tokio::test]
async fn a_graph_runs_over_queues_wherever_they_live() {
    let test = TestStore::start().await;
    let (near, far, there) = (named("n", 1), named("f", 0), named("h", 0));
    put_away(&test.store, &near).await;
    put_away(&test.store, &far).await;
    let names = [near.as_str(), &far, &there, &near];
    let job = commit(&replica(&test).await, &names).await;
    assert_eq!(job.as_run().partition().number(), 0);
    for name in names {
        test.sweep().await;
        let id = finish(&test.store, name, Vec::new()).await;
        assert_eq!(id.partition().number(), u16::from(name == far));
        test.sweep().await;
    }
    test.sweep().await;
    assert_eq!(state(&test, job).await, (JobState::Succeeded, 4));
    test.audit().await;
}

#[tokio::test]
async fn a_graph_whose_queue_was_placed_elsewhere_holds_up_no_other() {
    let test = TestStore::start().await;
    let (first, moved) = (named("h", 0), named("m", 1));
    let held = commit(&test.store, &[&first, &moved]).await;
    // Between its commit and the sweep that makes its tasks.
    test.store.queues.remove(&queue(&moved)).await.unwrap();
    put_away(&test.store, &moved).await;
    let others = [
        commit(&test.store, &[&first]).await,
        commit(&test.store, &[&first]).await,
    ];
    test.sweep().await;
    for other in others {
        finish(&test.store, &first, Vec::new()).await;
        test.sweep().await;
        assert_eq!(state(&test, other).await, (JobState::Succeeded, 1));
    }
    assert_eq!(state(&test, held).await, (JobState::Running, 0));
    // Its queue comes back to where its tasks are to come.
    move_to(&test, &moved, 1).await;
    test.pass(1_000).await;
    for name in [&first, &moved] {
        finish(&test.store, name, Vec::new()).await;
        test.sweep().await;
        test.sweep().await;
    }
    assert_eq!(state(&test, held).await, (JobState::Succeeded, 2));
    test.audit().await;
}

/// Cancels a graph of three queues, one of which was placed elsewhere between its commit and the sweep that
/// makes its tasks; that sweep is cut off after so many calls, if at all.
async fn cancel_held(test: &TestStore, names: [&str; 3], moved: &str, cut: Option<u64>) {
    let held = commit(&test.store, &names).await;
    test.store.queues.remove(&queue(moved)).await.unwrap();
    put_away(&test.store, moved).await;
    test.sweep().await;
    assert_eq!(state(test, held).await, (JobState::Running, 0));
    test.store.jobs.cancel(held).await.unwrap();
    test.advance(1_000);
    if let Some(calls) = cut {
        let (store, faults) = test.mortal().await;
        faults.cut_after(calls);
        // Cut off, or through with it.
        let _ = sweep(&store, "mortal", 1).await;
        // What was told to be gone is remembered for ten minutes, and this may take longer.
        test.advance(3_600_000);
    }
    for _ in 0..3 {
        test.pass(1_000).await;
    }
    let job = test.store.jobs.get(held).await.unwrap().unwrap();
    assert_eq!((job.state, job.cancelled), (JobState::Cancelled, 3));
    assert_eq!(test.redis.keys_like("*job_stage*").await, 0);
    test.audit().await;
}

#[tokio::test]
async fn a_cancelled_graph_whose_queue_was_placed_elsewhere_ends() {
    for moved_home in [0, 1] {
        let test = TestStore::start().await;
        let (first, moved) = (named("h", 0), named("m", moved_home));
        // Its tasks of the queue that stays are there, and wait; or they are not there either.
        cancel_held(&test, [&first, &moved, &first], &moved, None).await;
        let (first, moved) = (named("i", 0), named("n", moved_home));
        cancel_held(&test, [&moved, &first, &moved], &moved, None).await;
    }
}

#[tokio::test]
async fn a_cancelled_graph_counts_each_of_its_tasks_once_wherever_the_service_is_killed() {
    for calls in 0..12 {
        let test = TestStore::start().await;
        for (prefix, moved_home) in [("m", 0), ("n", 1)] {
            let (first, moved) = (named(&format!("h{prefix}"), 0), named(prefix, moved_home));
            cancel_held(&test, [&first, &moved, &first], &moved, Some(calls)).await;
        }
    }
}
