//! One task on its way to an endpoint: sent, its lease kept meanwhile, and reported on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Parts, message};
use crate::domain::Document;
use crate::domain::lease::MAX_LEASE_MS;
use crate::domain::push::{PUSH_LEASE_MS, PushEndpoint, Verdict, judge};
use crate::domain::task::TaskError;
use crate::egress::{Answer, Post, SendError};
use crate::store::{
    ClaimedTask, Completion, Failure, ProgressOutcome, ProgressReport, Release, StoreError, View,
};

/// The lease is renewed so often: two tries may fail.
const RENEW: Duration = Duration::from_millis(PUSH_LEASE_MS / 3);
/// The same when the endpoint is no more: its tasks go back right after that is told.
const LOOK: Duration = Duration::from_secs(1);
/// Pause between tries to report while the store is away.
const REPORT_PAUSE: Duration = Duration::from_millis(500);
/// A report is tried for as long as the lease may last.
const REPORT: Duration = Duration::from_millis(PUSH_LEASE_MS);

/// A task that was claimed in order to be pushed.
pub(super) struct Delivery {
    pub(super) parts: Arc<Parts>,
    pub(super) endpoint: Arc<PushEndpoint>,
    pub(super) task: ClaimedTask,
    pub(super) claimed: Instant,
    /// Cancelled when the endpoint is no more.
    pub(super) gone: CancellationToken,
}

/// What a delivery says of its endpoint.
pub(super) enum End {
    /// It works, and is through with the task.
    Taken,
    /// It works, and reports on the task itself.
    Later,
    /// It wants to be left alone for so long.
    Rest(Duration),
    /// It failed.
    Failed(String),
    /// Nothing: the task was taken from it.
    Void,
}

/// How the sending ended.
enum Sent {
    Answered(Answer),
    Failed(SendError),
    /// The lease is over: nothing that is said of the task counts any more.
    Lost,
    /// Someone cancelled the task.
    Cancelled,
    /// This service stops.
    Cut,
}

impl Delivery {
    /// Sends the task and reports what became of it.
    pub(super) async fn run(self) -> End {
        match self.send().await {
            Sent::Answered(answer) => self.settle(answer).await,
            Sent::Failed(error) => self.fail_to_send(&error).await,
            Sent::Lost => End::Void,
            Sent::Cancelled => {
                // Given back, a task that is to stop is cancelled.
                self.release(None).await;
                End::Void
            }
            Sent::Cut => {
                let _ = self.parts.store.tasks.release(self.giving_back(None)).await;
                End::Void
            }
        }
    }

    /// All the time of the attempt.
    fn whole_time(&self) -> Duration {
        // Both moments are of the clock of leases, so that no other clock has a say.
        let begin = self
            .task
            .lease_expires_at
            .get()
            .saturating_sub(PUSH_LEASE_MS);
        Duration::from_millis(self.task.deadline_at.get().saturating_sub(begin))
    }

    async fn send(&self) -> Sent {
        // A cancellation wakes it, as the end of the task does.
        let ended = self.parts.wakeups.wait_for_final(self.task.id);
        let Ok(body) = (self.parts.body)(&self.task) else {
            return Sent::Lost;
        };
        let post = Post {
            endpoint: &self.endpoint.url,
            headers: message::headers(&self.endpoint, &self.task, &body),
            body: body.into(),
            most_bytes: self.parts.result_bytes,
            patience: self.whole_time().saturating_sub(self.claimed.elapsed()),
        };
        let answer = self.parts.egress.post(post);
        tokio::pin!(answer);
        let mut knows_it_is_gone = false;
        loop {
            tokio::select! {
                answer = &mut answer => return answer.map_or_else(Sent::Failed, Sent::Answered),
                () = self.parts.cut.cancelled() => return Sent::Cut,
                // With its node the task has gone back; with a target it goes on.
                () = self.gone.cancelled(), if !knows_it_is_gone => knows_it_is_gone = true,
                () = ended.woken() => {}
                () = tokio::time::sleep(if knows_it_is_gone { LOOK } else { RENEW }) => {}
            }
            match self.renew(None).await {
                Ok(ProgressOutcome::Renewed {
                    cancel_requested: true,
                    ..
                }) => return Sent::Cancelled,
                Ok(ProgressOutcome::LeaseLost | ProgressOutcome::NotFound) => return Sent::Lost,
                // Tried again; should the lease end meanwhile, the next try finds out.
                Ok(ProgressOutcome::Renewed { .. }) | Err(_) => {}
            }
        }
    }

