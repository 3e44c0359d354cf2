//! Every key in Redis, drawn in one place. `migrations-lua/lib/keys.lua` is the twin for ids
//! that only a script learns; a test compares the two for every kind.
//!
//! ```text
//! {ty0}:meta                     epoch, schema version, clocks of partition 0
//! {ty0}:queues                   names of its queues
//! {ty0}:queue:NAME               a queue's record: sequence, number of classes, paused ...
//! {ty0}:signpost:NAME            where a queue lives that is not at its home; {ty0}:seat:NAME its right to
//! {ty0}:classes:NAME             class definition -> number
//! {ty0}:ready:NAME:CLASS         ready tasks by score
//! {ty0}:heads:NAME               classes by the score of their first task
//! {ty0}:ready:NAME:CLASS:KEY     the same of one fairness key
//! {ty0}:shares:NAME              fairness keys by virtual time; class_shares:NAME:CLASS those of a class
//! {ty0}:key_heads:NAME:KEY       a fairness key's classes by their first task
//! {ty0}:owed:NAME                fairness keys without turns, ahead of virtual time
//! {ty0}:weights:NAME             what fairness keys weigh; {ty0}:paces:NAME how long their attempts run
//! {ty0}:busy:NAME                running tasks of keys and types with limits
//! {ty0}:rates:NAME               how far rates are used up
//! {ty0}:parked:NAME              what stands at a limit; unparked:NAME: held by limits of before
//! {ty0}:openings                 queues by when a rate lets the next tasks start
//! {ty0}:STATE:NAME               tasks of a queue in a state, by time
//! {ty0}:tag:NAME:TAG             tasks of a queue with a tag, by id
//! {ty0}:task:ID                  a task's record
//! {ty0}:payload:ID               a document too long for the record; also result, metadata, error
//! {ty0}:attempts:ID              earlier attempts
//! {ty0}:logs:ID                  lines that its workers have logged
//! {ty0}:edges:ID                 tasks that it depends on; {ty0}:pending:ID those that it waits for
//! {ty0}:answers:ID               how they ended; {ty0}:dependents:ID whom it tells how it ends
//! {ty0}:leases                   running tasks by when to look at them
//! {ty0}:due                      scheduled and retrying tasks by their moment
//! {ty0}:expiries                 waiting tasks by their expiry
//! {ty0}:held:NODE:SESSION        running tasks of a session
//! {ty0}:using:NODE               what running tasks take of a node's resources
//! {ty0}:claim:NODE:CLAIM_ID      what a claim_id has got
//! {ty0}:unique:NAME:DIGEST       the task that holds a unique key of a queue
//! {ty0}:idempotency:SCOPE        what an Idempotency-Key has made
//! {ty0}:lane:LANE                the last group of a lane and its outcomes
//! {ty0}:outbox  {ty0}:gone       rows for other partitions; deleted tasks that a row may name
//! {ty0}:nodes  {ty0}:beats       nodes by registration; live sessions by when they would end
//! {ty0}:drains                   draining nodes by when what they hold goes back
//! {ty0}:node:NODE                a node's record
//! {ty0}:cancels:NODE             tasks that a node is to stop
//! {ty0}:endpoints                nodes and queues whose tasks are pushed
//! {ty0}:endpoint:KIND:NAME       the secret of a node's or a queue's endpoint, and how it fares
//! {ty0}:operations  {ty0}:steps  operations; those with a step to do by when it is due
//! {ty0}:operation:ID             an operation's record
//! {ty0}:operation_ids:ID         tasks that it is still to change
//! {ty0}:applied:ID               what became of its last step here
//! {ty0}:schedules  {ty0}:fires   names of schedules; those that will fire, by when to look at them
//! {ty0}:schedule:NAME            a schedule's record
//! {ty0}:sweeper                  the replica that sweeps just now
//! {ty0}:signals                  the pub/sub channel
//! ```
//!
//! `{ty0}:schema_lock` alone is drawn in `schema`, which runs before anything else is there.

use super::document_kind::DocumentKind;
use crate::domain::{Partition, TaskState};

/// What every key of this deployment begins with.
const TAG: &str = "ty";

