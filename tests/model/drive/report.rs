//! What the holder of a lease says of it, on the store and on the model.

use taskyard::domain::task::TaskError;
use taskyard::domain::{Document, Submission};
use taskyard::store::{Completion, Failure, ProgressOutcome, ProgressReport, Release, Store, View};

use super::submit::submission;
use super::{reported, text};
use crate::model::action::Action;
use crate::model::reference::{Answer, Wish};
use crate::model::world::World;

/// Longer than what stands in a task's record.
const LONG: usize = 1_500;

impl World {
    pub(super) async fn report(
        &mut self,
        store: &Store,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let (Action::Complete { lease, .. }
        | Action::Fail { lease, .. }
        | Action::Release { lease, .. }
        | Action::Progress { lease, .. }) = action
        else {
            unreachable!("a report");
        };
        let Some(lease) = lease.of(self.tokens.len()) else {
            return Ok((Answer::Nothing, Answer::Nothing));
        };
        let task = self.model.leases[lease].task;
        let (id, lease_token) = (self.id(task), self.tokens[lease].clone());
        let view = View::State;
        self.story
            .push(format!("  on lease {lease} of task {task}"));
        Ok(match action {
            Action::Complete { children, long, .. } => {
                let wishes: Vec<Wish> = children.iter().map(|queue| Wish::plain(*queue)).collect();
                let completion = Completion {
                    id,
                    lease_token,
                    result: Some(document(*long)),
                    submit: numbered(&wishes, self.model.tasks.len()),
                    view,
                };
                let expected = self.model.complete(lease, &wishes);
                (expected, reported(store.tasks.complete(completion).await)?)
            }
            Action::Fail {
                retryable,
                delay_ms,
                long,
                ..
            } => {
                let failure = Failure {
                    id,
                    lease_token,
                    error: TaskError {
                        code: "broken".into(),
                        message: "it broke".into(),
                        detail: Some(document(*long)),
                    },
                    retryable: *retryable,
                    retry_after_ms: *delay_ms,
                    view,
                };
                (
                    self.model.fail(lease, *retryable, *delay_ms),
                    reported(store.tasks.fail(failure).await)?,
                )
            }
            Action::Release { delay_ms, .. } => {
                let release = Release {
                    id,
                    lease_token: Some(lease_token),
                    delay_ms: *delay_ms,
                    view,
                };
                (
                    self.model.release(lease, *delay_ms),
                    reported(store.tasks.release(release).await)?,
                )
            }
            Action::Progress {
                extend_ms,
                knows_session,
                ..
            } => {
                let session = self.model.leases[lease].session.filter(|_| *knows_session);
                let remaining = session.and_then(|session| self.remaining(session));
                let report = ProgressReport {
                    id,
                    lease_token,
                    fraction: Some(0.1),
                    message: None,
                    extend_ms: *extend_ms,
                    session_remaining_ms: remaining,
                };
                let expected = self.model.progress(lease, *extend_ms, remaining);
                let (renewed, _) = store.tasks.renew(&report).await.map_err(text)?;
                let found = match renewed {
                    ProgressOutcome::Renewed {
                        cancel_requested,
                        lease_expires_at,
                    } => Answer::Renewed {
                        cancel: cancel_requested,
                        ends: lease_expires_at.get(),
                    },
                    ProgressOutcome::LeaseLost => Answer::LeaseLost,
                    ProgressOutcome::NotFound => Answer::NotFound,
                };
                (expected, found)
            }
            _ => unreachable!("a report"),
        })
    }
}

/// Children that carry their numbers, by which they are known again.
fn numbered(children: &[Wish], first: usize) -> Vec<Submission> {
    let number = |index: usize| Document::parse((first + index).to_string()).unwrap();
    let each = children.iter().enumerate();
    each.map(|(index, wish)| Submission {
        payload: number(index),
        ..submission(wish)
    })
    .collect()
}

fn document(long: bool) -> Document {
    let length = if long { LONG } else { 2 };
    Document::parse(format!("\"{}\"", "x".repeat(length))).unwrap()
}
