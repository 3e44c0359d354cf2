//! Jobs: their records, and how their tasks come and go together.
//!
//! A job is in the partition of its queue, and so are its tasks, save those of a graph that name other
//! queues. The counters are kept by the scripts that move its tasks (`migrations-lua/lib/job.lua`);
//! other partitions tell theirs (`branches`). Start with `begin`, then `upload`, by which tasks join, or
//! `stage` and `plant`, by which those of a graph do.

mod begin;
mod branches;
mod cancel;
mod get;
mod plant;
mod results;
mod retry;
mod stage;
mod sweeps;
mod tasks;
mod upload;

use std::sync::Arc;

pub use begin::BeginOutcome;
pub use cancel::CancelJobOutcome;
pub use results::{Behind, JobResult, JobResults};
pub use retry::RetryJobOutcome;
pub use tasks::JobTasks;
pub use upload::{Refusal, Upload};

use super::core::Core;

/// The jobs of the store.
#[derive(Clone)]
pub struct Jobs {
    pub(crate) core: Arc<Core>,
}
