//! The only part that knows HTTP. One file a verb, named as in the store and in Lua.
//!
//! [`surface`] is the whole of it on one screen. Around every handler stand [`request`]
//! (request id, admission) and [`problem`] (the form of every failure). It knows the dispatcher
//! only as the handle by which a waiting request is woken.

mod accept;
mod auth;
mod body;
mod budget;
mod endpoint;
mod entity_tag;
mod health;
mod jobs;
mod json;
mod nodes;
mod openapi;
mod operations;
mod page;
mod path;
mod problem;
mod queues;
mod request;
mod schedules;
pub mod state;
mod tasks;
mod wait;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use nodes::task_body;
pub use openapi::{document, document_v30};
pub use problem::unreadable;
use problem::{Code, Problem};
pub use request::Surface;
use state::ApiState;

/// Every documented path.
fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(health::get_health))
        .routes(routes!(health::get_readiness))
        .routes(routes!(problem::list_problems))
        .routes(routes!(problem::get_problem))
        .routes(routes!(tasks::submit_task, tasks::list_tasks))
        .routes(routes!(tasks::submit_tasks))
        .routes(routes!(tasks::bulk_tasks))
        .routes(routes!(
            tasks::get_task,
            tasks::update_task,
            tasks::delete_task
        ))
        .routes(routes!(tasks::list_task_attempts))
        .routes(routes!(tasks::log_task, tasks::list_task_logs))
        .routes(routes!(tasks::run_task_now))
        .routes(routes!(tasks::get_task_result))
        .routes(routes!(tasks::explain_task))
        .routes(routes!(tasks::complete_task))
        .routes(routes!(tasks::fail_task))
        .routes(routes!(tasks::release_task))
        .routes(routes!(tasks::report_progress))
        .routes(routes!(tasks::cancel_task))
        .routes(routes!(tasks::retry_task))
        .routes(routes!(operations::list_operations))
        .routes(routes!(operations::get_operation))
        .routes(routes!(operations::pause_operation))
        .routes(routes!(operations::resume_operation))
        .routes(routes!(operations::abort_operation))
        .routes(routes!(jobs::submit_job))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(jobs::list_job_tasks))
        .routes(routes!(jobs::get_job_results))
        .routes(routes!(jobs::cancel_job))
        .routes(routes!(jobs::retry_job))
        .routes(routes!(nodes::list_nodes))
        .routes(routes!(
            nodes::register_node,
            nodes::get_node,
            nodes::delete_node
        ))
        .routes(routes!(nodes::drain_node))
        .routes(routes!(nodes::resume_node))
        .routes(routes!(nodes::rotate_node_secret))
        .routes(routes!(nodes::heartbeat_node))
        .routes(routes!(nodes::claim_tasks))
        .routes(routes!(nodes::exchange_tasks))
        .routes(routes!(queues::list_queues))
        .routes(routes!(
            queues::get_queue,
            queues::configure_queue,
            queues::merge_queue,
            queues::delete_queue
        ))
        .routes(routes!(queues::get_queue_stats))
        .routes(routes!(queues::pause_queue))
        .routes(routes!(queues::resume_queue))
        .routes(routes!(queues::purge_queue))
        .routes(routes!(queues::rotate_queue_secret))
        .routes(routes!(
            schedules::list_schedules,
            schedules::create_schedule
        ))
        .routes(routes!(schedules::preview_rule))
        .routes(routes!(
            schedules::get_schedule,
            schedules::replace_schedule,
            schedules::update_schedule,
            schedules::delete_schedule
        ))
        .routes(routes!(schedules::preview_schedule))
        .routes(routes!(schedules::pause_schedule))
        .routes(routes!(schedules::resume_schedule))
        .routes(routes!(schedules::trigger_schedule))
}

/// What the service answers to.
pub fn surface(state: ApiState) -> Surface {
    let (router, _) = routes().split_for_parts();
    let text = |document: String| get(openapi::get_openapi).with_state(Arc::from(document));
    let router = router
        .with_state(state)
        .route("/openapi.json", text(document()))
        .route("/openapi-3.0.json", text(document_v30()))
        .route("/docs", get(openapi::docs::redirect))
        .route("/docs/", get(openapi::docs::show_page))
        .route("/docs/{file}", get(openapi::docs::show_file));
    Surface::of(router)
}

/// What answers where the service has no room to serve: 503 `overloaded` to everything.
pub fn overloaded() -> Surface {
    Surface::of(Router::new().fallback(|| async { Problem::not_done(Code::Overloaded) }))
}
