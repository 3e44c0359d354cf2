//! POST /v1/tasks/bulk: retries, cancels, deletes or reprioritises many tasks.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use crate::api::json::{self, Json};
use crate::api::openapi::schemas;
use crate::api::operations::OperationView;
use crate::api::problem::{BulkTasksProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::operation::{Action, BulkChange, Selection};
use crate::domain::score::Priority;
use crate::domain::task_filter::TaskFilter;
use crate::domain::{InvalidInput, TaskId};

/// A change of many tasks.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkTasks {
    #[schema(value_type = schemas::BulkAction)]
    action: String,
    /// These tasks; not with `filter` or `all`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 10000)]
    ids: Option<Vec<TaskId>>,
    /// The tasks that fit and are there now.
    #[serde(default)]
    #[schema(value_type = Option<schemas::TaskFilter>)]
    filter: Option<TaskFilter>,
    /// Says that every task is meant, where the filter says nothing.
    #[serde(default)]
    all: Option<bool>,
    /// Only count.
    #[serde(default)]
    dry_run: Option<bool>,
    /// Tasks a second at most; as fast as it goes by default.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    rate_per_s: Option<u32>,
    /// The new priority: for `reprioritise`, and only there.
    #[serde(default)]
    #[schema(minimum = -100, maximum = 100)]
    priority: Option<i64>,
}

impl BulkTasks {
    /// Checks everything that is not a matter of form.
    fn check(self) -> Result<BulkChange, InvalidInput> {
        let priority = self.priority.map(Priority::new).transpose()?;
        let action = Action::from_word(&self.action, priority)?;
        let all = self.all.unwrap_or_default();
        let selection = match (self.ids, self.filter) {
            (Some(_), Some(_)) => {
                return Err(InvalidInput::new("/filter", "ids or a filter, not both"));
            }
            (Some(_), None) if all => {
                return Err(InvalidInput::new("/all", "ids or all, not both"));
            }
            (Some(ids), None) => Selection::Ids(ids),
            (None, filter) => {
                let filter = filter.unwrap_or_default();
                if filter.is_empty() && !all {
                    return Err(InvalidInput::new(
                        "/filter",
                        "a filter that says nothing fits every task: if that is meant, say \"all\": true",
                    ));
                }
                Selection::Filter(filter)
            }
        };
        BulkChange {
            action,
            selection,
            dry_run: self.dry_run.unwrap_or_default(),
            rate_per_s: self.rate_per_s,
        }
        .checked()
    }
}

/// Change many tasks
///
/// An operation begins that does it in the background, whichever replica lives; the answer names it in
/// Location. Tasks that are not in a state for the action are skipped, with the reason. A filter is
/// that of the list of tasks, and fits the tasks that are there now.
#[utoipa::path(post, path = "/v1/tasks/bulk", operation_id = "bulkTasks", tag = "tasks",
    request_body = BulkTasks,
    responses(
        (status = 202, description = "The operation as it begins", body = OperationView,
            headers(("Location" = String, description = "The operation's path"))),
        BulkTasksProblems))]
pub(crate) async fn bulk_tasks(
    State(state): State<ApiState>,
    body: Json<BulkTasks>,
) -> Result<Response, Problem> {
    let change = body.value.check()?;
    let operation = state.store.operations.start(&change).await?;
    let mut response = json::answer(StatusCode::ACCEPTED, &OperationView::from(&operation));
    let location = format!("/v1/operations/{}", operation.id);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
