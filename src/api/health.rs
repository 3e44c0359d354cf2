//! Health: whether the process is there, and whether it can serve.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::json;
use super::problem::{Code, Problem};
use super::state::ApiState;

/// Readiness, when it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Readiness {
    status: &'static str,
    /// How safe an acknowledged write is: memory, `disk_soon`, disk or replica.
    durability: &'static str,
    /// Redis has no room for more: submits are refused, work goes on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    store_full: bool,
}

/// GET /healthz: the process answers. Never asks the store.
#[utoipa::path(get, path = "/healthz", operation_id = "getHealth", tag = "service",
    responses((status = 200, description = "The process is there", body = String)))]
pub(crate) async fn get_health() -> &'static str {
    "ok\n"
}

/// GET /readyz: the service can serve, and at which level of durability.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "service",
    responses((status = 200, description = "Ready", body = Readiness)))]
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
