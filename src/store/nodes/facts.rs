//! What a claim must know of its node, remembered for a second so that a claim costs one call.
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

/// Facts by node and since when; `None` for a name that is not registered.
type Remembered = HashMap<NodeId, (Instant, Option<Arc<NodeFacts>>)>;

/// What is remembered of nodes.
#[derive(Default)]
pub(crate) struct FactsCache(Mutex<Remembered>);

impl FactsCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
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
        matches!(self.facts.lock().get(node), Some((_, Some(_))))
    }

    /// A heartbeat was seen: the session's life begins anew.
    pub(crate) fn renew_node(&self, node: &NodeId, session: &SessionId) {
        if let Some((since, Some(facts))) = self.facts.lock().get_mut(node)
            && facts.session.as_ref() == Some(session)
        {
            *since = Instant::now();
            Arc::make_mut(facts).remaining_ms = DEAD_AFTER_MS;
        }
    }
}

impl Nodes {
    /// What is known of a node, at most a second old; `None` for a name that is not registered.
    pub async fn facts(&self, node: &NodeId) -> Result<Option<NodeFacts>, StoreError> {
        let remembered = self.core.facts.lock().get(node).cloned();
        if let Some((since, facts)) = remembered
            && since.elapsed() < FRESH
        {
            return Ok(facts.map(|facts| aged(&facts, since.elapsed())));
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
        remembered.insert(node.clone(), (since, facts.clone()));
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
