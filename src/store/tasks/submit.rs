//! Submit: new tasks, singly, in batches, all or none.

use std::collections::BTreeMap;
use std::slice;

use deadpool_redis::redis::Value;
use futures_util::future::join_all;

use super::Tasks;
use crate::domain::lease::DEFAULT_MAX_ATTEMPTS;
use crate::domain::{Partition, Submission, Task, TaskId, TaskState, UnixMillis};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::{Edges, encode_submission};
use crate::store::lanes::{Slice, Verb};
use crate::store::reply::Reply;

/// What became of one submission.
#[derive(Debug)]
pub enum SubmitOutcome {
    /// A new task.
    Created(Box<Task>),
    /// The Idempotency-Key has made this task before.
    Replayed(TaskId),
    /// The Idempotency-Key came with another body before.
    KeyReused,
    /// The queue has as many classes (type and requirements) as it may have.
    TooManyClasses,
    /// The queue has as many unfinished tasks as it may have.
    QueueFull,
    /// Another task holds the unique key, and is the answer.
    Duplicate(TaskId),
    /// Another task holds the unique key, so this one was refused.
    RefusedDuplicate(TaskId),
    /// Another item of an atomic batch was refused.
    Rejected,
    /// The task that `depends_on` has at that index is not there.
    UnknownParent(usize),
    /// The job takes no more tasks, or is gone.
    JobClosed,
    /// The job has not taken the items before this task's.
    OutOfOrder,
}

impl Tasks {
    /// Submits one task.
    pub async fn submit(&self, submission: Submission) -> Result<SubmitOutcome, StoreError> {
        if self.core.is_full() {
            return Err(StoreError::Full);
        }
        let unfound = self.unknown_parents(slice::from_ref(&submission)).await?;
        let partition = self.core.partition_of(&submission.queue);
        let item = Item::new(0, submission, &unfound);
        let outcomes = self.submit_to(partition, vec![item]).await;
        let (_, outcome) = outcomes
            .into_iter()
            .next()
            .ok_or_else(StoreError::not_done)?;
        outcome
    }

    /// Submits many, each on its own; the outcomes are in their order.
    ///
    /// Tasks of one queue keep their order. Slices of different partitions go side by side.
    pub async fn submit_batch(
        &self,
        submissions: Vec<Submission>,
    ) -> Vec<Result<SubmitOutcome, StoreError>> {
        if self.core.is_full() {
            return submissions.iter().map(|_| Err(StoreError::Full)).collect();
        }
        let count = submissions.len();
        let unfound = match self.unknown_parents(&submissions).await {
            Ok(unfound) => unfound,
            Err(error) => return submissions.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut by_partition: BTreeMap<Partition, Vec<Item>> = BTreeMap::new();
        for (index, submission) in submissions.into_iter().enumerate() {
            let partition = self.core.partition_of(&submission.queue);
            by_partition
                .entry(partition)
                .or_default()
                .push(Item::new(index, submission, &unfound));
        }
        let finished = join_all(
            by_partition
                .into_iter()
                .map(|(partition, items)| self.submit_to(partition, items)),
        );
        let mut outcomes: Vec<_> = (0..count).map(|_| Err(StoreError::not_done())).collect();
        for (index, outcome) in finished.await.into_iter().flatten() {
            outcomes[index] = outcome;
        }
        outcomes
    }

    /// Submits all tasks of one queue or none.
    pub async fn submit_atomic(
        &self,
        submissions: Vec<Submission>,
    ) -> Result<Vec<SubmitOutcome>, StoreError> {
        let Some(first) = submissions.first() else {
            return Ok(Vec::new());
        };
        if self.core.is_full() {
            return Err(StoreError::Full);
        }
        let queue = first.queue.clone();
        let partition = self.core.place(&queue).await?;
        let unfound = self.unknown_parents(&submissions).await?;
        let items: Vec<Item> = submissions
            .into_iter()
            .enumerate()
            .map(|(index, submission)| Item::new(index, submission, &unfound))
            .collect();
        self.send(partition, &items, "atomic")
            .await?
            .into_iter()
            .map(|(_, outcome)| {
                // Removed just after it had been placed.
                outcome?.ok_or_else(StoreError::not_done)
            })
            .collect()
    }

    /// One script call; `None` for an item whose queue is not there.
    pub(super) async fn send<'a>(
        &self,
        partition: Partition,
        items: impl IntoIterator<Item = &'a Item> + Clone,
        mode: &'static str,
    ) -> Result<Vec<(usize, Result<Option<SubmitOutcome>, StoreError>)>, StoreError> {
        let mut args = Args::default();
        let mut ids = Vec::new();
        for item in items.clone() {
            let id = self.core.mint_id(partition);
            args.append(&encode_submission(
                &item.submission,
                id,
                "",
                item.edges(),
                self.core.inline_bytes,
            )?);
            ids.push(id);
        }
        // What an upload brings is refused out of its order.
        let ordered = items
            .clone()
            .into_iter()
            .any(|item| item.submission.place.is_some());
        let slice = Slice::new(args, ids.len()).in_mode(mode).ordered(ordered);
        let answers = self
            .core
            .through_lane(Verb::Submit, partition, slice)
            .await?;
        Ok(items
            .into_iter()
            .zip(ids)
            .zip(answers)
            .map(|((item, id), answer)| (item.index, decode(answer, id, item)))
            .collect())
    }
}

