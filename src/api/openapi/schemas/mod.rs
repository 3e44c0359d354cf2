//! Forms of what the domain defines: it knows nothing of documents, so its types are described here.
//!
//! Handlers name these types in `value_type`; nobody makes values of them. `words` has the enums, the other files
//! what has members, each beside what it belongs to. A test holds their members against those of the domain.
#![expect(
    dead_code,
    reason = "only the generator of the document reads these types"
)]

mod jobs;
mod name;
mod nodes;
mod placement;
mod queues;
mod tasks;
mod words;

pub(crate) use self::jobs::GraphTask;
pub(crate) use self::name::Name;
pub(crate) use self::nodes::{Load, Performance};
pub(crate) use self::placement::{Preference, Requirements};
pub(crate) use self::queues::{QueueChoice, QueueLimits};
pub(crate) use self::tasks::{
    Dependency, Progress, RetryPolicy, TaskError, TaskFilter, Uniqueness,
};
pub(crate) use self::words::{
    BulkAction, CatchUp, Directive, Durability, FailureReason, FairBy, FireOutcome, JobState,
    JobStopReason, NodeState, On, OperationState, Ordering, Outcome, Overlap, Placement,
    ProblemCode, RetryJitter, RetryKind, TaskState, UniqueOnConflict, UniqueUntil,
};

#[cfg(test)]
mod tests;
