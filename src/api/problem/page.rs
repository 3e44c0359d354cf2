//! The pages that a problem's `type` leads to, and their index.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};

use super::{Code, Problem, ProblemPageProblems};
use crate::api::openapi::schemas;

/// A code in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct ProblemPath {
    /// The `code` of a problem.
    #[param(value_type = schemas::ProblemCode)]
    code: String,
}

/// List the problem codes
///
/// One line a code, as plain text: the HTTP status, where the code is explained, what it means.
#[utoipa::path(get, path = "/problems", operation_id = "listProblems", tag = "service", security(()),
    responses((status = 200, description = "Every code", body = String)))]
pub(crate) async fn list_problems() -> String {
    let line = |code: &Code| {
        format!(
            "{} /problems/{} {}\n",
            code.status(),
            code.word(),
            code.title()
        )
    };
    Code::ALL.iter().map(line).collect::<Vec<_>>().concat()
}

/// Explain a problem code
///
/// What it means and what to do, as plain text. The `type` of every problem leads here.
#[utoipa::path(get, path = "/problems/{code}", operation_id = "getProblem", tag = "service", params(ProblemPath), security(()),
    responses((status = 200, description = "The code's page", body = String), ProblemPageProblems))]
pub(crate) async fn get_problem(
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
