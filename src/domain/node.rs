//! Nodes and their sessions.

use serde::{Deserialize, Serialize};

use super::egress::Endpoint;
use super::limits::{MAX_CLAIM_QUEUES, MAX_DELAY_MS, MAX_KEY_BYTES};
use super::placement::{Offer, Requirements, Resources, validate_labels, validate_resources};
use super::push::EndpointHealth;
use super::signature::SigningSecret;
use super::tally::Tallies;
use super::task::Labels;
use super::{InvalidInput, NodeId, QueueName, SessionId, TaskType, UnixMillis};

/// How often a node says that it lives, milliseconds.
pub const HEARTBEAT_INTERVAL_MS: u64 = 5_000;
/// Silence after which a node is suspect, milliseconds.
pub const SUSPECT_AFTER_MS: u64 = 15_000;
/// Silence after which a session ends and its tasks go back, milliseconds.
pub const DEAD_AFTER_MS: u64 = 30_000;
/// Most slots a node may declare.
pub const MAX_SLOTS: u32 = 100_000;

/// Sums of fractions may be off by so much of what is asked for.
pub const AMOUNT_SLACK: f64 = 1e-6;

/// What a node says of itself when it registers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registration {
    /// Facts to match requirements against.
    pub labels: Labels,
    /// Tasks it works on at once.
    pub slots: u32,
    /// Amounts it has.
    pub resources: Resources,
    /// Types it takes; empty for all.
    pub types: Vec<TaskType>,
    /// What it can do, in its own words.
    pub performance: Option<Performance>,
    /// The version of its program.
    pub version: Option<String>,
    /// Where its tasks are pushed to, for a node that claims none itself.
    pub push: Option<PushRegistration>,
}

/// How a node gets its tasks without claiming.
#[derive(Debug, Clone, PartialEq)]
pub struct PushRegistration {
    /// Where they are sent.
    pub endpoint: Endpoint,
    /// The queues they come from, in this order.
    pub queues: Vec<QueueName>,
    /// What requests are signed with, when the node names it; it is never read back.
    pub secret: Option<SigningSecret>,
}

/// A node's own measure of itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performance {
    /// Processor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_cores: Option<f64>,
    /// Memory, MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<f64>,
    /// Any figure of merit; higher is faster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<f64>,
}

impl Registration {
    /// Checks names, amounts and slots.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        validate_labels("/labels", &self.labels)?;
        validate_resources("/resources", &self.resources)?;
        if !(1..=MAX_SLOTS).contains(&self.slots) {
            return Err(InvalidInput::new(
                "/slots",
                "slots lies between 1 and 100000",
            ));
        }
        if self.types.len() > 1_000 {
            return Err(InvalidInput::new("/types", "at most 1000 types"));
        }
        let figures = self.performance.iter().flat_map(|performance| {
            [
                performance.cpu_cores,
                performance.memory_mb,
                performance.benchmark,
            ]
        });
        if figures
            .flatten()
            .any(|figure| !figure.is_finite() || figure < 0.0)
        {
            return Err(InvalidInput::new(
                "/performance",
                "performance has numbers of 0 or more",
            ));
        }
        if self
            .version
            .as_ref()
            .is_some_and(|version| version.len() > MAX_KEY_BYTES)
        {
            return Err(InvalidInput::new(
                "/version",
                "version has at most 255 bytes",
            ));
        }
        let queues = self.push.as_ref().map_or(1, |push| push.queues.len());
        if !(1..=MAX_CLAIM_QUEUES).contains(&queues) {
            return Err(InvalidInput::new(
                "/queues",
                "a node has its tasks from 1 to 64 queues",
            ));
        }
        Ok(())
    }

    /// What a node of this name offers to the tasks that wait.
    pub fn offer(&self, node: &NodeId) -> Offer {
        Offer {
            types: self.types.clone(),
            labels: self.labels.clone(),
            resources: self.resources.clone(),
            node: Some(node.clone()),
        }
    }
}

/// How a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Its session lives.
    Ready,
    /// It has missed heartbeats.
    Suspect,
    /// Its session has ended.
    Dead,
    /// It is to get no more tasks, and finishes those it holds.
    Draining,
    /// It is to get no more tasks, and holds none.
    Drained,
    /// It failed far more than its peers, and gets no more tasks until it is resumed.
    Quarantined,
}

