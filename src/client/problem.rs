//! The problem+json body (RFC 9457) of every answer that is not a success.

use std::fmt;

use serde::Deserialize;

/// What went wrong, as the service tells it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable code, such as `lease_lost`; empty when something other than the
    /// service answered (a proxy).
    pub code: String,
    /// The sentence for this kind of problem.
    pub title: String,
    /// What to mend in this very request.
    pub detail: Option<String>,
    /// Whether the same request may do better later.
    pub retryable: bool,
    /// The id to look for in the service's log.
    pub request_id: Option<String>,
    /// Of a write that was answered 503: whether it may have been done (`none`, `unknown`).
    pub outcome: Option<String>,
    /// One entry for each field that is wrong (status 422).
    pub errors: Vec<FieldError>,
}

/// One wrong field of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FieldError {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

impl Problem {
    /// Reads the body of an unsuccessful answer. A body that is no problem+json
    /// still gives a problem with the status, since a proxy may have answered.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let mut problem: Self = serde_json::from_slice(body).unwrap_or_default();
        problem.status = status;
        if problem.code.is_empty() {
            problem.title = format!("HTTP status {status}");
            problem.retryable = matches!(status, 429 | 502 | 503 | 504);
        }
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        let detail = self.detail.as_deref().unwrap_or_default();
        if !detail.is_empty() {
            write!(f, ": {detail}")?;
        }
        // The detail often is the first of them.
        for error in &self.errors {
            if !detail.contains(&error.message) {
                write!(f, "; {} {}", error.pointer, error.message)?;
            }
        }
        match (self.code.as_str(), &self.request_id) {
            ("", _) => Ok(()),
            (code, None) => write!(f, " ({code})"),
            (code, Some(id)) => write!(f, " ({code}, request {id})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn reads_and_tells_a_problem() {
        let body = br#"{"type":"/problems/validation_failed","title":"Not valid","status":422,
            "detail":"One field is wrong","code":"validation_failed","retryable":false,
            "request_id":"r1","errors":[{"pointer":"/slots","message":"must be at least 1"}]}"#;
        let problem = Problem::read(422, body);
        assert_eq!(
            problem.to_string(),
            "Not valid: One field is wrong; /slots must be at least 1 (validation_failed, request r1)"
        );
    }

    #[test]
    fn a_proxy_page_is_a_problem_with_its_status() {
        let problem = Problem::read(502, b"<html>Bad gateway</html>");
        assert!(problem.retryable);
        assert_eq!(problem.to_string(), "HTTP status 502");
    }
}