    async fn renew(&self, extend_ms: Option<u64>) -> Result<ProgressOutcome, StoreError> {
        let report = ProgressReport {
            id: self.task.id,
            lease_token: self.task.lease_token.clone(),
            fraction: None,
            message: None,
            extend_ms,
            session_remaining_ms: None,
        };
        self.parts.store.tasks.progress(report).await
    }

    async fn settle(&self, answer: Answer) -> End {
        let most = self.parts.result_bytes;
        match judge(answer.status, answer.retry_after, &answer.body, most) {
            Verdict::Complete(result) => {
                self.complete(result).await;
                End::Taken
            }
            Verdict::Later => {
                // From now on nobody renews it for the receiver: it has all the time of the attempt.
                let whole = u64::try_from(self.whole_time().as_millis()).unwrap_or(MAX_LEASE_MS);
                let extend_ms = whole.clamp(PUSH_LEASE_MS, MAX_LEASE_MS);
                self.try_to_report(|| self.renew(Some(extend_ms))).await;
                End::Later
            }
            Verdict::Rest(rest) => {
                self.release(None).await;
                End::Rest(rest)
            }
            Verdict::Fail(error) => {
                let said = error.message.clone();
                self.fail(error).await;
                End::Failed(said)
            }
        }
    }

    async fn fail_to_send(&self, error: &SendError) -> End {
        let code = match error {
            SendError::Forbidden(_) => "push_forbidden",
            SendError::NoTls(_) => "push_no_tls",
            SendError::Unreachable { .. } => "push_unreachable",
            SendError::Broken { .. } => "push_broken",
            SendError::TooLarge(_) => "push_result_too_large",
            SendError::Compressed => "push_bad_result",
            // The attempt is out of time, as any other would be: the sweep says so.
            SendError::TimedOut(_) => return End::Failed(error.to_string()),
        };
        self.fail(TaskError {
            code: code.to_owned(),
            message: error.to_string(),
            detail: None,
        })
        .await;
        End::Failed(error.to_string())
    }

    async fn complete(&self, result: Option<Document>) {
        let completion = Completion {
            id: self.task.id,
            lease_token: self.task.lease_token.clone(),
            result,
            submit: Vec::new(),
            view: View::State,
        };
        self.try_to_report(|| self.parts.store.tasks.complete(completion.clone()))
            .await;
    }

    async fn fail(&self, error: TaskError) {
        let failure = Failure {
            id: self.task.id,
            lease_token: self.task.lease_token.clone(),
            error,
            retryable: true,
            retry_after_ms: None,
            view: View::State,
        };
        self.try_to_report(|| self.parts.store.tasks.fail(failure.clone()))
            .await;
    }

    async fn release(&self, delay_ms: Option<u64>) {
        self.try_to_report(|| self.parts.store.tasks.release(self.giving_back(delay_ms)))
            .await;
    }

    fn giving_back(&self, delay_ms: Option<u64>) -> Release {
        Release {
            id: self.task.id,
            lease_token: Some(self.task.lease_token.clone()),
            delay_ms,
            view: View::State,
        }
    }

    /// Reports, again and again while the store is away. What cannot be reported is found by the end
    /// of the lease, as if this replica had died.
    async fn try_to_report<T, F>(&self, report: impl Fn() -> F)
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let over = Instant::now() + REPORT;
        loop {
            let Err(error) = report().await else { return };
            if Instant::now() > over || self.parts.cut.is_cancelled() {
                tracing::warn!(task_id = %self.task.id, %error, "what became of a pushed task could not be stored");
                return;
            }
            tokio::time::sleep(REPORT_PAUSE).await;
        }
    }
}
