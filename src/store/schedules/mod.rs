//! Schedules: rules by which tasks are submitted again and again.
//!
//! A schedule lives in the partition that its name hashes to, so that a name is one schedule whatever
//! queue its task goes to. What is to happen is decided in `domain::schedule`; a script checks that the
//! schedule still stands as it did then, and moves it on. A fire is that step together with a row of the
//! outbox, which names the task's id: any number of replicas may try, and any of them may die at any
//! moment, and there is one task. Start with [`Schedules`], then `fire`.

mod codec;
mod fire;
mod get;
mod remove;
mod set;
mod trigger;

use std::sync::Arc;

pub use set::{CreateOutcome, Definition, SetOutcome};
pub use trigger::TriggerOutcome;

use super::core::Core;
use crate::domain::{Partition, ScheduleName};

/// How often a change is decided anew that another one has come before.
const TRIES: usize = 10;

/// The schedules of the store.
#[derive(Clone)]
pub struct Schedules {
    pub(crate) core: Arc<Core>,
}

impl Core {
    /// The partition that holds a schedule.
    pub(crate) fn partition_of_schedule(&self, name: &ScheduleName) -> Partition {
        Partition::of_name(name.as_str(), self.partitions)
    }
}
