//! Complete: the node that holds the lease hands in the result, and perhaps children.

use super::Tasks;
use super::report::{ReportOutcome, View};
use crate::domain::{Document, LeaseToken, Submission, TaskId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::{encode_document, encode_submission};
use crate::store::keys::DocumentKind;
use crate::store::lanes::Verb;
use crate::store::outbox;

/// A finished attempt.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The task.
    pub id: TaskId,
    /// Its lease.
    pub lease_token: LeaseToken,
    /// The worker's output.
    pub result: Option<Document>,
    /// Tasks that come into being with the result.
    pub submit: Vec<Submission>,
    /// What to answer.
    pub view: View,
}

impl Tasks {
    /// Completes a task.
    ///
    /// Children in the task's partition are made in the same transition; the others go to the
    /// outbox in it, and come into being within a second.
    pub async fn complete(&self, completion: Completion) -> Result<ReportOutcome, StoreError> {
        let args = self.encode_completion(&completion)?;
        let outcome = self
            .report(Verb::Complete, completion.id, args.clone())
            .await?;
        if !matches!(outcome, ReportOutcome::Unplaced) {
            return Ok(outcome);
        }
        for child in &completion.submit {
            self.core
                .place(self.core.partition_of(&child.queue), &child.queue)
                .await?;
        }
        self.report(Verb::Complete, completion.id, args).await
    }

    /// Completes many tasks that have no children; the outcomes are in their order.
    pub async fn complete_all(
        &self,
        completions: &[Completion],
    ) -> Vec<Result<ReportOutcome, StoreError>> {
        let mut reports = Vec::with_capacity(completions.len());
        for completion in completions {
            match self.encode_completion(completion) {
                Ok(args) => reports.push((completion.id, args)),
                Err(error) => return completions.iter().map(|_| Err(error.clone())).collect(),
            }
        }
        self.report_all(Verb::Complete, reports).await
    }

    fn encode_completion(&self, completion: &Completion) -> Result<Args, StoreError> {
        let inline_bytes = self.core.inline_bytes;
        let own = completion.id.partition();
        let (mut children, mut child_count) = (Args::default(), 0_u32);
        let (mut rows, mut row_count) = (Args::default(), 0_u32);
        for child in &completion.submit {
            let partition = self.core.partition_of(&child.queue);
            let id = self.core.mint_id(partition);
            if partition == own {
                children.append(&encode_submission(child, id, "", inline_bytes)?);
                child_count += 1;
            } else {
                let item = encode_submission(child, id, "outbox", inline_bytes)?;
                rows.push(outbox::encode_submit(&child.queue, &item)?);
                row_count += 1;
            }
        }
        let mut args = Args::default();
        args.push(completion.id.compact())
            .push(completion.lease_token.as_str())
            .push(completion.view.word());
        encode_document(
            &mut args,
            DocumentKind::Result,
            completion.result.as_ref(),
            inline_bytes,
        );
        args.push_number(child_count).append(&children);
        args.push_number(row_count).append(&rows);
        Ok(args)
    }
}
