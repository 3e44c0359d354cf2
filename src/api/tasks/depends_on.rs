//! `depends_on` of a task to be submitted: ids, or ids with how those tasks have to end.

use serde::Deserialize;

use crate::domain::dependency::On;
use crate::domain::{Dependency, InvalidInput, TaskId};

/// A task that another waits for.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a dependency is a task's id, or {\"id\", \"on\": \"success\" | \"finish\" | \"failure\"}"
)]
pub(crate) enum DependsOn {
    Id(String),
    Edge(Edge),
}

/// A task that another waits for, and how it has to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    id: String,
    #[serde(default)]
    on: Option<On>,
}

/// Reads what a task depends on; what is no id becomes a fault.
pub(super) fn read(asked: Vec<DependsOn>, faults: &mut Vec<InvalidInput>) -> Vec<Dependency> {
    let mut edges = Vec::with_capacity(asked.len());
    for (index, asked) in asked.into_iter().enumerate() {
        let (id, on) = match asked {
            DependsOn::Id(id) => (id, On::default()),
            DependsOn::Edge(edge) => (edge.id, edge.on.unwrap_or_default()),
        };
        match TaskId::parse(&id) {
            Some(parent) => edges.push(Dependency {
                parent,
                on,
                name: None,
            }),
            None => faults.push(InvalidInput::new(
                format!("/depends_on/{index}"),
                "a task id is a UUID as POST /v1/tasks returned it",
            )),
        }
    }
    edges
}
