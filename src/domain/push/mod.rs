//! Pushing: the service sends tasks to an endpoint, as a claim would have given them.
//!
//! An endpoint belongs to a node, which then claims nothing itself, or to a queue, which then needs no
//! node. What an answer means is decided in `verdict`, and whether an endpoint is left alone for a
//! while in `breaker`. Nothing here sends anything: that is `src/dispatcher/push`.

mod breaker;
mod verdict;

use std::fmt;

pub use breaker::{Breaker, Room};
pub use verdict::{Verdict, judge};

use super::egress::Endpoint;
use super::signature::SigningSecret;
use super::{NodeId, QueueName, UnixMillis};

/// Length of the lease of a pushed task, milliseconds. It is renewed while the request is open, and
/// is how long a task stays with a replica that died.
pub const PUSH_LEASE_MS: u64 = 60_000;
/// Most tasks of a queue that are at its target at once, unless the queue says otherwise.
pub const DEFAULT_TARGET_CONCURRENCY: u32 = 10;
/// Most that a queue may say.
pub const MAX_TARGET_CONCURRENCY: u32 = 1_000;
/// How long a secret that was replaced still signs, milliseconds.
pub const BOTH_SECRETS_MS: u64 = 24 * 3_600 * 1_000;

/// Whose tasks are pushed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PushOwner {
    /// A node with an endpoint.
    Node(NodeId),
    /// A queue with a target.
    Queue(QueueName),
}

impl PushOwner {
    /// `node` or `queue`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Node(_) => "node",
            Self::Queue(_) => "queue",
        }
    }

    /// The name of that.
    pub fn name(&self) -> &str {
        match self {
            Self::Node(node) => node.as_str(),
            Self::Queue(queue) => queue.as_str(),
        }
    }

    /// The owner of that kind and name.
    pub fn parse(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "node" => NodeId::parse(name).ok().map(Self::Node),
            "queue" => QueueName::parse(name).ok().map(Self::Queue),
            _ => None,
        }
    }
}

impl fmt::Display for PushOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind(), self.name())
    }
}

/// The name under which tasks of a queue are claimed that go to its target: `target.` and the queue.
///
/// A queue's name may be as long as a node's; of such a long one the beginning stands for it, and a
/// number that tells it from others of the same beginning.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "both consist of what names may, and the second has 117 characters"
)]
pub fn target_node(queue: &QueueName) -> NodeId {
    let whole = format!("target.{queue}");
    let short = || {
        // FNV-1a.
        let hash = queue
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        NodeId::parse(&format!("{}.{hash:016x}", &whole[..100]))
    };
    NodeId::parse(&whole).or_else(|_| short()).expect("a name")
}

/// Where tasks are pushed to.
#[derive(Debug, Clone, PartialEq)]
pub struct PushEndpoint {
    /// Whose tasks.
    pub owner: PushOwner,
    /// Where to.
    pub url: Endpoint,
    /// The queues they come from, in this order.
    pub queues: Vec<QueueName>,
    /// Most tasks of a queue that are there at once; a node's slots say so for a node.
    pub concurrency: u32,
    /// What requests are signed with: the secret, and for a while the one before.
    pub secrets: Vec<SigningSecret>,
    /// How it fares.
    pub health: EndpointHealth,
}

/// How an endpoint fares, as replicas have found and told each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Until when it is left alone.
    pub open_until: Option<UnixMillis>,
    /// How much of that is left, milliseconds.
    pub open_ms: u64,
    /// Failures in a row, when it was opened.
    pub failures: u32,
    /// How often it was left alone because it failed.
    pub opened: u64,
    /// What went wrong last.
    pub error: Option<String>,
}

impl EndpointHealth {
    /// `closed`, `open` or `half_open`: then one push finds out whether it works again.
    pub const fn word(&self) -> &'static str {
        match self.open_until {
            None => "closed",
            Some(_) if self.open_ms > 0 => "open",
            Some(_) => "half_open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_has_a_name_for_its_target() {
        let name = |queue: &str| target_node(&QueueName::parse(queue).expect("a name")).to_string();
        assert_eq!(name("thumbs"), "target.thumbs");
        assert_eq!(name(&"q".repeat(121)).len(), 128);
        let (one, other) = (
            name(&format!("{}a", "q".repeat(127))),
            name(&format!("{}b", "q".repeat(127))),
        );
        assert_eq!((one.len(), other.len()), (117, 117));
        assert_ne!(one, other);
    }
}
