//! Group commit: every request of one kind that waits goes into ONE script call.
//!
//! A lane is one verb in one partition, with a connection of its own and one group in flight;
//! while that one is away the next gathers, so an idle service adds no wait and a busy one
//! pays one round trip for up to 200 requests. There is no timer. Start with [`lane::Lane`].

mod group;
mod lane;
mod slice;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) use lane::{Lane, LaneOptions};
pub(crate) use slice::Slice;

use super::scripts::{self, Script};
use crate::domain::Partition;

/// Most items of one group.
pub(crate) const GROUP_ITEMS: usize = 200;
/// Most bytes of one group; a larger item goes alone.
pub(crate) const GROUP_BYTES: usize = 256 * 1024;
/// Most items of one request that go in one slice; between slices other requests take their turn.
pub(crate) const SLICE_ITEMS: usize = 100;
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
}

impl Verb {
    const COUNT: usize = 8;

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
        }
    }

    /// Whether running a group twice would do harm, so that Redis must remember it.
    fn writes(self) -> bool {
        self != Self::Get
    }
}

/// All lanes of a service; each begins when it is first used.
pub(crate) struct Lanes {
    lanes: Vec<OnceLock<Lane>>,
}

impl Lanes {
    pub(crate) fn new(partitions: u16) -> Self {
        let count = usize::from(partitions) * Verb::COUNT;
        Self {
            lanes: (0..count).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The lane of `verb` in `partition`.
    pub(crate) fn get(
        &self,
        verb: Verb,
        partition: Partition,
        options: impl FnOnce() -> LaneOptions,
    ) -> &Lane {
        let index = usize::from(partition.number()) * Verb::COUNT + verb as usize;
        self.lanes[index].get_or_init(|| Lane::start(verb.script(), verb.writes(), options()))
    }
}

/// What every lane of a service shares.
pub(crate) type Shared = Arc<super::core::Shared>;
