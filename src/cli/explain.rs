//! What to do about a call that failed: the lines below the error.

use crate::client::{ClientError, Problem};

/// A line each; none where the error says it all.
pub(super) fn advice(error: &ClientError) -> Vec<String> {
    match error {
        ClientError::Refused {
            problem,
            retry_after,
        } => {
            let mut lines: Vec<String> = outcome(problem).map(str::to_owned).into_iter().collect();
            if let Some(seconds) = retry_after.map(|pause| pause.as_secs()) {
                lines.push(format!("try again in {seconds} s"));
            }
            lines
        }
        ClientError::Unreachable { .. } => vec![
            "is it running? `taskyard serve` starts it; --url or TASKYARD_URL names another"
                .to_owned(),
        ],
        ClientError::Unreadable { .. } => {
            vec!["is that a Taskyard, and not older than this program?".to_owned()]
        }
    }
}

fn outcome(problem: &Problem) -> Option<&'static str> {
    match problem.outcome.as_deref()? {
        "none" => Some("nothing was done"),
        "unknown" => Some("it may have been done: look, or send it again with the same key"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_refusal_tells_what_was_done_and_when_to_come_back() {
        let problem = serde_json::from_str(
            r#"{"status": 503, "title": "The store is away", "code": "store_unavailable",
                "outcome": "unknown"}"#,
        );
        let error = ClientError::Refused {
            problem: Box::new(problem.unwrap()),
            retry_after: Some(Duration::from_secs(2)),
        };
        assert_eq!(
            advice(&error),
            [
                "it may have been done: look, or send it again with the same key",
                "try again in 2 s",
            ]
        );
    }
}
