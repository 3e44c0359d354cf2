//! Fail: the node that holds the lease says that the attempt failed.

use super::Tasks;
use super::report::{ReportOutcome, View};
use crate::domain::task::TaskError;
use crate::domain::{Document, LeaseToken, TaskId};
use crate::store::args::Args;
use crate::store::codec::encode_document;
use crate::store::document_kind::DocumentKind;
use crate::store::lanes::Verb;
use crate::store::{StoreError, chance};

/// A failed attempt.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The task.
    pub id: TaskId,
    /// Its lease.
    pub lease_token: LeaseToken,
    /// What went wrong.
    pub error: TaskError,
    /// Whether repeating may help.
    pub retryable: bool,
    /// When to repeat, instead of the task's own policy, milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// What to answer.
    pub view: View,
}

impl Tasks {
    /// Fails an attempt: the task runs again later, or has failed.
    pub async fn fail(&self, failure: Failure) -> Result<ReportOutcome, StoreError> {
        let error =
            Document::of(&failure.error).map_err(|error| StoreError::corrupt(error.to_string()))?;
        let mut args = Args::default();
        args.push(failure.id.compact())
            .push(failure.lease_token.as_str())
            .push(failure.view.word());
        encode_document(
            &mut args,
            DocumentKind::Error,
            Some(&error),
            self.core.inline_bytes,
        );
        args.push(if failure.retryable { "1" } else { "0" })
            .push_optional(failure.retry_after_ms)
            .push(chance().to_string());
        self.report(Verb::Fail, failure.id, args).await
    }
}
