//! Words that stand for one of several things, as the domain writes them.

use std::borrow::Cow;

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