impl NodeState {
    /// The state of a node whose session was last heard of so long ago (`None` for no session), as
    /// long as it is not known what it holds. That it drains counts more than how long it has been
    /// silent: whoever waits for it to be drained need not know how it got there.
    pub fn of(silence_ms: Option<u64>, drains: bool, is_quarantined: bool) -> Self {
        match Self::after_silence(silence_ms) {
            _ if drains => Self::Draining,
            Self::Dead => Self::Dead,
            _ if is_quarantined => Self::Quarantined,
            state => state,
        }
    }

    fn after_silence(silence_ms: Option<u64>) -> Self {
        match silence_ms {
            Some(millis) if millis < SUSPECT_AFTER_MS => Self::Ready,
            Some(millis) if millis < DEAD_AFTER_MS => Self::Suspect,
            _ => Self::Dead,
        }
    }
}

/// That a node is to get no more tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// When that was first said.
    pub since: UnixMillis,
    /// When what it still holds goes back.
    pub deadline_at: Option<UnixMillis>,
    /// Why, for people.
    pub reason: Option<String>,
}

/// That a node failed far more than its peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// Since when it gets no more tasks.
    pub since: UnixMillis,
    /// The figures, for people.
    pub reason: String,
}

/// Longest reason, bytes.
const MAX_REASON_BYTES: usize = 1_024;

impl Drain {
    /// Checks what a drain is asked with.
    pub fn validate(deadline_ms: Option<u64>, reason: Option<&str>) -> Result<(), InvalidInput> {
        if deadline_ms.is_some_and(|millis| millis > MAX_DELAY_MS) {
            return Err(InvalidInput::new(
                "/deadline_ms",
                "deadline_ms is at most 366 days",
            ));
        }
        if reason.is_some_and(|reason| reason.len() > MAX_REASON_BYTES) {
            return Err(InvalidInput::new("/reason", "a reason has at most 1 KiB"));
        }
        Ok(())
    }
}

/// How busy a node says it is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Share of its processors in use, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Share of its memory in use, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<f64>,
}

/// A registered node as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// What it said of itself.
    pub registration: Registration,
    /// How it stands.
    pub state: NodeState,
    /// Tasks it holds.
    pub used: u64,
    /// What those take of its resources.
    pub taken: Resources,
    /// There while it is to get no more tasks.
    pub drain: Option<Drain>,
    /// There while it gets no more tasks for its failures.
    pub quarantine: Option<Quarantine>,
    /// What came of its attempts of late.
    pub work: Tallies,
    /// How busy it says it is.
    pub load: Option<Load>,
    /// When it was last heard of.
    pub last_seen: UnixMillis,
    /// When it first registered.
    pub registered_at: UnixMillis,
    /// How its endpoint fares, if it has one.
    pub health: Option<EndpointHealth>,
}

impl Node {
    /// What it offers to the tasks that wait.
    pub fn offer(&self) -> Offer {
        self.registration.offer(&self.id)
    }

    /// Whether it has enough left of what one more task of these requirements takes.
    pub fn has_left_for(&self, requires: &Requirements) -> bool {
        requires.taken().all(|(name, amount)| {
            let has = self
                .registration
                .resources
                .get(name)
                .copied()
                .unwrap_or(0.0);
            let taken = self.taken.get(name).copied().unwrap_or(0.0);
            has - taken >= amount * (1.0 - AMOUNT_SLACK)
        })
    }

    /// The node when it is known how many tasks it holds, and what they take.
    #[must_use]
    pub fn holding(self, used: u64, taken: Resources) -> Self {
        // An endpoint that is left alone is what a node is that has missed heartbeats.
        let fails = self
            .health
            .as_ref()
            .is_some_and(|health| health.open_until.is_some());
        let state = match self.state {
            NodeState::Draining if used == 0 => NodeState::Drained,
            NodeState::Ready if fails => NodeState::Suspect,
            state => state,
        };
        Self {
            state,
            used,
            taken,
            ..self
        }
    }
}

/// A session as a claim sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The node.
    pub node: NodeId,
    /// Its id.
    pub id: SessionId,
    /// How long it lives on without another heartbeat, milliseconds.
    pub remaining_ms: u64,
}
