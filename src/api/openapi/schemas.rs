//! Forms of what the domain defines: it knows nothing of documents, so its types are described
//! here. Handlers name these types in `value_type`; nobody makes values of them.
#![expect(
    dead_code,
    reason = "only the generator of the document reads these types"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::api::problem::Code;
use crate::domain::dependency::On as OnWord;
use crate::domain::operation::{Action, OperationState as Operation};
use crate::domain::placement::Strategy;
use crate::domain::queue_limits::FairBy as Cost;
use crate::domain::retry::{Growth as GrowthWord, Jitter as JitterWord};
use crate::domain::schedule::{CatchUp as Missed, FireOutcome as Fire, Overlap as Policy};
use crate::domain::score::Ordering as OrderingWord;
use crate::domain::uniqueness::{OnConflict as Conflict, Until as UntilWord};
use crate::domain::{
    FailureReason as Reason, TaskState as State,
    job::{JobState as Job, StopReason},
    node::NodeState as Node,
};
use crate::store::durability::Durability as Level;

/// Declares string enums: their values are the words that the domain's own variants are written as.
macro_rules! words {
    ($($name:ident $description:literal: $values:expr;)*) => {$(
        #[doc = $description]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let values = $values;
                let words = values.iter().map(|value| serde_json::to_value(value).unwrap_or_default());
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($description));
                text.enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

words! {
    TaskState "Where a task stands; the last four are final.": State::ALL;
    JobState "Where a job stands; it is running until the last of its tasks has ended.": Job::ALL;
    JobStopReason "Why a job stopped before all its tasks had ended: somebody cancelled it, its upload broke off, so many tasks \
        failed as `stop_after` says, or its deadline passed.": StopReason::ALL;
    FailureReason "Why a task ended as failed.": Reason::ALL;
    NodeState "How a node stands: it is heard of, has missed heartbeats, its session has ended; it gets no more tasks and holds some, \
        or none; it gets none for its failures.":
        [Node::Ready, Node::Suspect, Node::Dead, Node::Draining, Node::Drained, Node::Quarantined];
    OperationState "How an operation stands; the last two are final.": Operation::ALL;
    BulkAction "What is done to each task.": Action::WORDS;
    UniqueUntil "How long the key is held: until the task first starts, until its run has ended, or for `ttl_ms`.":
        UntilWord::ALL.map(UntilWord::word);
    UniqueOnConflict "While another task holds the key: it is the answer, the submit is refused, or the other is cancelled if it still waits.":
        Conflict::ALL.map(Conflict::word);
    On "How a task has to end for another that waits for it: succeed, end at all, or fail or expire.": OnWord::ALL;
    Ordering "What goes first in a queue: priority, priority with a bound on how long it is preferred, or neither.":
        [OrderingWord::Strict, OrderingWord::Aging, OrderingWord::Fifo];
    Placement "Which of the nodes that wait gets a task: the free, fast and sound one, the one that has it done first, \
        the fullest, the emptiest, or the one that got the queue's last.":
        Strategy::ALL.map(Strategy::word);
    FairBy "What a turn costs a fairness key: each task the same, or the time for which its attempts run.": Cost::ALL;
    RetryKind "How the delay grows: `base_ms` x factor^(failures - 1), `base_ms` x failures, or `base_ms`.":
        [GrowthWord::Exponential, GrowthWord::Linear, GrowthWord::Fixed];
    RetryJitter "What part of the delay is left to chance: all of it, half, or nothing.":
        [JitterWord::Full, JitterWord::Equal, JitterWord::None];
    Overlap "What becomes of a moment while the task of the one before is unfinished: it passes, fires, waits for the task to finish (one does at most), or fires after the task is cancelled.":
        Policy::ALL;
    CatchUp "What becomes of moments that could not be fired for a minute: they pass, the latest is fired, or the latest 1,000 are.":
        Missed::ALL;
    FireOutcome "What became of a schedule's latest moment: it fired, passed since a task was unfinished, waits for that, passed since nobody fired it in time, or the queue took no more tasks.":
        Fire::ALL;
    Durability "How safe an acknowledged write is: in memory, soon on disk, on disk, on disk and on a replica.":
        [Level::Memory, Level::DiskSoon, Level::Disk, Level::Replica].map(Level::as_str);
    Directive "What the node is to do: go on, take no more tasks, or end.": ["continue", "drain", "stop"];
    Outcome "Whether the write happened: certainly not, or perhaps.": ["none", "unknown"];
    ProblemCode "What is wrong, as a stable word; /problems/{code} explains it. Treat a word that you do not know by its status.":
        Code::ALL.iter().map(|code| code.word()).collect::<Vec<_>>();
}

/// A name that users choose.
pub(crate) struct Name;

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A name: up to 128 letters, digits and `_.-`."))
            .pattern(Some("^[A-Za-z0-9_.-]{1,128}$"))
            .into()
    }
}

impl ToSchema for Name {
    fn name() -> Cow<'static, str> {
        "Name".into()
    }
}

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

/// What a node must have to run a task.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirements {
    /// What the node's labels are to be, by their names.
    #[schema(required = false)]
    labels: BTreeMap<String, LabelCondition>,
    /// Amounts of what the node has that the task takes for as long as it runs.
    #[schema(required = false)]
    resources: BTreeMap<String, f64>,
    /// The one node that will do.
    node: Option<Name>,
}

