//! Group commit: every request of one kind that waits goes into ONE script call.
//!
//! A lane serves one verb in one partition, with one group in flight; while that one is away the next
//! gathers, so an idle service adds no wait and a busy one pays one call for up to 200 requests.
//! Lanes send together, in beats, over one connection; a verb has a lane in each of two. There is no
//! timer. Start with [`lane::Lane`].

mod beat;
mod group;
mod lane;
mod slice;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lane::Lane;
pub(crate) use slice::{Slice, cut};

use self::beat::Beat;
use self::worker::WorkerOptions;
use super::core::Shared;
use super::scripts::{self, Script};
use super::wire::Wire;
use crate::domain::Partition;

/// Most items of one group.
pub(crate) const GROUP_ITEMS: usize = 200;
/// Most bytes of one group; a larger item goes alone.
const GROUP_BYTES: usize = 256 * 1024;
/// Most items of one request that go in one slice; between slices other requests take their turn.
const SLICE_ITEMS: usize = 100;
/// Requests that may wait in one lane; more are refused at once.
pub(crate) const LANE_QUEUE: usize = 4_096;
/// How long a request waits for its answer before the caller is told.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);

/// The verbs that have lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Submit,
    Claim,
    Complete,
    /// Complete, where a full Redis is to refuse it.
    CompleteLarge,
    Fail,
    Release,
    Progress,
    Get,
    GetNode,
}

impl Verb {
    const COUNT: usize = 9;

    fn script(self) -> &'static Script {
        match self {
            Self::Submit => &scripts::SUBMIT,
            Self::Claim => &scripts::CLAIM,
            Self::Complete => &scripts::COMPLETE,
            Self::CompleteLarge => &scripts::COMPLETE_LARGE,
            Self::Fail => &scripts::FAIL,
            Self::Release => &scripts::RELEASE,
            Self::Progress => &scripts::PROGRESS,
            Self::Get => &scripts::GET_TASK,
            Self::GetNode => &scripts::GET_NODE,
        }
    }

    /// Whether running a group twice would do harm, so that Redis must remember it.
    fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::GetNode)
    }
}

/// The lanes of a verb in a partition, one in each of two beats: requests go to them in turn, so that
/// one half is under way while the other gets ready.
#[derive(Default)]
struct Pair {
    lanes: [OnceLock<Lane>; 2],
    turn: AtomicUsize,
    down: Arc<AtomicBool>,
}

/// All lanes of a service; each begins when it is first used.
pub(crate) struct Lanes {
    pairs: Vec<Pair>,
    shared: Arc<Shared>,
    wire: Arc<Wire>,
    /// Two for all partitions, or for each where they are on servers of their own.
    beats: Vec<OnceLock<Beat>>,
}

impl Lanes {
    pub(crate) fn new(partitions: u16, shared: Arc<Shared>) -> Self {
        let count = usize::from(partitions) * Verb::COUNT;
        let beats = if shared.address.is_cluster() {
            partitions
        } else {
            1
        };
        Self {
            pairs: (0..count).map(|_| Pair::default()).collect(),
            wire: Arc::new(Wire::new(Arc::clone(&shared))),
            beats: (0..2 * beats).map(|_| OnceLock::new()).collect(),
            shared,
        }
    }

    /// The next lane of `verb` in `partition`, whose keys begin with `prefix`; or always the same one.
    pub(crate) fn get(
        &self,
        verb: Verb,
        partition: Partition,
        prefix: &str,
        always_the_same: bool,
    ) -> &Lane {
        let pair = &self.pairs[usize::from(partition.number()) * Verb::COUNT + verb as usize];
        let side = if always_the_same {
            0
        } else {
            pair.turn.fetch_add(1, Ordering::Relaxed) % 2
        };
        pair.lanes[side].get_or_init(|| {
            // A connection that waits for a replica serves nobody else meanwhile.
            let wire = if self.shared.replicated {
                Arc::new(Wire::new(Arc::clone(&self.shared)))
            } else {
                Arc::clone(&self.wire)
            };
            let options = WorkerOptions {
                script: verb.script(),
                remembers: verb.writes(),
                shared: Arc::clone(&self.shared),
                wire,
                prefix: prefix.to_owned(),
            };
            let beat = (2 * usize::from(partition.number()) + side) % self.beats.len();
            let beat = self.beats[beat].get_or_init(Beat::start);
            Lane::start(options, Arc::clone(&pair.down), beat)
        })
    }
}
