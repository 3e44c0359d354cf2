//! Jobs: their records, and how their tasks come and go together.
//!
//! All of a job is in one partition, that of its queue, so that each transition is one script. The
//! counters are kept by the scripts that move its tasks (`migrations-lua/lib/job.lua`). Start with
//! `begin`, then `upload`, by which tasks join.

mod begin;
mod cancel;
mod get;
mod results;
mod retry;
mod sweeps;
mod tasks;
mod upload;

use std::sync::Arc;

pub use begin::BeginOutcome;
pub use cancel::CancelJobOutcome;
pub use get::JobPlaceInList;
pub use results::{JobResult, JobResults};
pub use retry::RetryJobOutcome;
pub use tasks::JobTasks;
pub use upload::{Refusal, Upload};

use super::core::Core;

/// The jobs of the store.
#[derive(Clone)]
pub struct Jobs {
    pub(crate) core: Arc<Core>,
}
