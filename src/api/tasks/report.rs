//! What reports of nodes are answered with.

use axum::response::Response;

use super::TaskView;
use crate::api::json;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::{LeaseToken, TaskState};
use crate::store::ReportOutcome;

/// The token that a body names. What cannot be a token leases nothing.
pub(super) fn token(text: &str) -> Result<LeaseToken, Problem> {
    LeaseToken::parse(text).ok_or_else(|| Problem::of(Code::LeaseLost))
}

/// The answer to one report: the task as it is now.
pub(super) fn answer(state: &ApiState, outcome: ReportOutcome) -> Result<Response, Problem> {
    if let ReportOutcome::Done {
        task: Some(task), ..
    } = outcome
    {
        return Ok(json::ok(&TaskView::written(&task, state.durability())));
    }
    Err(problem_of(&outcome).unwrap_or_else(|| Problem::of(Code::Internal)))
}

/// The state a report led to, if it counted.
pub(crate) fn status_of(outcome: &ReportOutcome) -> Option<TaskState> {
    match outcome {
        ReportOutcome::Done { state, .. } => Some(*state),
        _ => None,
    }
}

/// Why a report did not count, if it did not.
pub(crate) fn problem_of(outcome: &ReportOutcome) -> Option<Problem> {
    Some(match outcome {
        ReportOutcome::Done { .. } => return None,
        ReportOutcome::LeaseLost => Problem::of(Code::LeaseLost),
        ReportOutcome::NotFound => Problem::of(Code::TaskNotFound),
        ReportOutcome::NotRunning => {
            Problem::new(Code::InvalidState, "only a running task can be released")
        }
        ReportOutcome::TooManyClasses => super::submit::too_many_classes(),
        ReportOutcome::UnknownParent { child, parent } => {
            super::unknown_parent(*parent).under(&format!("/submit/{child}"))
        }
        // The store has placed the queue and asked again: that it is still missing is a fault of ours.
        ReportOutcome::Unplaced => Problem::of(Code::Internal),
    })
}
