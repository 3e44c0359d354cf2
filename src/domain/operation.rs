//! Operations: changes of many tasks that go on for a while, with their progress.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::score::Priority;
use super::task_filter::TaskFilter;
use super::{InvalidInput, Partition, TaskId, UnixMillis};

/// How long an operation is shown after its end, milliseconds.
pub const KEEP_MS: u64 = 24 * 3_600 * 1_000;
/// Most tasks that an operation names by their ids.
pub const MAX_IDS: usize = 10_000;
/// Most tasks of one step.
const MAX_STEP: u32 = 200;
/// Steps a second, at a rate that allows for them.
const STEPS_PER_S: u32 = 5;
/// Highest rate.
pub const MAX_RATE_PER_S: u32 = 1_000_000;

/// An operation's id: of the form of a task's, and naming its own partition like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(TaskId);

impl OperationId {
    /// Marks a fresh UUIDv7 with the partition.
    pub fn mint(uuid: Uuid, partition: Partition) -> Self {
        Self(TaskId::mint(uuid, partition))
    }

    /// Reads the hyphenated form that the API shows; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        TaskId::parse(text).map(Self)
    }

    /// Reads the compact form that Redis keys and members carry.
    pub fn from_compact(text: &[u8]) -> Option<Self> {
        TaskId::from_compact(text).map(Self)
    }

    /// 32 lower-case hexadecimal digits: the form in Redis keys and members.
    pub fn compact(self) -> String {
        self.0.compact()
    }

    /// The partition whose keys hold this operation.
    pub fn partition(self) -> Partition {
        self.0.partition()
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for OperationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// What is done to each task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Finished ones run again.
    Retry,
    /// Those that wait end, running ones are told to stop.
    Cancel,
    /// Finished ones are deleted.
    Delete,
    /// They get this priority, and those that wait their place by it.
    Reprioritise(Priority),
}

impl Action {
    /// The words of all actions.
    pub const WORDS: [&str; 4] = ["retry", "cancel", "delete", "reprioritise"];

    /// The word that the API shows and Redis keeps.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::Reprioritise(_) => "reprioritise",
        }
    }

    /// The new priority, of a change of priority.
    pub const fn priority(self) -> Option<Priority> {
        match self {
            Self::Reprioritise(priority) => Some(priority),
            _ => None,
        }
    }

    /// The action that a word names; a priority belongs to `reprioritise`, and to nothing else.
    pub fn from_word(word: &str, priority: Option<Priority>) -> Result<Self, InvalidInput> {
        match (word, priority) {
            ("reprioritise", Some(priority)) => return Ok(Self::Reprioritise(priority)),
            ("reprioritise", None) => {
                return Err(InvalidInput::new(
                    "/priority",
                    "to reprioritise needs a priority",
                ));
            }
            (_, Some(_)) => {
                return Err(InvalidInput::new(
                    "/priority",
                    "a priority belongs to reprioritise alone",
                ));
            }
            (_, None) => {}
        }
        match word {
            "retry" => Ok(Self::Retry),
            "cancel" => Ok(Self::Cancel),
            "delete" => Ok(Self::Delete),
            _ => Err(InvalidInput::new(
                "/action",
                "an action is retry, cancel, delete or reprioritise",
            )),
        }
    }
}

/// Which tasks an operation changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These, each once.
    Ids(Vec<TaskId>),
    /// Those that fit and were there when it began.
    Filter(TaskFilter),
}

/// A change of many tasks that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkChange {
    /// What is done.
    pub action: Action,
    /// To which tasks.
    pub selection: Selection,
    /// Only count.
    pub dry_run: bool,
    /// Tasks a second at most.
    pub rate_per_s: Option<u32>,
}

impl BulkChange {
    /// Checks the numbers, and names each task once.
    pub fn checked(mut self) -> Result<Self, InvalidInput> {
        if self
            .rate_per_s
            .is_some_and(|rate| !(1..=MAX_RATE_PER_S).contains(&rate))
        {
            return Err(InvalidInput::new(
                "/rate_per_s",
                "rate_per_s lies between 1 and 1000000",
            ));
        }
        if let Selection::Ids(ids) = &mut self.selection {
            if !(1..=MAX_IDS).contains(&ids.len()) {
                return Err(InvalidInput::new("/ids", "1 to 10000 ids"));
            }
            let mut seen = HashSet::with_capacity(ids.len());
            ids.retain(|id| seen.insert(*id));
        }
        Ok(self)
    }

    /// Tasks of one step, and the milliseconds between two: together at most the rate.
    pub fn pace(&self) -> (u32, u32) {
        self.rate_per_s.map_or((MAX_STEP, 0), |rate| {
            let size = rate.div_ceil(STEPS_PER_S).clamp(1, MAX_STEP);
            (size, (size * 1_000).div_ceil(rate.max(1)))
        })
    }
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// It goes on.
    Running,
    /// It does nothing until it is resumed.
    Paused,
    /// Final: there is nothing left to do.
    Succeeded,
    /// Final: it was ended; what it did stays.
    Aborted,
}

impl OperationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Running, Self::Paused, Self::Succeeded, Self::Aborted];

    /// The word that the API shows and Redis keeps.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Aborted => "aborted",
        }
    }

    /// The state that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it is over.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Aborted)
    }
}

/// An operation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// What it does.
    pub action: Action,
    /// Which tasks are meant; `None` for those that were named.
    pub filter: Option<TaskFilter>,
    /// Whether it only counts.
    pub dry_run: bool,
    /// Tasks a second at most.
    pub rate_per_s: Option<u32>,
    /// How it stands.
    pub state: OperationState,
    /// Tasks found so far that were named or fit.
    pub matched: u64,
    /// Tasks changed, or, of a dry run, that would be.
    pub done: u64,
    /// Tasks left as they are, by the reason.
    pub skipped: BTreeMap<String, u64>,
    /// Tasks whose record cannot be read.
    pub failed: u64,
    /// When it began.
    pub created_at: UnixMillis,
    /// When it ended.
    pub finished_at: Option<UnixMillis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_to_the_rate() {
        for rate in [1, 2, 3, 7, 10, 99, 1_000, 1_001, 5_000, MAX_RATE_PER_S] {
            let change = BulkChange {
                action: Action::Retry,
                selection: Selection::Filter(TaskFilter::default()),
                dry_run: false,
                rate_per_s: Some(rate),
            };
            let (size, interval) = change.pace();
            let per_s = u64::from(size) * 1_000 / u64::from(interval.max(1));
            assert!(
                per_s <= u64::from(rate),
                "{rate}: {size} each {interval} ms"
            );
            assert!((1..=MAX_STEP).contains(&size));
        }
    }
}
