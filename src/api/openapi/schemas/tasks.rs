//! What a task is submitted with, and what is told of it.

use serde_json::Value;
use utoipa::ToSchema;

use super::{Name, On, RetryJitter, RetryKind, TaskState, UniqueOnConflict, UniqueUntil};

/// When a failed attempt is repeated.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryPolicy {
    kind: RetryKind,
    /// First delay.
    #[schema(maximum = 2_592_000_000_u64)]
    base_ms: u64,
    /// Base of the exponential growth; 2 by default.
    #[schema(required = false, minimum = 1, maximum = 100)]
    factor: f64,
    /// Longest delay; 5 minutes by default.
    #[schema(required = false, maximum = 2_592_000_000_u64)]
    cap_ms: u64,
    /// `full` by default.
    #[schema(required = false)]
    jitter: RetryJitter,
}

/// A key that one task of a queue holds at a time.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Uniqueness {
    /// Any text; it counts within the queue.
    #[schema(min_length = 1, max_length = 255)]
    key: String,
    until: UniqueUntil,
    /// How long the key is held; goes with `ttl` alone.
    #[schema(minimum = 1, maximum = 31_622_400_000_u64)]
    ttl_ms: Option<u64>,
    on_conflict: UniqueOnConflict,
}

/// What an attempt went wrong with.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskError {
    /// A short word for programs.
    #[schema(min_length = 1, max_length = 128)]
    code: String,
    /// A sentence for people; at most 16 KiB.
    message: String,
    /// Anything more: any JSON value.
    detail: Option<Value>,
}

/// How far an attempt has come.
#[derive(ToSchema)]
pub(crate) struct Progress {
    /// Between 0 and 1; never falls within an attempt.
    fraction: Option<f64>,
    /// A sentence for people.
    message: Option<String>,
}

/// Which tasks are meant: all that is given has to fit.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskFilter {
    /// Of this queue.
    queue: Option<Name>,
    /// In this state.
    state: Option<TaskState>,
    /// Of this type.
    r#type: Option<Name>,
    /// With this tag.
    tag: Option<String>,
    /// Of this job.
    job_id: Option<uuid::Uuid>,
    /// Whose latest attempt is, or was, with this node.
    node_id: Option<Name>,
    /// Stored after this moment.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_after: Option<String>,
    /// Stored before this moment.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_before: Option<String>,
}

/// A task that another waits for: its id, or its id with how it has to end.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Dependency {
    /// It has to succeed.
    Id(#[schema(inline)] uuid::Uuid),
    /// It has to end so.
    Edge(Edge),
}

/// A task that another waits for, and how it has to end.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    id: uuid::Uuid,
    /// `success` by default.
    on: Option<On>,
}
