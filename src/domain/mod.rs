//! Pure types and decisions: no I/O, no axum, no Redis and no clock of its own.
//!
//! A value here cannot be wrong: names and ids are checked by their
//! constructors, and an input that cannot be says so as an [`InvalidInput`].
//! Start with [`task_state`] (the state machine) and [`task`] (the record).

pub mod access;
pub mod clock;
pub mod dependency;
pub mod document;
pub mod egress;
pub mod explanation;
pub mod fleet;
pub mod graph;
pub mod ids;
pub mod invalid;
pub mod job;
pub mod lease;
pub mod limits;
pub mod members;
pub mod name;
pub mod node;
pub mod operation;
pub mod partition;
pub mod placement;
pub mod push;
pub mod queue;
pub mod queue_limits;
pub mod queue_settings;
pub mod retry;
pub mod schedule;
pub mod score;
pub mod signature;
pub mod tally;
pub mod task;
pub mod task_filter;
pub mod task_state;
pub mod task_template;
pub mod uniqueness;

pub use clock::UnixMillis;
pub use dependency::Dependency;
pub use document::Document;
pub use ids::{LeaseToken, SessionId, TaskId};
pub use invalid::InvalidInput;
pub use job::JobId;
pub use limits::Limits;
pub use name::{Name, NodeId, QueueName, ScheduleName, TaskType};
pub use partition::Partition;
pub use task::{Submission, Task};
pub use task_state::{FailureReason, TaskState};
