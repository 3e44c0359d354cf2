//! What a call can end in, other than its answer.

use std::time::Duration;

use super::Problem;

/// Why a call gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service answered with a problem.
    #[error("{problem}")]
    Refused {
        /// What the service says.
        problem: Box<Problem>,
        /// Its `Retry-After`, where it sent one.
        retry_after: Option<Duration>,
    },
    /// No answer came: not reachable, cut off, or too slow.
    #[error("no answer from the service at {url}")]
    Unreachable {
        /// The service's base URL.
        url: String,
        /// What the connection ended in.
        #[source]
        source: reqwest::Error,
    },
    /// A success whose body is not what this version reads.
    #[error("the service's answer to {call} cannot be read")]
    Unreadable {
        /// Method and path.
        call: String,
        /// Where the body differs.
        #[source]
        source: serde_json::Error,
    },
}

impl ClientError {
    /// The stable code of the problem, such as `lease_lost`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            Self::Unreachable { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// The HTTP status of the problem.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { problem, .. } => Some(problem.status),
            Self::Unreachable { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// Whether the same call may succeed later: the service is busy or away.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused { problem, .. } => matches!(problem.status, 429 | 502 | 503 | 504),
            Self::Unreachable { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }

    /// How long the service asks to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unreachable { .. } | Self::Unreadable { .. } => None,
        }
    }
}
