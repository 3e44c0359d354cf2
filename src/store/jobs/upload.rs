//! Upload: tasks join a job, in the order of their items, until it is closed.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::Jobs;
use crate::domain::job::JobPlace;
use crate::domain::{JobId, Submission};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::reply::Reply;
use crate::store::{StoreError, SubmitOutcome, Tasks, scripts};

/// Slices that are on their way at once: one is worked on, one travels, one waits.
const SLICES_IN_FLIGHT: usize = 3;

type Pending = Pin<Box<dyn Future<Output = Vec<Result<SubmitOutcome, StoreError>>> + Send>>;

/// The right to bring tasks to a job. Dropped before [`Self::close`], the upload broke off: a job
/// with an Idempotency-Key waits for another upload, one without is cancelled.
pub struct Upload {
    right: Right,
    items: u64,
    pending: VecDeque<Pending>,
    is_over: bool,
}

/// Which upload of which job this is.
#[derive(Clone)]
struct Right {
    jobs: Jobs,
    id: JobId,
    uploader: String,
}

impl Right {
    async fn call(&self, script: &scripts::Script, mode: &str) -> Result<Reply, StoreError> {
        self.call_with(script, mode, &Args::default()).await
    }

    async fn call_with(
        &self,
        script: &scripts::Script,
        mode: &str,
        rest: &Args,
    ) -> Result<Reply, StoreError> {
        let mut args = Args::default();
        args.push(self.id.compact())
            .push(&self.uploader)
            .append(rest);
        let partition = self.id.as_run().partition();
        self.jobs.core.call(script, partition, mode, &args).await
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Upload")
            .field("id", &self.right.id)
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

impl Upload {
    pub(super) fn new(jobs: Jobs, id: JobId, uploader: String, items: u64) -> Self {
        Self {
            right: Right { jobs, id, uploader },
            items,
            pending: VecDeque::new(),
            is_over: false,
        }
    }

    pub(super) fn core(&self) -> Arc<Core> {
        Arc::clone(&self.right.jobs.core)
    }

    /// Runs a script that takes job, uploader and these arguments.
    pub(super) async fn call(
        &mut self,
        script: &scripts::Script,
        args: &Args,
    ) -> Result<Reply, StoreError> {
        self.right.call_with(script, "", args).await
    }

    /// The job has all that was to come.
    pub(super) const fn is_whole(&mut self) {
        self.is_over = true;
    }

    /// The job.
    pub const fn id(&self) -> JobId {
        self.right.id
    }

    /// Items brought so far: the offset of the next one.
    pub const fn items(&self) -> u64 {
        self.items
    }

    /// The place of the next task, which holds so many items.
    pub const fn next_place(&mut self, count: u64) -> JobPlace {
        let offset = self.items;
        self.items += count;
        JobPlace {
            job: self.right.id,
            offset,
            count,
        }
    }

    /// Sends tasks on their way. Waits for earlier ones while many are; the first that was refused
    /// is the answer.
    pub async fn submit(&mut self, tasks: Vec<Submission>) -> Result<Refusal, StoreError> {
        let store = Tasks {
            core: Arc::clone(&self.right.jobs.core),
        };
        let mut slice: Pending = Box::pin(async move { store.submit_batch(tasks).await });
        // Looked at once, it stands in its lane: behind those before it, ahead of those to come.
        if let Poll::Ready(outcomes) = futures_util::poll!(&mut slice) {
            slice = Box::pin(std::future::ready(outcomes));
        }
        self.pending.push_back(slice);
        while self.pending.len() > SLICES_IN_FLIGHT {
            if let Some(refusal) = self.settle_first().await? {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    /// Waits until all that was sent is stored.
    pub async fn settle(&mut self) -> Result<Refusal, StoreError> {
        while !self.pending.is_empty() {
            if let Some(refusal) = self.settle_first().await? {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    async fn settle_first(&mut self) -> Result<Refusal, StoreError> {
        let Some(first) = self.pending.front_mut() else {
            return Ok(None);
        };
        let outcomes = first.await;
        self.pending.pop_front();
        for outcome in outcomes {
            match outcome? {
                SubmitOutcome::Created(_) => {}
                refused => return Ok(Some(refused)),
            }
        }
        Ok(None)
    }

    /// Says that the upload is still there, while nothing comes; false when the job takes no more.
    pub async fn renew(&mut self) -> Result<bool, StoreError> {
        let mut reply = self.right.call(&scripts::RENEW_JOB, "").await?;
        Ok(reply.text()? == "done")
    }

    /// The upload is whole: the job ends with the last of its tasks. All that was sent must be
    /// settled before.
    pub async fn close(mut self) -> Result<(), StoreError> {
        self.right.call(&scripts::CLOSE_JOB, "").await?;
        self.is_over = true;
        Ok(())
    }
}

/// Why a task could not join, if one could not.
pub type Refusal = Option<SubmitOutcome>;

impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (right, pending) = (self.right.clone(), std::mem::take(&mut self.pending));
        // Without a runtime, or without success, the silence of the upload leads to the same end.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // What is on its way may arrive after all: first that, then the end.
                for slice in pending {
                    slice.await;
                }
                if let Err(error) = right.call(&scripts::CLOSE_JOB, "abandon").await {
                    tracing::debug!(job = %right.id, %error, "a broken upload ends by its silence");
                }
            });
        }
    }
}
