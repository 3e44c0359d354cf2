//! Exit codes: part of the contract, so that scripts can rely on them.

use std::process::ExitCode;

use super::explain;
use crate::client::ClientError;

/// The end of `--help`.
pub(super) const HELP: &str = "\
Commands that talk to a service find it by --url, TASKYARD_URL or url under [client] in
taskyard.toml, in this order, and send the token in TASKYARD_TOKEN. Their data goes to
stdout (-o json for programs), messages to stderr.

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
    TaskFailed = 6,
    WaitTimedOut = 7,
    Unavailable = 8,
    RateLimited = 9,
}

impl Exit {
    /// The exit code for a call of the service that did not succeed.
    fn of_call(error: &ClientError) -> Self {
        match error.status() {
            Some(status) => Self::of_status(status),
            None if error.is_passing() => Self::Unavailable,
            None => Self::Failure,
        }
    }

    /// The exit code for an HTTP status that is no success.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 | 422 => Self::Usage,
            401 | 403 => Self::NotAllowed,
            404 | 410 => Self::NotFound,
            409 | 412 => Self::Conflict,
            429 => Self::RateLimited,
            500.. => Self::Unavailable,
            _ => Self::Failure,
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

    /// Says it, with what to do where that is known, and turns into the exit code.
    pub(super) fn report(&self) -> ExitCode {
        use std::io::Write;
        let advice = self.cause.downcast_ref().map(explain::advice);
        let mut text = format!("error: {:#}\n", self.cause);
        for line in advice.unwrap_or_default() {
            text = text + "  " + &line + "\n";
        }
        // With stderr closed there is nobody to tell.
        let _ = std::io::stderr().write_all(text.as_bytes());
        ExitCode::from(self.exit as u8)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(cause: anyhow::Error) -> Self {
        let exit = cause.downcast_ref().map_or(Exit::Failure, Exit::of_call);
        Self::new(exit, cause)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::from(anyhow::Error::from(error))
    }
}
