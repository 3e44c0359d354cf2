//! Lists of the tasks of a job: read from the job's own index, wherever its tasks are.

use taskyard::domain::graph::{Graph, GraphTask};
use taskyard::domain::job::NewJob;
use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{JobId, Name, Submission, TaskId, TaskState, TaskType, UnixMillis};
use taskyard::store::keys::Keys;

use super::dependencies::away;
use super::list::{all, page};
use crate::support::{EPOCH_MS, TestStore, claim, queue, submission};

/// A job of tasks in `default`, as `change` makes them of their numbers.
async fn job(test: &TestStore, count: usize, change: impl Fn(usize, &mut Submission)) -> JobId {
    let mut upload = test.begin_job(NewJob::new(queue("default"))).await;
    let id = upload.id();
    for first in (0..count).step_by(250) {
        let numbers = first..count.min(first + 250);
        let tasks = numbers.map(|number| {
            let mut task = submission("default");
            change(number, &mut task);
            task.place = Some(upload.next_place(1));
            task
        });
        let tasks = tasks.collect();
        assert!(upload.submit(tasks).await.unwrap().is_none());
    }
    assert!(upload.settle().await.unwrap().is_none());
    upload.close().await.unwrap();
    id
}

/// A job of tasks that wait for nothing, in two queues of two partitions by turns, staged and committed.
async fn graph(test: &TestStore, count: usize) -> JobId {
    let names = ["default".to_owned(), away(test)];
    let tasks = (0..count).map(|number| GraphTask {
        name: Name::parse(&format!("t{number}")).unwrap(),
        task: submission(&names[number % 2]),
        depends_on: Vec::new(),
    });
    let graph = Graph::new(tasks.collect()).unwrap();
    let new = NewJob {
        is_graph: true,
        ..NewJob::new(queue("default"))
    };
    let mut upload = test.begin_job(new).await;
    let id = upload.id();
    assert!(upload.stage(&graph).await.unwrap());
    test.advance(30 * 60_000);
    assert!(upload.commit(count).await.unwrap());
    id
}

fn of_job(job: JobId) -> TaskFilter {
    TaskFilter {
        job_id: Some(job.to_string().parse().unwrap()),
        ..TaskFilter::default()
    }
}

/// The tasks of a job in the order of their items, as `/v1/jobs/{id}/tasks` has them.
async fn in_order(test: &TestStore, job: JobId) -> Vec<TaskId> {
    let found = test.store.jobs.tasks(job, None, None, 500).await.unwrap();
    assert!(found.next.is_none());
    found.tasks.into_iter().map(|task| task.id).collect()
}

#[tokio::test]
async fn the_tasks_of_a_job_come_the_last_first() {
    let test = TestStore::start().await;
    test.submit(submission("default")).await;
    let job = job(&test, 20, |number, task| {
        if number % 2 == 0 {
            task.task_type = TaskType::parse("even").unwrap();
        }
        if number % 5 == 0 {
            task.tags = vec!["a \"b\"".to_owned(), "five".to_owned()];
        }
    })
    .await;
    test.submit(submission("default")).await;
    let mut expected = in_order(&test, job).await;
    expected.reverse();
    for limit in [1, 3, 50] {
        assert_eq!(all(&test, &of_job(job), limit).await, expected);
    }
    let every = |step: usize| -> Vec<TaskId> {
        let numbered = expected.iter().enumerate();
        let kept = numbered.filter(|(index, _)| (19 - index) % step == 0);
        kept.map(|(_, id)| *id).collect()
    };
    let even = TaskFilter {
        task_type: Some(TaskType::parse("even").unwrap()),
        queue: Some(queue("default")),
        state: Some(TaskState::Queued),
        ..of_job(job)
    };
    assert_eq!(all(&test, &even, 3).await, every(2));
    for tag in ["five", "a \"b\""] {
        let tagged = TaskFilter {
            tag: Some(tag.to_owned()),
            ..of_job(job)
        };
        assert_eq!(all(&test, &tagged, 3).await, every(5), "{tag}");
    }
    let elsewhere = TaskFilter {
        queue: Some(queue("other")),
        ..of_job(job)
    };
    assert!(all(&test, &elsewhere, 3).await.is_empty());
    // A task that changes its state stays where it is.
    let lease = test.claim_as(claim("n", "default", 2)).await.remove(1);
    assert_eq!(all(&test, &of_job(job), 3).await, expected);
    let running = TaskFilter {
        state: Some(TaskState::Running),
        ..of_job(job)
    };
    assert_eq!(all(&test, &running, 3).await, [lease.id]);
    test.audit().await;
}