/// What a label is to be: a value, or tests of it.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum LabelCondition {
    /// Just this value.
    Is(#[schema(inline)] String),
    /// A value that passes every test named.
    Where(LabelTests),
}

/// Tests of a label's value: at least one, and all that are named have to hold.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1)]
pub(crate) struct LabelTests {
    /// The value is one of these.
    #[schema(min_items = 1, max_items = 100)]
    r#in: Option<Vec<String>>,
    /// Whether the node has the label at all.
    exists: Option<bool>,
    /// The value is another one, or the node does not have the label.
    not: Option<String>,
    /// The value is a number below this one.
    lt: Option<f64>,
    /// The value is a number above this one.
    gt: Option<f64>,
}

/// What a node had better have.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preference {
    /// What the node's labels are to be, by their names.
    labels: BTreeMap<String, LabelCondition>,
    /// How much that counts.
    #[schema(minimum = 1, maximum = 1000)]
    weight: u32,
}

/// How many tasks start in a time.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    /// Tasks a second, on average.
    #[schema(minimum = 0.000_001, maximum = 1_000_000)]
    per_second: f64,
    /// Tasks that may start at once after a pause; 1 by default.
    #[schema(required = false, minimum = 1, maximum = 1_000_000)]
    burst: u64,
}

/// Limits of the tasks of one type.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeLimits {
    /// Tasks that run at once.
    #[schema(minimum = 1)]
    running: Option<u64>,
    /// Tasks that start in a time.
    rate: Option<Rate>,
}

/// Limits of a queue; each holds beside the others.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueLimits {
    /// Tasks of the queue that run at once.
    #[schema(minimum = 1)]
    running: Option<u64>,
    /// Tasks of each fairness key that run at once.
    #[schema(minimum = 1)]
    running_per_key: Option<u64>,
    /// Tasks of the queue that start in a time.
    rate: Option<Rate>,
    /// Tasks of each fairness key that start in a time.
    rate_per_key: Option<Rate>,
    /// Limits of the tasks of a type, by its name; at most 64 types.
    #[schema(required = false)]
    types: BTreeMap<String, TypeLimits>,
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

/// A node's own measure of itself.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Performance {
    /// Processor cores.
    #[schema(minimum = 0)]
    cpu_cores: Option<f64>,
    /// Memory, MiB.
    #[schema(minimum = 0)]
    memory_mb: Option<f64>,
    /// Any figure of merit; higher is faster.
    #[schema(minimum = 0)]
    benchmark: Option<f64>,
}

/// How busy a node is.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// Share of its processors in use, 0 to 1.
    cpu: Option<f64>,
    /// Share of its memory in use, 0 to 1.
    memory: Option<f64>,
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

/// A queue by name, or with a weight.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum QueueChoice {
    /// By name.
    Name(#[schema(inline)] String),
    /// With a weight.
    Weighted(WeightedQueue),
}

/// A queue of a claim, and how often it comes first compared with the others.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeightedQueue {
    name: Name,
    /// More than 0; twice the weight comes first twice as often. 1 by default.
    #[schema(required = false, exclusive_minimum = 0, maximum = 1_000_000)]
    weight: f64,
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

/// A task that another waits for, and how it has to end.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    id: uuid::Uuid,
    /// `success` by default.
    on: Option<On>,
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::domain::{
        Document, NodeId, QueueName, TaskType, UnixMillis, node, placement, retry, task,
        task_filter,
    };

    /// The described form has the members that the domain's type is written with.
    fn agree<T: ToSchema>(value: &impl Serialize) {
        let described = serde_json::to_value(T::schema()).expect("a schema");
        let written = serde_json::to_value(value).expect("a value");
        let names = |value: &Value| {
            value
                .as_object()
                .expect("members")
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&described["properties"]),
            names(&written),
            "{}",
            T::name()
        );
    }

    #[test]
    fn forms_have_the_members_of_the_domain_types() {
        agree::<RetryPolicy>(&retry::RetryPolicy::default());
        agree::<Requirements>(&placement::Requirements {
            labels: BTreeMap::from([("gpu".to_owned(), "a100".into())]),
            resources: BTreeMap::from([("memory_mb".to_owned(), 1.0)]),
            node: NodeId::parse("n").ok(),
        });
        agree::<LabelTests>(&placement::Tests {
            one_of: Some(Vec::new()),
            exists: Some(true),
            not: Some(String::new()),
            lt: Some(1.0),
            gt: Some(1.0),
        });
        agree::<Preference>(&placement::Preference {
            labels: BTreeMap::new(),
            weight: 1,
        });
        agree::<TaskError>(&task::TaskError {
            code: String::new(),
            message: String::new(),
            detail: Some(Document::empty_object()),
        });
        agree::<Progress>(&task::Progress {
            fraction: Some(0.5),
            message: Some(String::new()),
        });
        agree::<Performance>(&node::Performance {
            cpu_cores: Some(1.0),
            memory_mb: Some(1.0),
            benchmark: Some(1.0),
        });
        agree::<TaskFilter>(&task_filter::TaskFilter {
            queue: QueueName::parse("q").ok(),
            state: Some(State::Queued),
            task_type: Some(TaskType::default()),
            tag: Some(String::new()),
            job_id: Some(uuid::Uuid::nil()),
            node_id: NodeId::parse("n").ok(),
            created_after: Some(UnixMillis::new(0)),
            created_before: Some(UnixMillis::new(0)),
        });
        agree::<Load>(&node::Load {
            cpu: Some(0.5),
            memory: Some(0.5),
        });
    }
}
