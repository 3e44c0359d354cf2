//! The OpenAPI document: made from the routes themselves, so that the two cannot diverge.
//!
//! What an operation is stands beside its handler; the problems it may answer with stand in
//! `api/problem/responses.rs`, its examples in `examples/` of the handler's folder. Here is what
//! all of them share: [`schemas`] gives domain types their form, [`finish`] makes the document fit
//! for generators of clients, [`v30`] says the same in OpenAPI 3.0, [`docs`] shows it to people.

pub(super) mod docs;
mod examples;
mod finish;
pub(super) mod schemas;
mod v30;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::OpenApi;

/// What the document says beside the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Taskyard",
        description = "The HTTP control plane for distributed work: submit tasks, claim them from nodes in any language, report results.\n\n\
            Times are UTC in RFC 3339 with milliseconds; durations are whole numbers whose unit ends the name. In requests a null stands for \
            an absent member, save in payloads and results; in answers absent members are left out. Clients ignore members and words they do \
            not know.\n\n\
            Every failure is application/problem+json (RFC 9457) with a stable `code`; /problems lists the codes. 429 and 503 name in \
            Retry-After when to repeat the request.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This service")),
    components(schemas(super::problem::ProblemBody)),
    tags(
        (name = "tasks", description = "Units of work"),
        (name = "jobs", description = "Data sets cut into tasks and gathered again"),
        (name = "nodes", description = "Workers: they register, heartbeat, claim and report"),
        (name = "queues", description = "Where tasks wait"),
        (name = "operations", description = "Changes of many tasks, which go on for a while"),
        (name = "schedules", description = "Rules by which tasks are submitted again and again"),
        (name = "service", description = "Whether the service is there and can serve, and what its problems mean")
    )
)]
pub(super) struct Document;

/// The document (OpenAPI 3.1), as indented JSON.
pub fn document() -> String {
    print(&finished())
}

/// The same in OpenAPI 3.0.3, for tools that cannot read 3.1, as indented JSON.
pub fn document_v30() -> String {
    print(&v30::convert(finished()))
}

fn finished() -> Value {
    let (_, document) = super::routes().split_for_parts();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["security"] = json!([{ "bearer": [] }, {}]);
    document["components"]["securitySchemes"] = json!({ "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "In open mode, which is for loopback alone, requests carry no token.",
    }});
    finish::finish(&mut document);
    document
}

fn print(document: &Value) -> String {
    format!("{document:#}")
}

/// GET /openapi.json and /openapi-3.0.json.
pub(super) async fn get_openapi(State(document): State<std::sync::Arc<str>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], document.to_string()).into_response()
}