#[tokio::test]
async fn a_list_of_a_job_looks_at_no_other_tasks() {
    let test = TestStore::start().await;
    test.submit_all(vec![submission("default"); 3_000]).await;
    let job = job(&test, 30, |_, _| {}).await;
    let filter = TaskFilter {
        state: Some(TaskState::Queued),
        ..of_job(job)
    };
    let before = test.redis.calls_of("hget").await;
    let found = page(&test, &filter, None, 50).await;
    assert_eq!((found.tasks.len(), found.next), (30, None));
    let read = test.redis.calls_of("hget").await - before;
    assert!(read <= 30, "{read} records were read");
}

#[tokio::test]
async fn the_tasks_of_a_graph_come_from_every_partition() {
    let test = TestStore::start().await;
    let job = graph(&test, 60).await;
    test.sweep().await;
    let mut expected = in_order(&test, job).await;
    assert_eq!(expected.len(), 60);
    expected.reverse();
    for limit in [1, 7, 100] {
        assert_eq!(all(&test, &of_job(job), limit).await, expected);
    }
    // Those elsewhere are judged by their records, and make room for others on the page.
    let there = test.claim_as(claim("n", &away(&test), 3)).await;
    let mut running: Vec<TaskId> = there.iter().map(|lease| lease.id).collect();
    running.sort_by_key(|id| expected.iter().position(|other| other == id));
    let filter = TaskFilter {
        state: Some(TaskState::Running),
        ..of_job(job)
    };
    for limit in [1, 10] {
        assert_eq!(all(&test, &filter, limit).await, running);
    }
    let first = page(&test, &filter, None, 10).await;
    assert_eq!(first.tasks.len(), 3);
    test.audit().await;
}

#[tokio::test]
async fn tasks_that_outlive_their_job_are_listed() {
    let test = TestStore::start().await;
    let job = job(&test, 3, |_, _| {}).await;
    test.submit(submission("default")).await;
    let mut expected = in_order(&test, job).await;
    expected.reverse();
    let (keys, id) = (Keys::of(job.as_run().partition()), job.compact());
    for key in [keys.job(&id), keys.job_tasks(&id)] {
        test.redis.delete(&key).await;
    }
    for limit in [1, 50] {
        assert_eq!(all(&test, &of_job(job), limit).await, expected);
    }
}

#[tokio::test]
async fn an_id_that_no_job_has_lists_nothing() {
    let test = TestStore::start().await;
    test.submit(submission("default")).await;
    for id in [
        "01997a3e-7c00-7abc-8def-0123456789a5",
        "01997a3e-7c00-7abc-8def-012345678001",
        "00000000-0000-0000-0000-000000000000",
    ] {
        let filter = TaskFilter {
            job_id: Some(id.parse().unwrap()),
            ..TaskFilter::default()
        };
        assert!(all(&test, &filter, 5).await.is_empty(), "{id}");
    }
}

/// A graph's tasks get their ids when it is staged, and are stored when it is committed.
#[tokio::test]
async fn a_span_has_what_was_stored_in_it_however_old_its_id_is() {
    let test = TestStore::start().await;
    let job = graph(&test, 4).await;
    test.sweep().await;
    test.advance(30 * 60_000);
    let span = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS + 20 * 60_000)),
        created_before: Some(UnixMillis::new(EPOCH_MS + 40 * 60_000)),
        ..TaskFilter::default()
    };
    let before = TaskFilter {
        created_after: None,
        created_before: span.created_after,
        ..span.clone()
    };
    let after = TaskFilter {
        created_before: None,
        ..span.clone()
    };
    for (filter, count) in [(&span, 4), (&before, 0), (&after, 4)] {
        assert_eq!(all(&test, filter, 3).await.len(), count, "{filter:?}");
        let of_job = TaskFilter {
            job_id: of_job(job).job_id,
            ..filter.clone()
        };
        assert_eq!(all(&test, &of_job, 3).await.len(), count, "{of_job:?}");
    }
}
