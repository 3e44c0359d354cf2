//! What the answer to a push means.

use std::time::Duration;

use crate::domain::Document;
use crate::domain::task::TaskError;

/// What becomes of the task.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is done, with this result.
    Complete(Option<Document>),
    /// The receiver reports later, with the lease token that it was given.
    Later,
    /// It goes back free of charge, and the endpoint is left alone for so long.
    Rest(Duration),
    /// The attempt has failed.
    Fail(TaskError),
}

/// Judges an answer by its status, its `Retry-After` and its body.
pub fn judge(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
    most_bytes: usize,
) -> Verdict {
    match (status, retry_after) {
        (202, _) => Verdict::Later,
        (200..=299, _) => match result(body, most_bytes) {
            Ok(result) => Verdict::Complete(result),
            Err((code, message)) => Verdict::Fail(TaskError {
                code: code.to_owned(),
                message,
                detail: None,
            }),
        },
        (429 | 503, Some(rest)) => Verdict::Rest(rest),
        (300..=399, _) => failure(
            "push_redirected",
            format!("the endpoint answered {status}, and redirects are not followed"),
            status,
            body,
        ),
        _ => failure(
            "push_status",
            format!("the endpoint answered {status}"),
            status,
            body,
        ),
    }
}

/// The result that a body is: JSON if it parses, else a string; none when it is empty.
fn result(body: &[u8], most_bytes: usize) -> Result<Option<Document>, (&'static str, String)> {
    if body.is_empty() {
        return Ok(None);
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Err((
            "push_bad_result",
            "the answer is neither JSON nor text in UTF-8".to_owned(),
        ));
    };
    let string = || Document::of(&text).ok();
    let json = Document::parse(text.to_owned()).filter(|json| !json.is_too_deep());
    let result = json.or_else(string);
    if result
        .as_ref()
        .is_some_and(|result| result.len() > most_bytes)
    {
        return Err((
            "push_result_too_large",
            format!("a result has at most {most_bytes} bytes"),
        ));
    }
    Ok(result)
}

fn failure(code: &str, message: String, status: u16, body: &[u8]) -> Verdict {
    let body = String::from_utf8_lossy(body);
    let mut detail = serde_json::json!({ "status": status });
    if !body.is_empty() {
        detail["body"] = body.into();
    }
    Verdict::Fail(TaskError {
        code: code.to_owned(),
        message,
        detail: Document::of(&detail).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Verdict {
        judge(status, None, body.as_bytes(), 20)
    }

    fn completed(body: &str) -> Option<String> {
        match answered(200, body) {
            Verdict::Complete(result) => result.map(|result| result.as_str().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    fn code(verdict: &Verdict) -> &str {
        match verdict {
            Verdict::Fail(error) => &error.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_success_completes_with_its_body() {
        assert_eq!(completed(r#"{"n": 1}"#).as_deref(), Some(r#"{"n": 1}"#));
        assert_eq!(completed("null").as_deref(), Some("null"));
        assert_eq!(completed("done").as_deref(), Some(r#""done""#));
        assert_eq!(completed("{\"n\":").as_deref(), Some(r#""{\"n\":""#));
        assert_eq!(completed(""), None);
        assert_eq!(answered(204, ""), Verdict::Complete(None));
        assert_eq!(answered(202, "ignored"), Verdict::Later);
    }

    #[test]
    fn a_result_is_bounded_as_it_is_kept() {
        assert!(matches!(
            answered(200, &"x".repeat(18)),
            Verdict::Complete(_)
        ));
        assert_eq!(
            code(&answered(200, &"x".repeat(19))),
            "push_result_too_large"
        );
        assert_eq!(
            code(&judge(200, None, &[0xff, 0xfe], 20)),
            "push_bad_result"
        );
    }

    #[test]
    fn only_a_retry_after_makes_a_rest() {
        let rest = Some(Duration::from_secs(2));
        for status in [429, 503] {
            assert_eq!(
                judge(status, rest, b"", 20),
                Verdict::Rest(Duration::from_secs(2))
            );
            assert_eq!(code(&judge(status, None, b"", 20)), "push_status");
        }
        assert_eq!(code(&judge(500, rest, b"", 20)), "push_status");
    }

    #[test]
    fn a_failure_says_what_was_answered() {
        let Verdict::Fail(error) = answered(500, "oh no") else {
            panic!("no failure");
        };
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("push_status", "the endpoint answered 500")
        );
        assert_eq!(
            error.detail.expect("a detail").as_str(),
            r#"{"body":"oh no","status":500}"#
        );
        assert_eq!(code(&answered(302, "")), "push_redirected");
        for status in [100, 400, 404, 410, 422, 499, 502, 599] {
            assert_eq!(code(&answered(status, "")), "push_status", "{status}");
        }
    }
}
