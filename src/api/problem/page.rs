//! The pages that a problem's `type` leads to.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};

use super::{Code, Problem};

/// GET /problems/{code}: what a code means and what to do, as plain text.
pub(crate) async fn show_problem(
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    // A name that is no text names nothing either.
    let code = path
        .ok()
        .and_then(|Path(word)| Code::from_word(&word))
        .ok_or_else(|| Problem::of(Code::NotFound))?;
    let repeat = if code.retryable() {
        "The same request may succeed later."
    } else {
        "The same request will fail again."
    };
    Ok(format!(
        "{}: {}\nHTTP {}\n\n{}\n{repeat}\n",
        code.word(),
        code.title(),
        code.status(),
        code.advice()
    )
    .into_response())
}
