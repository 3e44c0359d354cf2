//! Release: the node gives a task back, unharmed; an operator may do so without the token.

use super::Tasks;
use super::report::{ReportOutcome, View};
use crate::domain::{LeaseToken, TaskId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::lanes::Verb;

/// A task that goes back.
#[derive(Debug, Clone)]
pub struct Release {
    /// The task.
    pub id: TaskId,
    /// Its lease; `None` for an operator.
    pub lease_token: Option<LeaseToken>,
    /// How long it is to wait, milliseconds; at once and to its old place without.
    pub delay_ms: Option<u64>,
    /// What to answer.
    pub view: View,
}

impl Tasks {
    /// Gives a task back: free of charge, and to its old place in the queue.
    pub async fn release(&self, release: Release) -> Result<ReportOutcome, StoreError> {
        let mut args = Args::default();
        args.push(release.id.compact())
            .push(release.lease_token.as_ref().map_or("", LeaseToken::as_str))
            .push(release.view.word())
            .push_optional(release.delay_ms);
        self.report(Verb::Release, release.id, args).await
    }
}