/// The keys of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// The keys of `partition`.
    pub fn of(partition: Partition) -> Self {
        Self {
            prefix: format!("{{{TAG}{partition}}}"),
        }
    }

    /// The partition prefix: KEYS[1] of every script, and the hash tag of every key.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn one(&self, kind: &str) -> String {
        format!("{}:{kind}", self.prefix)
    }

    fn named(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }

    /// Epoch, schema version and clocks.
    pub fn meta(&self) -> String {
        self.one("meta")
    }

    /// Names of the partition's queues.
    pub fn queues(&self) -> String {
        self.one("queues")
    }

    /// Running tasks by when to look at them.
    pub fn leases(&self) -> String {
        self.one("leases")
    }

    /// Scheduled and retrying tasks by their moment.
    pub fn due(&self) -> String {
        self.one("due")
    }

    /// Waiting tasks by their expiry.
    pub fn expiries(&self) -> String {
        self.one("expiries")
    }

    /// Rows for other partitions.
    pub fn outbox(&self) -> String {
        self.one("outbox")
    }

    /// Deleted tasks that an outbox row may still name.
    pub fn gone(&self) -> String {
        self.one("gone")
    }

    /// The replica that sweeps just now.
    pub fn sweeper(&self) -> String {
        self.one("sweeper")
    }

    /// Nodes by registration.
    pub fn nodes(&self) -> String {
        self.one("nodes")
    }

    /// Live sessions by when they would end.
    pub fn beats(&self) -> String {
        self.one("beats")
    }

    /// Draining nodes by when what they still hold goes back.
    pub fn drains(&self) -> String {
        self.one("drains")
    }

    /// Operations by their ids.
    pub fn operations(&self) -> String {
        self.one("operations")
    }

    /// Operations by when their next step is due, or when they are forgotten.
    pub fn steps(&self) -> String {
        self.one("steps")
    }

    /// An operation's record.
    pub fn operation(&self, id: &str) -> String {
        self.named("operation", id)
    }

    /// Tasks that an operation is still to change.
    pub fn operation_ids(&self, id: &str) -> String {
        self.named("operation_ids", id)
    }

    /// What became of an operation's last step in this partition.
    pub fn applied(&self, id: &str) -> String {
        self.named("applied", id)
    }

    /// Names of the partition's schedules.
    pub fn schedules(&self) -> String {
        self.one("schedules")
    }

    /// Schedules that will fire, by when to look at them.
    pub fn fires(&self) -> String {
        self.one("fires")
    }

    /// Jobs by creation.
    pub fn jobs(&self) -> String {
        self.one("jobs")
    }

    /// Jobs by when an end of theirs is due: an upload's, their tasks', their own.
    pub fn job_endings(&self) -> String {
        self.one("job_endings")
    }

    /// Jobs whose next tasks can be made, by when to look.
    pub fn job_extensions(&self) -> String {
        self.one("job_extensions")
    }

    /// Committed graphs whose tasks are to be made, by when to look.
    pub fn job_plantings(&self) -> String {
        self.one("job_plantings")
    }

    /// Queues by when a rate lets their next tasks start.
    pub fn openings(&self) -> String {
        self.one("openings")
    }

    /// The pub/sub channel.
    pub fn channel(&self) -> String {
        self.one("signals")
    }

    /// A task's record.
    pub fn task(&self, id: &str) -> String {
        self.named("task", id)
    }

    /// A document of a task.
    pub fn document(&self, kind: DocumentKind, id: &str) -> String {
        self.named(kind.word(), id)
    }

    /// Earlier attempts of a task.
    pub fn attempts(&self, id: &str) -> String {
        self.named("attempts", id)
    }

    /// Lines that its workers have logged.
    pub fn logs(&self, id: &str) -> String {
        self.named("logs", id)
    }

    /// The tasks that a task depends on, as text.
    pub fn edges(&self, id: &str) -> String {
        self.named("edges", id)
    }

    /// The tasks that a blocked task waits for.
    pub fn pending(&self, id: &str) -> String {
        self.named("pending", id)
    }

    /// How the tasks ended that a task depends on, as far as it was told.
    pub fn answers(&self, id: &str) -> String {
        self.named("answers", id)
    }

    /// The tasks that are to be told how a task ends.
    pub fn dependents(&self, id: &str) -> String {
        self.named("dependents", id)
    }

    /// A queue's record.
    pub fn queue(&self, name: &str) -> String {
        self.named("queue", name)
    }

    /// A queue's classes.
    pub fn classes(&self, name: &str) -> String {
        self.named("classes", name)
    }

    /// A queue's classes by their first task.
    pub fn heads(&self, name: &str) -> String {
        self.named("heads", name)
    }

    /// Ready tasks of a class.
    pub fn ready(&self, name: &str, class: &str) -> String {
        format!("{}:ready:{name}:{class}", self.prefix)
    }

    /// Ready tasks of a class with a fairness key. A key may be any text, and so ends its Redis key.
    pub fn line(&self, name: &str, class: &str, key: &str) -> String {
        if key.is_empty() {
            return self.ready(name, class);
        }
        format!("{}:ready:{name}:{class}:{key}", self.prefix)
    }

    /// What only a queue with fairness keys, weights or limits has (`shares`, `owed`, `paces`, `weights`, `busy`, `rates`,
    /// `parked`, `unparked`), or one that does not live at its home: `signpost` there, `seat` where it lives.
    pub fn of_queue(&self, kind: &str, name: &str) -> String {
        self.named(kind, name)
    }

    /// The same of a class (`class_shares`) or a fairness key (`key_heads`).
    pub fn in_queue(&self, kind: &str, name: &str, part: &str) -> String {
        format!("{}:{kind}:{name}:{part}", self.prefix)
    }

    /// Tasks of a queue in a state.
    pub fn state(&self, name: &str, state: TaskState) -> String {
        self.named(state.word(), name)
    }

    /// The task that holds a unique key of a queue.
    pub fn unique(&self, name: &str, digest: &str) -> String {
        format!("{}:unique:{name}:{digest}", self.prefix)
    }

    /// Tasks of a queue with a tag. A tag may be any text, and so ends its key.
    pub fn tag(&self, name: &str, tag: &str) -> String {
        format!("{}:tag:{name}:{tag}", self.prefix)
    }

    /// What an Idempotency-Key has made.
    pub fn idempotency(&self, scope: &str) -> String {
        self.named("idempotency", scope)
    }

    /// What a `claim_id` has got.
    pub fn claim(&self, node: &str, claim_id: &str) -> String {
        format!("{}:claim:{node}:{claim_id}", self.prefix)
    }

    /// Running tasks of a session; an empty session for claims without one.
    pub fn held(&self, node: &str, session: &str) -> String {
        format!("{}:held:{node}:{session}", self.prefix)
    }

    /// How many running tasks of a node take how much of it.
    pub fn using(&self, node: &str) -> String {
        self.named("using", node)
    }

    /// The last group of a lane.
    pub fn lane(&self, lane: &str) -> String {
        self.named("lane", lane)
    }

    /// A node's record.
    pub fn node(&self, node: &str) -> String {
        self.named("node", node)
    }

    /// Endpoints that tasks are pushed to.
    pub fn endpoints(&self) -> String {
        self.one("endpoints")
    }

    /// An endpoint's record: of a `node`, or of a `queue`.
    pub fn endpoint(&self, kind: &str, name: &str) -> String {
        format!("{}:endpoint:{kind}:{name}", self.prefix)
    }

    /// A schedule's record.
    pub fn schedule(&self, name: &str) -> String {
        self.named("schedule", name)
    }

    /// Tasks that a node is to stop.
    pub fn cancels(&self, node: &str) -> String {
        self.named("cancels", node)
    }

    /// A job's record.
    pub fn job(&self, id: &str) -> String {
        self.named("job", id)
    }

    /// The rows of a graph that are not tasks yet.
    pub fn job_stage(&self, id: &str) -> String {
        self.named("job_stage", id)
    }

    /// A job's tasks by their first item.
    pub fn job_tasks(&self, id: &str) -> String {
        self.named("job_tasks", id)
    }
}
