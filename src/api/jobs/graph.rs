//! A job as a graph: tasks by name, each with the names of those it depends on.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Deserializer};

use super::listed::{self, SubmitJob};
use crate::api::json;
use crate::api::problem::Problem;
use crate::api::state::ApiState;
use crate::api::tasks::refusal;
use crate::domain::dependency::On;
use crate::domain::graph::{Graph, GraphTask, MAX_GRAPH_EDGES, MAX_GRAPH_TASKS};
use crate::domain::{Document, InvalidInput, JobId, Name, members};
use crate::store::SubmitOutcome;
use crate::store::jobs::Upload;

/// Names of a cycle that a sentence tells.
const MOST_NAMED: usize = 20;
/// Wrong values that an answer points at.
const MOST_ERRORS: usize = 100;

/// The members of a graph in the order in which they came.
#[derive(Debug)]
pub(super) struct Members(Vec<(String, Document)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        members::in_order(deserializer, "tasks by name").map(Self)
    }
}

/// A task of a graph.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    task: Document,
    #[serde(default)]
    depends_on: Option<Vec<Named>>,
}

/// A task of the same graph that another waits for.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a dependency is a task's name, or {\"name\", \"on\": \"success\" | \"finish\" | \"failure\"}"
)]
enum Named {
    Name(String),
    Edge(NamedEdge),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedEdge {
    name: String,
    #[serde(default)]
    on: Option<On>,
}

impl Named {
    fn into_parts(self) -> (String, On) {
        match self {
            Self::Name(name) => (name, On::default()),
            Self::Edge(edge) => (edge.name, edge.on.unwrap_or_default()),
        }
    }
}

/// Reads and checks a graph.
pub(super) fn read(state: &ApiState, job: &SubmitJob, members: Members) -> Result<Graph, Problem> {
    let members = members.0;
    if members.len() > MAX_GRAPH_TASKS {
        let message = format!("a graph has at most {MAX_GRAPH_TASKS} tasks");
        return Err(InvalidInput::new("/graph", message).into());
    }
    let mut indexes = HashMap::with_capacity(members.len());
    for (index, (name, _)) in members.iter().enumerate() {
        if indexes.insert(name.clone(), index).is_some() {
            return Err(InvalidInput::new(pointer(name), "a name stands once in a graph").into());
        }
    }
    let mut tasks = Vec::with_capacity(members.len());
    let (mut faults, mut edges) = (Vec::new(), 0);
    for (name, member) in members {
        let at = pointer(&name);
        let task = read_member(state, job, &name, &member, &indexes, &mut faults)
            .map_err(|problem| problem.under(&at))?;
        edges += task.depends_on.len();
        tasks.push(task);
    }
    if edges > MAX_GRAPH_EDGES {
        let message = format!("a graph has at most {MAX_GRAPH_EDGES} dependencies");
        faults.push(InvalidInput::new("/graph", message));
    }
    faults.truncate(MOST_ERRORS);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    Graph::new(tasks).map_err(|cycle| cyclic(&cycle))
}

fn read_member(
    state: &ApiState,
    job: &SubmitJob,
    name: &str,
    member: &Document,
    indexes: &HashMap<String, usize>,
    faults: &mut Vec<InvalidInput>,
) -> Result<GraphTask, Problem> {
    let at = pointer(name);
    let member: Member = json::parse(member.as_str().as_bytes())?;
    let parsed = Name::parse(name).map_err(|message| InvalidInput::new("", message))?;
    let task = listed::submission(state, job, &member.task, listed::Queue::MayBeNamed)
        .map_err(|problem| problem.under("/task"))?;
    if !task.depends_on.is_empty() {
        let message =
            "the tasks of a graph depend on each other by name, in depends_on beside task";
        return Err(InvalidInput::new("/task/depends_on", message).into());
    }
    if task.unique.is_some() {
        let message = "a graph needs each of its tasks, so none may give way to another";
        return Err(InvalidInput::new("/task/unique", message).into());
    }
    let (mut depends_on, mut seen) = (Vec::new(), HashSet::new());
    for (index, named) in member.depends_on.into_iter().flatten().enumerate() {
        let (parent, on) = named.into_parts();
        let mut refuse = |message: &'static str| {
            faults.push(InvalidInput::new(
                format!("{at}/depends_on/{index}"),
                message,
            ));
        };
        match indexes.get(&parent) {
            None => refuse("the graph has no task of that name"),
            Some(parent) if !seen.insert(*parent) => refuse("a task is named once"),
            Some(parent) => depends_on.push((*parent, on)),
        }
    }
    Ok(GraphTask {
        name: parsed,
        task,
        depends_on,
    })
}

/// Where a task of a graph stands in the body.
fn pointer(name: &str) -> String {
    format!("/graph/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn cyclic(cycle: &[Name]) -> Problem {
    let mut told: Vec<&str> = cycle.iter().take(MOST_NAMED).map(Name::as_str).collect();
    if cycle.len() > MOST_NAMED {
        told.push("...");
    }
    told.extend(cycle.first().map(Name::as_str));
    let detail = format!("each of these depends on the next: {}", told.join(" -> "));
    let faults = cycle.iter().take(MOST_ERRORS).map(|name| {
        let at = format!("{}/depends_on", pointer(name.as_str()));
        InvalidInput::new(at, "it depends on itself, by way of the others named here")
    });
    Problem::cyclic(detail, faults.collect())
}

/// Refuses a graph for which its queues have no room.
pub(super) async fn check_room(state: &ApiState, graph: &Graph) -> Result<(), Problem> {
    let submissions = graph.tasks().iter().map(|task| &task.task);
    match state.store.tasks.refusal_of_all(submissions).await? {
        Some(refused) => Err(refusal(&refused)),
        None => Ok(()),
    }
}

/// Brings a graph, which is there whole or not at all.
pub(super) async fn bring(mut upload: Upload, graph: &Graph) -> Result<JobId, Problem> {
    let id = upload.id();
    if upload.stage(graph).await? && upload.commit(graph.tasks().len()).await? {
        return Ok(id);
    }
    Err(refusal(&SubmitOutcome::JobClosed))
}
