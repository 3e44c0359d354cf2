//! A task's life through the store.

use taskyard::domain::{Document, TaskState};
use taskyard::store::{Completion, ReportOutcome, SubmitOutcome, View};

use crate::support::{TestStore, claim, submission};

#[tokio::test]
async fn a_task_is_submitted_claimed_and_completed() {
    let test = TestStore::start().await;
    let tasks = &test.store.tasks;
    let SubmitOutcome::Created(task) = tasks.submit(submission("default")).await.unwrap() else {
        panic!("the task was not created");
    };
    assert_eq!(task.state, TaskState::Queued);

    let claimed = tasks
        .claim(claim("n1", "default", 5))
        .await
        .unwrap()
        .deliver();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].id, task.id);
    assert_eq!(claimed[0].attempt, 1);

    let completion = Completion {
        id: task.id,
        lease_token: claimed[0].lease_token.clone(),
        result: Document::parse("{\"words\":9007199254740993}".into()),
        submit: Vec::new(),
        view: View::Task,
    };
    for _ in 0..2 {
        let ReportOutcome::Done { state, task } = tasks.complete(completion.clone()).await.unwrap()
        else {
            panic!("the completion did not count");
        };
        assert_eq!(state, TaskState::Succeeded);
        assert_eq!(
            task.unwrap().result.unwrap().as_str(),
            "{\"words\":9007199254740993}"
        );
    }
    let stats = test.store.queues.stats(&task.queue).await.unwrap().unwrap();
    assert_eq!(stats.count(TaskState::Succeeded), 1);
    assert_eq!(stats.count(TaskState::Running), 0);
}
