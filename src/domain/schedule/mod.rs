//! Schedules: rules by which tasks are submitted again and again.
//!
//! [`Rule`] is what a user says, [`timing`] finds the moments that it names, and [`due`] decides
//! which of them are to be fired now, after an outage too, and what becomes of one while the task of
//! an earlier one is unfinished. Nothing here reads a clock: now is an argument, Redis's own. What is
//! stored of a schedule, and the one step that fires, is the store's.

pub mod due;
pub mod timing;

use serde::{Deserialize, Serialize};

use super::{InvalidInput, ScheduleName, TaskId, UnixMillis, task_template::TaskTemplate};
use timing::Timing;

/// Shortest time between two moments of `every_ms`.
pub const MIN_EVERY_MS: u64 = 1_000;
/// Longest time between two moments of `every_ms`: 366 days.
pub const MAX_EVERY_MS: u64 = 366 * 86_400_000;
/// Longest delay that `jitter_ms` may add: an hour.
pub const MAX_JITTER_MS: u64 = 3_600_000;
/// Longest cron expression, bytes.
pub const MAX_CRON_BYTES: usize = 256;

/// What becomes of a moment while the task of an earlier one is unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Nothing: it passes.
    #[default]
    Skip,
    /// A task, as ever.
    Allow,
    /// A task, as soon as the earlier one has finished. One moment waits at most, others pass.
    Queue,
    /// A task, after the earlier one is cancelled.
    CancelRunning,
}

impl Overlap {
    /// Every policy.
    pub const ALL: [Self; 4] = [Self::Skip, Self::Allow, Self::Queue, Self::CancelRunning];
}

/// What becomes of moments that nobody could fire in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// They pass.
    #[default]
    None,
    /// The latest of them is fired.
    One,
    /// The latest 1,000 of them are fired, oldest first.
    All,
}

impl CatchUp {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::None, Self::One, Self::All];
}

/// What became of a schedule's latest moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FireOutcome {
    /// Its task was submitted.
    Fired,
    /// It passed, since an earlier task was unfinished.
    Skipped,
    /// It waits until the earlier task has finished.
    Waiting,
    /// It passed, since nobody could fire it in time.
    Missed,
    /// The queue took no more tasks.
    Refused,
}

impl FireOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [
        Self::Fired,
        Self::Skipped,
        Self::Waiting,
        Self::Missed,
        Self::Refused,
    ];

    /// The word that is stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Skipped => "skipped",
            Self::Waiting => "waiting",
            Self::Missed => "missed",
            Self::Refused => "refused",
        }
    }

    /// The outcome that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// When a schedule fires, as a user says it: `cron` or `every_ms`, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// A cron expression of 5 fields, or 6 with seconds first, or a word as `@daily`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// Milliseconds between two moments, counted from when this was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<u64>,
    /// The IANA time zone in which the cron expression is read.
    pub timezone: String,
    /// What becomes of a moment while an earlier task is unfinished.
    #[serde(default)]
    pub overlap: Overlap,
    /// What becomes of moments that nobody could fire in time.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// A moment is fired up to so many milliseconds late, the same each time it is asked.
    #[serde(default)]
    pub jitter_ms: u64,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            cron: None,
            every_ms: None,
            timezone: "UTC".to_owned(),
            overlap: Overlap::default(),
            catch_up: CatchUp::default(),
            jitter_ms: 0,
        }
    }
}

impl Rule {
    /// Checks everything but whether it ever fires, and says when it does.
    pub fn timing(&self) -> Result<Timing, Vec<InvalidInput>> {
        let mut faults = Vec::new();
        let timing = match (&self.cron, self.every_ms) {
            (Some(cron), None) => Timing::cron(cron, &self.timezone),
            (None, Some(every_ms)) => Timing::every(every_ms, &self.timezone),
            (Some(_), Some(_)) => Err(InvalidInput::new("/every_ms", "cron or every_ms, not both")),
            (None, None) => Err(InvalidInput::new(
                "/cron",
                "cron or every_ms says when it fires",
            )),
        };
        if self.jitter_ms > MAX_JITTER_MS {
            let message = format!("jitter_ms is at most {MAX_JITTER_MS} (an hour)");
            faults.push(InvalidInput::new("/jitter_ms", message));
        }
        match timing {
            Ok(timing) if faults.is_empty() => Ok(timing),
            Ok(_) => Err(faults),
            Err(fault) => {
                faults.insert(0, fault);
                Err(faults)
            }
        }
    }

    /// Whether both name the same moments.
    pub fn fires_like(&self, other: &Self) -> bool {
        (&self.cron, self.every_ms, &self.timezone)
            == (&other.cron, other.every_ms, &other.timezone)
    }
}

/// A schedule as it stands.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name.
    pub name: ScheduleName,
    /// When it fires, and how.
    pub rule: Rule,
    /// What it submits.
    pub task: TaskTemplate,
    /// Whether it lets its moments pass.
    pub paused: bool,
    /// Where `every_ms` is counted from.
    pub anchor: UnixMillis,
    /// The next moment, without jitter; `None` while it is paused, or when there is none any more.
    pub next: Option<UnixMillis>,
    /// The moment that waits until an earlier task has finished, without jitter.
    pub waiting: Option<UnixMillis>,
    /// The moment that was fired last, with jitter; for a trigger, when that was.
    pub last_fire_at: Option<UnixMillis>,
    /// The task of that.
    pub last_task: Option<TaskId>,
    /// What became of the latest moment.
    pub last_outcome: Option<FireOutcome>,
    /// Moments and triggers fired.
    pub fires: u64,
    /// When it was created.
    pub created_at: UnixMillis,
    /// How often it was changed: what was decided for another revision does not hold.
    pub revision: u64,
}

impl Schedule {
    /// A moment with its jitter: when it is fired.
    pub fn with_jitter(&self, moment: UnixMillis) -> UnixMillis {
        due::with_jitter(&self.name, self.rule.jitter_ms, moment)
    }
}
