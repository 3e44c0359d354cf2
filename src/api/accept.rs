//! What form of answer a caller accepts. All answers below /v1 are JSON, or lines of it.

use axum::extract::Request;
use axum::http::header;

use super::problem::{Code, Problem};

/// Forms of answers, and the ranges that take them in.
const OFFERED: [&str; 5] = [
    "*/*",
    "application/*",
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
];

/// Refuses a request whose Accept headers leave out everything that an answer can be.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    if !request.uri().path().starts_with("/v1/") {
        return Ok(());
    }
    let mut ranges = request
        .headers()
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|range| !range.trim().is_empty())
        .peekable();
    if ranges.peek().is_none() || ranges.any(takes_an_answer) {
        Ok(())
    } else {
        Err(Problem::of(Code::NotAcceptable))
    }
}

/// Whether a media range, with its parameters, covers a form and does not give it the weight 0.
fn takes_an_answer(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let form = parts.next().unwrap_or_default().to_ascii_lowercase();
    let refused = parts.any(|part| {
        part.strip_prefix("q=")
            .and_then(|weight| weight.parse::<f32>().ok())
            .is_some_and(|weight| weight <= 0.0)
    });
    !refused && OFFERED.contains(&form.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_json_or_do_not() {
        for range in [
            "*/*",
            " application/json; q=0.5",
            "Application/*",
            "application/x-ndjson",
        ] {
            assert!(takes_an_answer(range), "{range}");
        }
        for range in [
            "text/html",
            "application/xml",
            "application/json;q=0",
            "*/*; q=0.0",
        ] {
            assert!(!takes_an_answer(range), "{range}");
        }
    }
}
