//! Exit codes: part of the contract, so that scripts can rely on them.

use std::process::ExitCode;

use crate::client::{BadUrl, ClientError};

/// The end of `--help`.
pub(super) const HELP: &str = "\
Exit codes:
  0  done
  1  failed for another reason
  2  wrong usage, or a setting that cannot be
  3  not found
  4  not allowed
  5  conflict, or not possible in this state
  6  the awaited task failed, was cancelled or expired
  7  the wait timed out
  8  the server cannot be reached or is unavailable
  9  rate limited
  130, 143  ended by a second SIGINT or SIGTERM";

/// How a command that did not succeed ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Failure = 1,
    Usage = 2,
    NotFound = 3,
    NotAllowed = 4,
    Conflict = 5,
    Unavailable = 8,
    RateLimited = 9,
}

impl Exit {
    /// The exit code for a call of the service that did not succeed.
    fn of_call(error: &ClientError) -> Self {
        match error.status() {
            Some(400 | 413 | 415 | 422) => Self::Usage,
            Some(401 | 403) => Self::NotAllowed,
            Some(404 | 410) => Self::NotFound,
            Some(409 | 412) => Self::Conflict,
            Some(429) => Self::RateLimited,
            Some(500..) => Self::Unavailable,
            None if error.is_passing() => Self::Unavailable,
            Some(_) | None => Self::Failure,
        }
    }
}

/// An error on its way to stderr, with the exit code it leads to.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    cause: anyhow::Error,
}

impl Failure {
    pub(super) fn new(exit: Exit, cause: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            cause: cause.into(),
        }
    }

    /// A setting or argument that cannot be.
    pub(super) fn usage(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Usage, cause)
    }

    /// Says it in one line and turns into the exit code.
    pub(super) fn report(&self) -> ExitCode {
        use std::io::Write;
        // With stderr closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "error: {:#}", self.cause);
        ExitCode::from(self.exit as u8)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(cause: anyhow::Error) -> Self {
        let exit = match cause.downcast_ref() {
            Some(error) => Exit::of_call(error),
            None if cause.is::<BadUrl>() => Exit::Usage,
            None => Exit::Failure,
        };
        Self::new(exit, cause)
    }
}
