//! Health: whether the process is there, and whether it can serve.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::json;
use super::openapi::schemas;
use super::problem::{Code, Problem, ReadinessProblems};
use super::state::ApiState;

/// Readiness, when it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Readiness {
    /// Always `ready`: what is not ready is a problem.
    status: &'static str,
    /// How safe an acknowledged write is.
    #[schema(value_type = schemas::Durability)]
    durability: &'static str,
    /// Redis has no room for more: submits are refused, work goes on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    store_full: bool,
}

/// Ask whether the process is there
///
/// For liveness probes. It never asks the store.
#[utoipa::path(get, path = "/healthz", operation_id = "getHealth", tag = "service", security(()),
    responses((status = 200, description = "The process is there", body = String)))]
pub(crate) async fn get_health() -> &'static str {
    "ok\n"
}

/// Ask whether the service can serve
///
/// For readiness probes: it asks the store, and names the level of durability in force.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "service", security(()),
    responses((status = 200, description = "It can serve", body = Readiness), ReadinessProblems))]
pub(crate) async fn get_readiness(State(state): State<ApiState>) -> Result<Response, Problem> {
    if state.shutdown.is_cancelled() {
        return Err(Problem::of(Code::ShuttingDown));
    }
    state.store.check().await?;
    Ok(json::ok(&Readiness {
        status: "ready",
        durability: state.durability(),
        store_full: state.store.is_full(),
    }))
}
