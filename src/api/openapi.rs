//! The OpenAPI document: made from the routes themselves, so that the two cannot diverge.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

/// What the document says beside the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Taskyard",
        description = "The HTTP control plane for distributed work: submit tasks, claim them from nodes in any language, report results.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This service")),
    components(schemas(super::problem::ProblemBody)),
    tags(
        (name = "tasks", description = "Units of work"),
        (name = "nodes", description = "Workers: they register, heartbeat, claim and report"),
        (name = "queues", description = "Where tasks wait"),
        (name = "service", description = "Whether the service is there and can serve")
    )
)]
pub(super) struct Document;

/// The document, as indented JSON.
pub fn document() -> String {
    let (_, document) = super::routes().split_for_parts();
    document.to_pretty_json().unwrap_or_default()
}

/// GET /openapi.json.
pub(super) async fn get_openapi(State(document): State<std::sync::Arc<str>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], document.to_string()).into_response()
}
