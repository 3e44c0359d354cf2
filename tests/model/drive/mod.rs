//! Does one step on both sides and compares the answers.

mod claim;
mod edit;
mod job;
mod node;
mod operate;
mod queue;
mod report;
mod submit;
mod sweep;

use taskyard::store::{ReportOutcome, StoreError};

use super::action::Action;
use super::reference::Answer;
use super::world::World;

#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` gives the error away"
)]
pub(super) fn text(error: StoreError) -> String {
    format!("the store failed: {error}")
}

impl World {
    /// Does the step; an error says how the store's answer differs from the model's.
    pub(crate) async fn step(&mut self, client: usize, action: &Action) -> Result<(), String> {
        let store = self.stores[client % self.stores.len()].clone();
        let (expected, found) = match action {
            Action::Submit(wish) => self.submit(&store, wish).await?,
            Action::SubmitAtomic(wishes) => self.submit_atomic(&store, wishes).await?,
            Action::Claim { .. } => self.claim(&store, action).await?,
            Action::Complete { .. }
            | Action::Fail { .. }
            | Action::Release { .. }
            | Action::Progress { .. } => self.report(&store, action).await?,
            Action::ReleaseByOperator { .. } | Action::Cancel { .. } | Action::Retry { .. } => {
                self.operate(&store, action).await?
            }
            Action::RunNow { task }
            | Action::Delete { task }
            | Action::Reprioritise { task, .. } => self.edit(&store, *task, action).await?,
            Action::Register { .. } | Action::Heartbeat { .. } | Action::Remove { .. } => {
                self.node(&store, action).await?
            }
            Action::Pause { .. }
            | Action::Configure { .. }
            | Action::Merge { .. }
            | Action::Purge { .. } => self.operate_queue(&store, action).await?,
            Action::BeginJob(wish) => self.begin_job(&store, wish).await?,
            Action::Bring { job, .. }
            | Action::CloseJob { job }
            | Action::BreakUpload { job, .. } => self.upload(*job, action).await?,
            Action::CancelJob { job } | Action::RetryJob { job } => {
                self.operate_job(&store, *job, action).await?
            }
            Action::Sweep { partition, sweep } => {
                self.sweep(&store, *partition, *sweep).await?;
                (Answer::Nothing, Answer::Nothing)
            }
            Action::Outage { millis } => {
                self.advance(*millis);
                (Answer::Nothing, Answer::Nothing)
            }
            Action::Pass { millis } => {
                self.pass(&store, *millis).await?;
                (Answer::Nothing, Answer::Nothing)
            }
            Action::Kill => {
                self.restart().await;
                (Answer::Nothing, Answer::Nothing)
            }
        };
        self.model.settle_jobs();
        self.story.push(format!("{action:?} -> {expected:?}"));
        if expected == found {
            return Ok(());
        }
        Err(format!(
            "the model answers {expected:?}, the store {found:?}"
        ))
    }
}

fn reported(outcome: Result<ReportOutcome, StoreError>) -> Result<Answer, String> {
    Ok(match outcome.map_err(text)? {
        ReportOutcome::Done { state, .. } => Answer::Done(state),
        ReportOutcome::LeaseLost => Answer::LeaseLost,
        ReportOutcome::NotFound => Answer::NotFound,
        ReportOutcome::NotRunning => Answer::NotRunning,
        other => return Err(format!("a report is answered {other:?}")),
    })
}
