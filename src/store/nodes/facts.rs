//! What a claim must know of its node, remembered for a second so that a claim costs one call; and what its
//! claims have found.
//!
//! A remembered session may have ended in the meantime: then what it claims is found by the
//! lease's end, as is what a node held that died.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Nodes;
use super::get::{decode_quarantine, decode_registration, decode_work};
use crate::domain::node::{DEAD_AFTER_MS, Registration};
use crate::domain::tally::Tallies;
use crate::domain::{NodeId, SessionId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::core::Core;
use crate::store::lanes::{Slice, Verb};

/// How long facts are believed.
const FRESH: Duration = Duration::from_secs(1);
/// Nodes whose facts are remembered at once; beyond it the memory starts anew.
const REMEMBERED_NODES: usize = 50_000;

/// A registered node, as a claim sees it.
#[derive(Debug, Clone)]
pub struct NodeFacts {
    /// What it said of itself.
    pub registration: Registration,
    /// Its live session.
    pub session: Option<SessionId>,
    /// How long that lives on without another heartbeat, milliseconds.
    pub remaining_ms: u64,
    /// Whether it is to get no more tasks.
    pub draining: bool,
    /// Why it gets no more tasks for its failures.
    pub quarantine: Option<String>,
    /// What came of its attempts of late.
    pub work: Tallies,
}

/// What is remembered of a node.
#[derive(Clone)]
struct Remembered {
    /// When the facts were read.
    since: Instant,
    /// `None` for a name that is not registered.
    facts: Option<Arc<NodeFacts>>,
    /// What its claims have found here, in this session.
    found: Found,
}

/// What the claims of a node have found through this replica.
#[derive(Clone, Copy, Default)]
enum Found {
    #[default]
    Unknown,
    /// Nothing, and it held nothing, at that moment.
    Nothing(Instant),
    /// Tasks, until then.
    Tasks(Instant),
}

impl Remembered {
    fn session(&self) -> Option<&SessionId> {
        self.facts.as_ref()?.session.as_ref()
    }
}

/// What is remembered of nodes.
#[derive(Default)]
pub(crate) struct FactsCache(Mutex<HashMap<NodeId, Remembered>>);

impl FactsCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<NodeId, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Forgets what is known of a node.
    pub(crate) fn forget_node(&self, node: &NodeId) {
        self.facts.lock().remove(node);
    }

    /// Forgets what is known of all nodes.
    pub(crate) fn forget_nodes(&self) {
        self.facts.lock().clear();
    }

    /// Whether a name is known to be that of a registered node.
    pub(crate) fn remembers_node(&self, node: &NodeId) -> bool {
        let remembered = self.facts.lock();
        remembered
            .get(node)
            .is_some_and(|known| known.facts.is_some())
    }

    /// A heartbeat was seen: the session's life begins anew.
    pub(crate) fn renew_node(&self, node: &NodeId, session: &SessionId) {
        if let Some(known) = self.facts.lock().get_mut(node)
            && known.session() == Some(session)
            && let Some(facts) = &mut known.facts
        {
            known.since = Instant::now();
            Arc::make_mut(facts).remaining_ms = DEAD_AFTER_MS;
        }
    }

    /// A claim of the node that was made at that moment has found nothing, and the session holds nothing.
    pub(crate) fn note_nothing(&self, node: &NodeId, session: Option<&SessionId>, asked: Instant) {
        if let Some(known) = self.facts.lock().get_mut(node)
            && known.session() == session
            && !matches!(known.found, Found::Tasks(at) if at >= asked)
        {
            known.found = Found::Nothing(asked);
        }
    }

    /// The node has got tasks.
    pub(crate) fn note_tasks(&self, node: &NodeId) {
        if let Some(known) = self.facts.lock().get_mut(node) {
            known.found = Found::Tasks(Instant::now());
        }
    }

    /// When a claim of the session found here that it holds nothing; `None` when it has got tasks since.
    pub(crate) fn held_nothing_at(
        &self,
        node: &NodeId,
        session: Option<&SessionId>,
    ) -> Option<Instant> {
        match self.facts.lock().get(node) {
            Some(known) if known.session() == session => match known.found {
                Found::Nothing(at) => Some(at),
                Found::Tasks(_) | Found::Unknown => None,
            },
            _ => None,
        }
    }
}

impl Nodes {
    /// What is known of a node, at most a second old; `None` for a name that is not registered.
    pub async fn facts(&self, node: &NodeId) -> Result<Option<NodeFacts>, StoreError> {
        let remembered = self.core.facts.lock().get(node).cloned();
        if let Some(known) = remembered
            && known.since.elapsed() < FRESH
        {
            let age = known.since.elapsed();
            return Ok(known.facts.map(|facts| aged(&facts, age)));
        }
        let since = Instant::now();
        let mut args = Args::default();
        args.push(node.as_str());
        let partition = self.core.partition_of_node(node);
        let slice = Slice::new(args, 1);
        let mut answer = self
            .core
            .one_through_lane(Verb::GetNode, partition, slice)
            .await?;
        let facts = if answer.left() == 0 {
            None
        } else {
            let silence = answer.number()?;
            answer.value()?;
            let mut record = Record::read(answer.value()?)?;
            let session = record
                .take("session")
                .and_then(|text| SessionId::parse(&text))
                .filter(|_| silence >= 0);
            let remaining_ms =
                DEAD_AFTER_MS.saturating_sub(u64::try_from(silence).unwrap_or(DEAD_AFTER_MS));
            let draining = record.take("drain").is_some();
            let quarantine = decode_quarantine(&mut record)?.map(|quarantine| quarantine.reason);
            let work = decode_work(&mut record)?;
            let registration = decode_registration(&mut record)?;
            Some(Arc::new(NodeFacts {
                registration,
                session,
                remaining_ms,
                draining,
                quarantine,
                work,
            }))
        };
        let mut remembered = self.core.facts.lock();
        if remembered.len() >= REMEMBERED_NODES {
            remembered.clear();
        }
        let mut latest = Remembered {
            since,
            facts: facts.clone(),
            found: Found::default(),
        };
        if let Some(before) = remembered.get(node)
            && before.session() == latest.session()
        {
            latest.found = before.found;
        }
        remembered.insert(node.clone(), latest);
        drop(remembered);
        Ok(facts.map(|facts| aged(&facts, since.elapsed())))
    }
}

fn aged(facts: &NodeFacts, age: Duration) -> NodeFacts {
    let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
    NodeFacts {
        remaining_ms: facts.remaining_ms.saturating_sub(age),
        ..facts.clone()
    }
}
