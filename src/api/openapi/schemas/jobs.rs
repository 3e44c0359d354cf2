//! The tasks of a graph.

use serde_json::Value;
use utoipa::ToSchema;

use super::{Name, On};

/// A task of a graph.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GraphTask {
    /// As POST /v1/tasks takes it. Without a queue it goes to the job's. It depends on nothing outside of the graph, and has
    /// no `unique` key.
    #[schema(value_type = Object)]
    task: Value,
    /// The tasks of the graph that it waits for.
    depends_on: Option<Vec<NamedDependency>>,
}

/// A task of the same graph that another waits for: its name, or its name with how it has to end.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum NamedDependency {
    /// It has to succeed.
    Name(#[schema(inline)] Name),
    /// It has to end so.
    Edge(NamedEdge),
}

/// A task of the same graph that another waits for, and how it has to end.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedEdge {
    name: Name,
    /// `success` by default.
    on: Option<On>,
}
