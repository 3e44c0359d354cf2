//! The states of a task and the moves between them.

use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for `run_at`.
    Scheduled,
    /// Waits for the tasks it depends on.
    Blocked,
    /// Claimable now.
    Queued,
    /// Leased to one node.
    Running,
    /// Failed, runs again at `next_run_at`.
    RetryWait,
    /// Final: completed with a result.
    Succeeded,
    /// Final: the dead letter view, with a [`FailureReason`].
    Failed,
    /// Final: cancelled.
    Cancelled,
    /// Final: was not started in time.
    Expired,
}

use TaskState::{
    Blocked, Cancelled, Expired, Failed, Queued, RetryWait, Running, Scheduled, Succeeded,
};

impl TaskState {
    /// Every state, in the order of a task's life.
    pub const ALL: [Self; 9] = [
        Scheduled, Blocked, Queued, Running, RetryWait, Succeeded, Failed, Cancelled, Expired,
    ];

    /// The word that the API shows and Redis keeps.
    pub const fn word(self) -> &'static str {
        match self {
            Scheduled => "scheduled",
            Blocked => "blocked",
            Queued => "queued",
            Running => "running",
            RetryWait => "retry_wait",
            Succeeded => "succeeded",
            Failed => "failed",
            Cancelled => "cancelled",
            Expired => "expired",
        }
    }

    /// The state that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether the run is over; only a redrive leaves a final state.
    pub const fn is_final(self) -> bool {
        matches!(self, Succeeded | Failed | Cancelled | Expired)
    }

    /// Whether one transition leads from `self` to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Scheduled => matches!(next, Queued | Cancelled | Expired),
            Blocked => matches!(next, Queued | Scheduled | Cancelled | Failed),
            Queued => matches!(next, Running | Scheduled | Cancelled | Expired),
            Running => matches!(
                next,
                Succeeded | RetryWait | Failed | Cancelled | Queued | Scheduled
            ),
            RetryWait => matches!(next, Queued | Cancelled | Expired),
            Succeeded | Failed | Cancelled | Expired => matches!(next, Queued | Blocked),
        }
    }
}

/// Why a task ended as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// It failed for a reason outside its attempts, such as a job that was given up.
    Error,
    /// Its worker said that repeating cannot help.
    NonRetryable,
    /// It failed as often as it may.
    AttemptsExhausted,
    /// Its last attempt ran out of time.
    Timeout,
    /// Its nodes died, or its leases ran out, as often as they may.
    Poison,
    /// A task it depends on did not succeed.
    Dependency,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Error,
        Self::NonRetryable,
        Self::AttemptsExhausted,
        Self::Timeout,
        Self::Poison,
        Self::Dependency,
    ];

    /// The word that the API shows and Redis keeps.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::NonRetryable => "non_retryable",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::Timeout => "timeout",
            Self::Poison => "poison",
            Self::Dependency => "dependency",
        }
    }

    /// The reason that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_state_is_left_only_by_a_redrive() {
        for state in TaskState::ALL.into_iter().filter(|state| state.is_final()) {
            for next in TaskState::ALL {
                assert_eq!(
                    state.may_become(next),
                    matches!(next, Queued | Blocked),
                    "{state:?} -> {next:?}"
                );
            }
        }
    }

    #[test]
    fn words_and_states_match_both_ways() {
        for state in TaskState::ALL {
            assert_eq!(TaskState::from_word(state.word()), Some(state));
            assert_eq!(
                serde_json::to_value(state).expect("serialises"),
                state.word()
            );
        }
        for reason in FailureReason::ALL {
            assert_eq!(FailureReason::from_word(reason.word()), Some(reason));
        }
    }
}