/// A submission and its place in the batch.
pub(super) struct Item {
    pub(super) index: usize,
    pub(super) submission: Submission,
    /// The first of its parents that is not there.
    unfound: Option<usize>,
}

impl Item {
    fn new(index: usize, submission: Submission, unfound: &BTreeMap<usize, usize>) -> Self {
        Self {
            index,
            unfound: unfound.get(&index).copied(),
            submission,
        }
    }

    const fn edges(&self) -> Edges {
        if self.unfound.is_some() {
            Edges::Unfound
        } else {
            Edges::Ask
        }
    }
}

fn decode(answer: Value, id: TaskId, item: &Item) -> Result<Option<SubmitOutcome>, StoreError> {
    let submission = &item.submission;
    let mut reply = Reply::list(answer)?;
    Ok(Some(match reply.text()?.as_str() {
        "created" => {
            let state = TaskState::from_word(&reply.text()?)
                .ok_or_else(|| StoreError::corrupt("an unknown state"))?;
            let created_at = UnixMillis::new(reply.count()?);
            let due = UnixMillis::new(reply.count()?);
            let run_at = (due.get() > 0).then_some(due);
            let mut task = created(id, submission, state, created_at, run_at);
            if submission.max_attempts.is_none() && reply.left() > 0 {
                task.max_attempts = u32::try_from(reply.count()?)
                    .map_err(|_| StoreError::corrupt("a queue's max_attempts"))?;
            }
            SubmitOutcome::Created(Box::new(task))
        }
        "replayed" => SubmitOutcome::Replayed(next_id(&mut reply)?),
        "duplicate" => SubmitOutcome::Duplicate(next_id(&mut reply)?),
        "refused_duplicate" => SubmitOutcome::RefusedDuplicate(next_id(&mut reply)?),
        "key_reused" => SubmitOutcome::KeyReused,
        "too_many_classes" => SubmitOutcome::TooManyClasses,
        "queue_full" => SubmitOutcome::QueueFull,
        "rejected" => SubmitOutcome::Rejected,
        "unknown_parent" => SubmitOutcome::UnknownParent(item.unfound.unwrap_or_default()),
        "job_closed" => SubmitOutcome::JobClosed,
        "out_of_order" => SubmitOutcome::OutOfOrder,
        "unplaced" => return Ok(None),
        other => {
            return Err(StoreError::corrupt(format!(
                "an unknown word from submit: {other}"
            )));
        }
    }))
}

/// The task that an outcome names.
pub(super) fn next_id(reply: &mut Reply) -> Result<TaskId, StoreError> {
    TaskId::from_compact(reply.text()?.as_bytes())
        .ok_or_else(|| StoreError::corrupt("an ill-formed id"))
}

/// The new task, as a read right now would show it.
fn created(
    id: TaskId,
    submission: &Submission,
    state: TaskState,
    created_at: UnixMillis,
    run_at: Option<UnixMillis>,
) -> Task {
    Task {
        id,
        queue: submission.queue.clone(),
        task_type: submission.task_type.clone(),
        state,
        priority: submission.priority,
        attempt: 0,
        max_attempts: submission.max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS),
        failures: 0,
        losses: 0,
        max_losses: submission.max_losses,
        payload: submission.payload.clone(),
        result: None,
        error: None,
        reason: None,
        progress: None,
        node_id: None,
        lease_expires_at: None,
        cancel_requested: false,
        created_at,
        run_at,
        started_at: None,
        finished_at: None,
        next_run_at: None,
        tags: submission.tags.clone(),
        metadata: submission.metadata.clone(),
        fairness_key: submission.fairness_key.clone(),
        job_id: submission.place.map(|place| place.job),
        depends_on: submission.depends_on.clone(),
        name: submission.name.clone(),
    }
}
