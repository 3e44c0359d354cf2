//! Why a task runs, waits or has ended, said by the same rules that claims follow.
//!
//! It reads nothing and changes nothing: all that counts is in a [`Situation`], which the store has
//! gathered. Start with that; `nodes` says why nobody who is there may take the task.

mod nodes;

use nodes::unplaceable;

use super::node::Node;
use super::placement::{Requirements, TaskClass};
use super::push::EndpointHealth;
use super::{NodeId, Task, TaskId, TaskState, TaskType, UnixMillis};

/// A queue that has given nothing for so long is said to have nobody who claims, milliseconds.
const LATELY_MS: u64 = 60_000;

/// A task and what its queue says about its turn.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The task.
    pub task: Task,
    /// The kind of work that it is.
    pub class: TaskClass,
    /// When this was read.
    pub now: UnixMillis,
    /// Whether its queue gives nothing.
    pub paused: bool,
    /// Ready tasks of the queue that go before it; `None` unless it is ready itself.
    pub ahead: Option<u64>,
    /// When a task of the queue last started or ended; `None` for never, as far as is known.
    pub last_given_at: Option<UnixMillis>,
    /// How many tasks a blocked one waits for.
    pub waits_for: u64,
    /// Some of them.
    pub waits_for_some: Vec<TaskId>,
    /// Limits of its queue that hold it.
    pub limits: Vec<HeldBy>,
    /// Runs that end in the queue each second, of late.
    pub finished_per_s: f64,
    /// How the target of its queue fares, if it has one.
    pub target: Option<EndpointHealth>,
}

/// A limit of its queue that holds a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBy {
    /// The limit, as a path in the queue's `limits`: `running`, `types.render.rate`.
    pub limit: String,
    /// When it lets the next task go; `None` for as soon as a task ends.
    pub until: Option<UnixMillis>,
}

/// What no registered node has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Missing {
    /// The type, when no node takes it.
    pub task_type: Option<TaskType>,
    /// Labels and resources that no node has.
    pub requires: Requirements,
}

/// Something that holds the task where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// A stable word.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// The moment it speaks of.
    pub at: Option<UnixMillis>,
    /// The node it speaks of.
    pub node_id: Option<NodeId>,
    /// How many nodes it speaks of.
    pub nodes: Option<u64>,
    /// What no node has.
    pub missing: Option<Missing>,
    /// How many tasks it waits for.
    pub waits_for: Option<u64>,
    /// Some of those tasks.
    pub task_ids: Vec<TaskId>,
    /// The limit it speaks of.
    pub limit: Option<String>,
}

impl Reason {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            at: None,
            node_id: None,
            nodes: None,
            missing: None,
            waits_for: None,
            task_ids: Vec::new(),
            limit: None,
        }
    }

    fn at(self, moment: Option<UnixMillis>) -> Self {
        Self { at: moment, ..self }
    }
}

/// Why a task is where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// At least one.
    pub reasons: Vec<Reason>,
    /// Its place among the ready tasks of its queue: 1 is the next.
    pub position: Option<u64>,
    /// When it will start, if all goes on as it does.
    pub estimated_start_at: Option<UnixMillis>,
}

/// Explains a task by its situation and the nodes that are registered.
pub fn explain(situation: &Situation, nodes: &[Node]) -> Explanation {
    let task = &situation.task;
    let mut reasons = Vec::new();
    let mut estimated_start_at = None;
    match task.state {
        TaskState::Scheduled => {
            reasons.push(Reason::new("scheduled", "it waits for its moment").at(task.run_at));
            estimated_start_at = task.run_at;
        }
        TaskState::RetryWait => {
            let message = format!(
                "its attempt {} failed; it runs again at its moment",
                task.attempt
            );
            reasons.push(Reason::new("retry_wait", message).at(task.next_run_at));
            estimated_start_at = task.next_run_at;
        }
        TaskState::Blocked => reasons.push(blocked(situation)),
        TaskState::Running => reasons.extend(running(task)),
        TaskState::Queued => {}
        _ => reasons.push(finished(task)),
    }
    if !task.state.is_final() && task.state != TaskState::Running && situation.paused {
        reasons.push(Reason::new(
            "queue_paused",
            format!("the queue {} is paused and gives nothing", task.queue),
        ));
        estimated_start_at = None;
    }
    if task.state == TaskState::Queued {
        reasons.extend(situation.limits.iter().map(limit_reached));
        reasons.extend(match &situation.target {
            // A target takes every type, and has no labels and no resources.
            Some(health) if situation.class.requires.is_empty() => backing_off(health),
            _ => unplaceable(situation, nodes),
        });
        if reasons.is_empty() {
            reasons.extend(unclaimed(situation));
        }
        if reasons.is_empty() {
            estimated_start_at = estimate(situation);
            reasons.push(in_turn(situation.ahead.unwrap_or_default()));
        }
    }
    Explanation {
        reasons,
        position: situation.ahead.map(|ahead| ahead + 1),
        estimated_start_at,
    }
}

