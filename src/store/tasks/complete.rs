//! Complete: the node that holds the lease hands in the result, and perhaps children.

use super::Tasks;
use super::report::{ReportOutcome, View};
use crate::domain::{Document, LeaseToken, Submission, TaskId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::{Edges, encode_document, encode_submission};
use crate::store::document_kind::DocumentKind;
use crate::store::lanes::Verb;
use crate::store::outbox;
use crate::store::places::LOOKS;

/// Results up to this size are taken also when the store is full: their tasks leave room behind.
const SMALL_RESULT_BYTES: usize = 64 * 1024;

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

/// Whether it brings so much that a full Redis must not take it.
fn is_large(completion: &Completion) -> bool {
    let result = completion.result.as_ref().map_or(0, Document::len);
    result > SMALL_RESULT_BYTES || !completion.submit.is_empty()
}

/// Whether a completion was refused for a child of it, whichever was looked at first.
const fn is_about_a_child(outcome: &ReportOutcome) -> bool {
    matches!(
        outcome,
        ReportOutcome::Unplaced
            | ReportOutcome::TooManyClasses
            | ReportOutcome::UnknownParent { .. }
    )
}

fn verb_of(completion: &Completion) -> Verb {
    if is_large(completion) {
        Verb::CompleteLarge
    } else {
        Verb::Complete
    }
}

impl Tasks {
    /// Completes a task.
    ///
    /// Children in the task's partition are made in the same transition; the others go to the
    /// outbox in it, and come into being within a second.
    pub async fn complete(&self, completion: Completion) -> Result<ReportOutcome, StoreError> {
        let verb = verb_of(&completion);
        if self.core.is_full() && verb == Verb::CompleteLarge {
            return Err(StoreError::Full);
        }
        if !self.have_room(&completion).await? {
            return Ok(ReportOutcome::TooManyClasses);
        }
        let unfound = self.unknown_parents(&completion.submit).await?.pop_first();
        for _ in 0..LOOKS {
            let args = self.encode_completion(&completion, unfound)?;
            let outcome = self.report(verb, completion.id, args).await?;
            if let (Some((child, parent)), true) = (unfound, is_about_a_child(&outcome)) {
                return Ok(ReportOutcome::UnknownParent { child, parent });
            }
            if !matches!(outcome, ReportOutcome::Unplaced) {
                return Ok(outcome);
            }
            // Queues in other partitions come into being when the outbox brings them their child. One that was
            // taken for a neighbour may be found there now.
            let own = completion.id.partition();
            for child in &completion.submit {
                if self.core.partition_of(&child.queue) == own {
                    self.core.place(&child.queue).await?;
                }
            }
        }
        Err(StoreError::not_done())
    }

    /// Whether the queues of children in other partitions have room for their classes. The outbox
    /// brings such a child whatever comes in between, so that none is lost.
    async fn have_room(&self, completion: &Completion) -> Result<bool, StoreError> {
        let own = completion.id.partition();
        let away = |child: &&Submission| self.core.partition_of(&child.queue) != own;
        self.have_room_for_classes(completion.submit.iter().filter(away))
            .await
    }

    /// Completes many tasks that have no children; the outcomes are in their order.
    pub async fn complete_all(
        &self,
        completions: &[Completion],
    ) -> Vec<Result<ReportOutcome, StoreError>> {
        let (mut small, mut large) = (Vec::with_capacity(completions.len()), Vec::new());
        for completion in completions {
            match self.encode_completion(completion, None) {
                Ok(args) if is_large(completion) => large.push((completion.id, args)),
                Ok(args) => small.push((completion.id, args)),
                Err(error) => return completions.iter().map(|_| Err(error.clone())).collect(),
            }
        }
        let large = async {
            if self.core.is_full() {
                return large.iter().map(|_| Err(StoreError::Full)).collect();
            }
            self.report_all(Verb::CompleteLarge, large).await
        };
        let (small, large): (_, Vec<_>) =
            tokio::join!(self.report_all(Verb::Complete, small), large);
        let (mut small, mut large) = (small.into_iter(), large.into_iter());
        completions
            .iter()
            .map(|completion| {
                let outcomes = if is_large(completion) {
                    &mut large
                } else {
                    &mut small
                };
                outcomes
                    .next()
                    .unwrap_or_else(|| Err(StoreError::not_done()))
            })
            .collect()
    }

    fn encode_completion(
        &self,
        completion: &Completion,
        unfound: Option<(usize, usize)>,
    ) -> Result<Args, StoreError> {
        let inline_bytes = self.core.inline_bytes;
        let own = completion.id.partition();
        let (mut children, mut child_count) = (Args::default(), 0_u32);
        let (mut rows, mut row_count) = (Args::default(), 0_u32);
        for (index, child) in completion.submit.iter().enumerate() {
            let partition = self.core.partition_of(&child.queue);
            let lacks = unfound.is_some_and(|(lacking, _)| lacking == index);
            let edges = if lacks { Edges::Unfound } else { Edges::Ask };
            let id = self.core.mint_id(partition);
            // In this partition it has the completion refused, wherever it would go.
            if partition == own || lacks {
                children.append(&encode_submission(child, id, "", edges, inline_bytes)?);
                child_count += 1;
            } else {
                let item = encode_submission(child, id, "outbox", edges, inline_bytes)?;
                rows.push(outbox::encode_submit(&child.queue, &item)?);
                row_count += 1;
            }
        }
        let result_bytes = completion.result.as_ref().map_or(0, Document::len);
        let mut args = Args::with_room(8, 128 + result_bytes + children.bytes() + rows.bytes());
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
