//! GET /v1/tasks: the tasks that fit a filter, a page at a time.

use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TaskView;
use crate::api::json;
use crate::api::openapi::schemas;
use crate::api::page::{PageParams, PageQuery};
use crate::api::problem::{Code, PageProblems, Problem};
use crate::api::state::ApiState;
use crate::domain::task_filter::TaskFilter;
use crate::domain::{NodeId, QueueName, TaskId, TaskState, TaskType, UnixMillis};
use crate::store::ListPlace;

/// Which tasks are asked for: all that is given has to fit.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTasks {
    /// Of this queue.
    #[param(value_type = Option<schemas::Name>)]
    queue: Option<QueueName>,
    /// In this state.
    #[param(value_type = Option<schemas::TaskState>)]
    state: Option<TaskState>,
    /// Of this type.
    #[param(value_type = Option<schemas::Name>)]
    r#type: Option<TaskType>,
    /// With this tag.
    tag: Option<String>,
    /// Of this job.
    #[param(value_type = Option<Uuid>)]
    job_id: Option<String>,
    /// Whose latest attempt is, or was, with this node.
    #[param(value_type = Option<schemas::Name>)]
    node_id: Option<NodeId>,
    /// Stored after this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    created_after: Option<UnixMillis>,
    /// Stored before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    created_before: Option<UnixMillis>,
    /// `full` for tasks with payload and result.
    #[param(value_type = Option<String>, example = "full")]
    view: Option<ListView>,
    #[serde(rename = "limit")]
    #[param(ignore)]
    _limit: Option<String>,
    #[serde(rename = "cursor")]
    #[param(ignore)]
    _cursor: Option<String>,
}

/// How much of each task is shown.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ListView {
    Full,
}

impl FromRequestParts<ApiState> for ListTasks {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        // A filter that is mistyped would otherwise fit every task.
        let Query(query) = Query::<Self>::try_from_uri(&parts.uri).map_err(|error| {
            let detail = error.body_text();
            let detail = detail
                .rsplit_once("string: ")
                .map_or(&*detail, |(_, rest)| rest);
            Problem::new(Code::InvalidRequest, detail)
        })?;
        Ok(query)
    }
}

impl ListTasks {
    fn into_filter(self) -> Result<TaskFilter, Problem> {
        let job_id = self.job_id.map(|text| {
            Uuid::try_parse(&text)
                .map_err(|_| Problem::new(Code::InvalidRequest, "job_id: a job's id is a UUID"))
        });
        Ok(TaskFilter {
            queue: self.queue,
            state: self.state,
            task_type: self.r#type,
            tag: self.tag,
            job_id: job_id.transpose()?,
            node_id: self.node_id,
            created_after: self.created_after,
            created_before: self.created_before,
        })
    }
}

/// One page of a list of tasks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TaskPage<'a> {
    /// In the order of the list; perhaps fewer than `limit`, or none, although more follow.
    items: Vec<TaskView<'a>>,
    /// Where the next page begins: `cursor` of the next request. The last page has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List tasks
///
/// Without payloads and results, unless `view=full`. Those of a job come by their place in it, the last first; those with a
/// tag by the time of their submit, the latest first; the queued ones of one queue and type by their place in the queue; all
/// others by the moment at which they were queued, started, ended or are due: the earliest first between `created_after` and
/// `created_before`, else the latest first. A task that stays where it is comes exactly once. A page may be short, even
/// empty, while it has a `next_cursor`: what a page looks at is bounded. A cursor belongs to its filter; `limit` and `view`
/// may change.
#[utoipa::path(get, path = "/v1/tasks", operation_id = "listTasks", tag = "tasks",
    params(ListTasks, PageParams),
    responses(
        (status = 200, description = "A page of tasks", body = TaskPage),
        PageProblems))]
pub(crate) async fn list_tasks(
    State(state): State<ApiState>,
    query: ListTasks,
    page: PageQuery,
) -> Result<Response, Problem> {
    let view = query.view;
    let filter = query.into_filter()?;
    let list = list_of(&filter);
    let place = page.read(&list, read_place)?;
    let tasks = &state.store.tasks;
    let found = match view {
        None => tasks.list(&filter, place.as_ref(), page.limit).await?,
        Some(ListView::Full) => {
            tasks
                .list_whole(&filter, place.as_ref(), page.limit)
                .await?
        }
    };
    let next = found.next.as_ref();
    Ok(json::ok(&TaskPage {
        items: found
            .tasks
            .iter()
            .map(|task| match view {
                None => TaskView::brief(task),
                Some(ListView::Full) => TaskView::read(task),
            })
            .collect(),
        next_cursor: next
            .map(|place| PageQuery::seal(&list, &format!("{} {}", place.score, place.id))),
    }))
}

/// The list that a cursor belongs to.
fn list_of(filter: &TaskFilter) -> String {
    let digest = Sha256::digest(format!("{filter:?}"));
    let head = digest.iter().take(8);
    head.fold("tasks-".to_owned(), |list, byte| {
        format!("{list}{byte:02x}")
    })
}

fn read_place(text: &str) -> Option<ListPlace> {
    let (score, id) = text.split_once(' ')?;
    let is_id = TaskId::from_compact(id.as_bytes()).is_some();
    let score = score.parse().ok().filter(|_| is_id)?;
    let id = id.to_owned();
    Some(ListPlace { score, id })
}
