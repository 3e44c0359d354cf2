//! What the end of a process means for its task.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::value::RawValue;

use super::child::Ending;
use super::held::StopReason;
use super::output::{self, Output, RESULT_LIMIT};
use crate::client::TaskFailure;

/// The exit status by which a handler asks for another attempt (`EX_TEMPFAIL`).
const RETRY_STATUS: i32 = 75;

/// What the service is told about an attempt.
#[derive(Debug)]
pub(super) enum Report {
    /// It succeeded.
    Complete(Option<Box<RawValue>>),
    /// It failed.
    Fail(TaskFailure),
    /// It is given back, at no cost to the task.
    Release,
    /// The lease is gone: there is nobody to tell.
    Nothing,
}

impl Report {
    /// The report that an ending calls for.
    pub(super) fn on(ending: Ending) -> Self {
        match ending {
            Ending::Exited(status, output) => on_exit(status, output),
            Ending::Stopped(StopReason::Cancelled) => {
                for_good("cancelled", "the task was cancelled while it ran")
            }
            Ending::Stopped(StopReason::Lost) => Self::Nothing,
            Ending::Stopped(StopReason::Released) => Self::Release,
            Ending::PastDeadline => retryable("timeout", "stopped at the task's deadline"),
            Ending::NotStarted(error) => retryable(
                "not_started",
                &format!("the command did not start: {error}"),
            ),
        }
    }

    /// The report that stands in for one that the service refuses to store.
    pub(super) fn on_refusal(refusal: &str) -> Self {
        for_good(
            "result_refused",
            &format!("the service refused the result: {refusal}"),
        )
    }

    /// One word for the log.
    pub(super) fn word(&self) -> &str {
        match self {
            Self::Complete(_) => "succeeded",
            Self::Fail(failure) => &failure.code,
            Self::Release => "released",
            Self::Nothing => "lost",
        }
    }
}

fn on_exit(status: ExitStatus, output: Output) -> Report {
    // First: a handler whose output was cut short most often also exits with an error,
    // which would hide the reason.
    if output.stdout.len() > RESULT_LIMIT + 1 {
        return too_large();
    }
    if status.success() {
        return match output::result(output.stdout) {
            Ok(Some(json)) if json.get().len() > RESULT_LIMIT => too_large(),
            Ok(result) => Report::Complete(result),
            Err(error) => for_good("result_unreadable", &error.to_string()),
        };
    }
    let (code, words) = match (status.code(), status.signal()) {
        (Some(code), _) => (format!("exit_{code}"), format!("exited with status {code}")),
        (None, Some(signal)) => (
            format!("signal_{signal}"),
            format!("was ended by signal {signal}"),
        ),
        (None, None) => ("exit_unknown".to_owned(), format!("ended: {status}")),
    };
    let mut message = output::message(&output.stderr_tail);
    if message.is_empty() {
        message = format!("the command {words} and wrote nothing to stderr");
    }
    Report::Fail(TaskFailure {
        code,
        message,
        retryable: status.code() == Some(RETRY_STATUS),
    })
}

fn too_large() -> Report {
    for_good(
        "result_too_large",
        &format!("the command wrote more than the {RESULT_LIMIT} bytes a result may have"),
    )
}

fn for_good(code: &str, message: &str) -> Report {
    failure(code, message, false)
}

fn retryable(code: &str, message: &str) -> Report {
    failure(code, message, true)
}

fn failure(code: &str, message: &str, retryable: bool) -> Report {
    Report::Fail(TaskFailure {
        code: code.to_owned(),
        message: message.to_owned(),
        retryable,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Ending, Output, RESULT_LIMIT, Report};

    fn failure(wait_status: i32, stdout: &[u8], stderr: &str) -> (String, String, bool) {
        let output = Output {
            stdout: stdout.to_vec(),
            stderr_tail: stderr.into(),
        };
        let status = ExitStatus::from_raw(wait_status);
        match Report::on(Ending::Exited(status, output)) {
            Report::Fail(failure) => (failure.code, failure.message, failure.retryable),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_status_75_asks_for_another_attempt() {
        let told = |code: &str, retryable| (code.to_owned(), "no disk".to_owned(), retryable);
        assert_eq!(failure(75 << 8, b"", "no disk\n"), told("exit_75", true));
        assert_eq!(failure(3 << 8, b"", "no disk\n"), told("exit_3", false));
        assert_eq!(failure(9, b"", "no disk\n"), told("signal_9", false));
    }

    #[test]
    fn a_silent_failure_still_has_a_message() {
        let (_, message, _) = failure(1 << 8, b"", "");
        assert_eq!(
            message,
            "the command exited with status 1 and wrote nothing to stderr"
        );
    }

    #[test]
    fn an_oversized_result_fails_for_good_whatever_the_exit() {
        let long = vec![b'x'; RESULT_LIMIT + 2];
        for wait_status in [0, 1 << 8, 13] {
            let (code, _, retryable) = failure(wait_status, &long, "Broken pipe");
            assert_eq!((code.as_str(), retryable), ("result_too_large", false));
        }
        // As a JSON string each quote takes two bytes.
        let quotes = vec![b'"'; RESULT_LIMIT];
        assert_eq!(failure(0, &quotes, "").0, "result_too_large");
    }
}
