//! Submits, singly or all or none, on the store and on the model.

use serde_json::json;
use taskyard::domain::placement::Requirements;
use taskyard::domain::score::Priority;
use taskyard::domain::task::{IdempotencyKey, RunAt};
use taskyard::domain::uniqueness::Uniqueness;
use taskyard::domain::{Submission, TaskType};
use taskyard::store::{Store, SubmitOutcome};

use super::text;
use crate::model::action::{NODES, QUEUES};
use crate::model::reference::{Answer, CLASSES, Class, KEYS, Wish};
use crate::model::world::World;
use crate::support::{node, queue};

impl World {
    pub(super) async fn submit(
        &mut self,
        store: &Store,
        wish: &Wish,
    ) -> Result<(Answer, Answer), String> {
        let serial = self.model.tasks.len();
        let expected = self.model.submit(wish);
        let outcome = store.tasks.submit(submission(wish)).await.map_err(text)?;
        let found = self.submitted(serial, outcome)?;
        Ok((expected, found))
    }

    pub(super) async fn submit_atomic(
        &mut self,
        store: &Store,
        wishes: &[Wish],
    ) -> Result<(Answer, Answer), String> {
        let first = self.model.tasks.len();
        let expected = self.model.submit_atomic(wishes);
        let submissions = wishes.iter().map(submission).collect();
        let outcomes = store.tasks.submit_atomic(submissions).await.map_err(text)?;
        let mut found = Vec::new();
        let mut serial = first;
        for outcome in outcomes {
            let is_new = matches!(outcome, SubmitOutcome::Created(_));
            found.push(self.submitted(serial, outcome)?);
            serial += usize::from(is_new);
        }
        Ok((expected, Answer::Batch(found)))
    }

    fn submitted(&mut self, serial: usize, outcome: SubmitOutcome) -> Result<Answer, String> {
        Ok(match outcome {
            SubmitOutcome::Created(task) => {
                self.ids.resize(serial.max(self.ids.len()), None);
                self.ids.push(Some(task.id));
                Answer::Created(task.state)
            }
            SubmitOutcome::Replayed(id) => Answer::Replayed(self.serial(id)?),
            SubmitOutcome::KeyReused => Answer::KeyReused,
            SubmitOutcome::UnknownParent(_) => return Err("it depends on nothing".into()),
            SubmitOutcome::JobClosed | SubmitOutcome::OutOfOrder => {
                return Err("it is of no job".into());
            }
            SubmitOutcome::Rejected => Answer::Rejected,
            SubmitOutcome::Duplicate(id) => Answer::Duplicate(self.serial(id)?),
            SubmitOutcome::RefusedDuplicate(id) => Answer::RefusedDuplicate(self.serial(id)?),
            SubmitOutcome::TooManyClasses | SubmitOutcome::QueueFull => {
                return Err("a queue without limits is full".into());
            }
        })
    }
}

/// What the wish means for the store.
pub(super) fn submission(wish: &Wish) -> Submission {
    let class = &CLASSES[usize::from(wish.class)];
    let unique = wish.unique.map(|unique| Uniqueness {
        key: unique.key.to_string(),
        until: unique.until,
        ttl_ms: None,
        on_conflict: unique.on_conflict,
    });
    let digest = |one: usize, other: u8| {
        let mut digest = [other; 16];
        digest[0] = u8::try_from(one).unwrap();
        digest
    };
    let key = KEYS[usize::from(wish.fairness_key)];
    Submission {
        task_type: TaskType::parse(class.task_type).unwrap(),
        fairness_key: (!key.is_empty()).then(|| key.to_owned()),
        priority: Priority::new(wish.priority).unwrap(),
        run_at: wish.delay_ms.map_or(RunAt::Now, RunAt::After),
        max_attempts: Some(wish.max_attempts),
        max_losses: wish.max_losses,
        retry: wish.retry,
        timeout_ms: wish.timeout_ms,
        expires_in_ms: wish.expires_in_ms,
        requires: requirements(class),
        unique,
        idempotency: wish.key.map(|(key, body)| IdempotencyKey {
            scope: digest(wish.queue, key),
            body: digest(0, body),
        }),
        ..Submission::new(queue(QUEUES[wish.queue]))
    }
}

fn requirements(class: &Class) -> Requirements {
    let gpu = match class.gpu {
        [] => None,
        [one] => Some(json!(one)),
        some => Some(json!({ "in": some })),
    };
    let label = gpu.map(|gpu| ("gpu".to_owned(), serde_json::from_value(gpu).unwrap()));
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let memory = ("memory".to_owned(), class.memory as f64);
    Requirements {
        labels: label.into_iter().collect(),
        resources: Some(memory)
            .filter(|_| class.memory > 0)
            .into_iter()
            .collect(),
        node: class.node.map(|number| node(NODES[number])),
    }
}