/// Whether the target is left alone just now.
fn backing_off(health: &EndpointHealth) -> Option<Reason> {
    let message = match (health.word(), health.failures) {
        ("closed", _) => return None,
        ("half_open", _) => {
            "the target of its queue failed; one task finds out whether it works".to_owned()
        }
        (_, 0) => "the target of its queue asked to be left alone for a while".to_owned(),
        (_, failures) => format!(
            "the target of its queue failed {failures} times in a row and is left alone for a while"
        ),
    };
    Some(Reason::new("target_backing_off", message).at(health.open_until))
}

fn blocked(situation: &Situation) -> Reason {
    let message = match situation.waits_for {
        1 => "it waits for 1 task that it depends on".to_owned(),
        many => format!("it waits for {many} tasks that it depends on"),
    };
    Reason {
        waits_for: Some(situation.waits_for),
        task_ids: situation.waits_for_some.clone(),
        ..Reason::new("blocked", message)
    }
}

fn limit_reached(held: &HeldBy) -> Reason {
    let limit = &held.limit;
    let message = match held.until {
        Some(_) => format!("its queue's limit {limit} is used up until that moment"),
        None => format!("its queue's limit {limit} is reached, until a task ends that it counts"),
    };
    Reason {
        limit: Some(limit.clone()),
        ..Reason::new("limit_reached", message).at(held.until)
    }
}

fn in_turn(ahead: u64) -> Reason {
    let message = match ahead {
        0 => "it is the next of its queue".to_owned(),
        1 => "1 task of its queue goes first".to_owned(),
        more => format!("{more} tasks of its queue go first"),
    };
    Reason::new("in_turn", message)
}

fn running(task: &Task) -> Vec<Reason> {
    let node = task.node_id.as_ref().map_or("a node", NodeId::as_str);
    let mut reasons = vec![Reason {
        node_id: task.node_id.clone(),
        ..Reason::new(
            "running",
            format!("attempt {} runs on {node}", task.attempt),
        )
        .at(task.started_at)
    }];
    if task.cancel_requested {
        reasons.push(Reason::new(
            "cancel_requested",
            "it was told to stop, and ends when its node says so or the grace is over",
        ));
    }
    reasons
}

fn finished(task: &Task) -> Reason {
    let why = match (task.state, task.reason) {
        (TaskState::Failed, Some(reason)) => format!("it failed for good: {}", reason.word()),
        (TaskState::Expired, _) => "it was not started before its expiry".to_owned(),
        (state, _) => format!("it has {}", ended(state)),
    };
    Reason::new(task.state.word(), why).at(task.finished_at)
}

const fn ended(state: TaskState) -> &'static str {
    match state {
        TaskState::Succeeded => "succeeded",
        TaskState::Cancelled => "been cancelled",
        _ => "ended",
    }
}

/// Whether nobody has taken anything from its queue for a while.
fn unclaimed(situation: &Situation) -> Option<Reason> {
    let silence = situation
        .last_given_at
        .map(|moment| situation.now.get().saturating_sub(moment.get()));
    let waited = situation
        .now
        .get()
        .saturating_sub(situation.task.created_at.get());
    let message = match silence {
        Some(millis) if millis > LATELY_MS => format!(
            "nobody has taken a task from its queue for {} s",
            millis / 1_000
        ),
        None if waited > LATELY_MS => "nobody has taken a task from its queue".to_owned(),
        _ => return None,
    };
    Some(Reason::new("no_recent_claims", message).at(situation.last_given_at))
}

/// As many runs as end each second begin each second.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, and never negative"
)]
fn estimate(situation: &Situation) -> Option<UnixMillis> {
    let ahead = situation.ahead? as f64;
    if situation.finished_per_s <= 0.0 {
        return None;
    }
    let wait = (ahead * 1_000.0 / situation.finished_per_s) as u64;
    Some(UnixMillis::new(situation.now.get().saturating_add(wait)))
}
