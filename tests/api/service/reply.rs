//! What the service has answered.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// The text as JSON, `null` when it is none.
    pub(crate) body: Value,
}

/// The right to report on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Reply {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Status and code: what a failure is told apart by.
    pub(crate) fn failure(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// Where the body is wrong.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array();
        errors
            .into_iter()
            .flatten()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The claimed tasks.
    pub(crate) fn leases(&self) -> Vec<Lease> {
        let tasks = self.body["tasks"].as_array().unwrap();
        tasks
            .iter()
            .map(|task| Lease {
                id: task["id"].as_str().unwrap().to_owned(),
                token: task["lease_token"].as_str().unwrap().to_owned(),
            })
            .collect()
    }

    /// A failure has the whole form of RFC 9457, and what Taskyard adds.
    pub(super) fn check_problem(&self) {
        let (text, body) = (&self.text, &self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], self.status, "{text}");
        assert_eq!(body["type"], format!("/problems/{}", self.code()), "{text}");
        for member in ["title", "detail", "code", "request_id"] {
            let value = body[member].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "{member} is missing: {text}");
        }
        assert!(body["retryable"].is_boolean(), "{text}");
        assert_eq!(body["request_id"], self.header("x-request-id"));
        if self.code() == "validation_failed" {
            assert!(!self.pointers().is_empty(), "{text}");
        }
        let repeats = matches!(self.status, 429 | 503);
        assert_eq!(!self.header("retry-after").is_empty(), repeats, "{text}");
        for secret in ["redis", "ERR ", "panicked", "src/"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
