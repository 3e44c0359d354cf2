//! The part of the service that a worker sees, in memory: just enough of the
//! contract, with the faults that a test wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{post, put};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// A service in this process, on a port of its own.
pub(crate) struct FakeService {
    pub(crate) url: String,
    shared: Shared,
}

type Shared = Arc<(Mutex<World>, Notify)>;

/// All that the service knows.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) tasks: HashMap<String, FakeTask>,
    /// How many sessions there have been; the last one is live.
    pub(crate) sessions: usize,
    /// Names of the nodes that are registered now.
    pub(crate) nodes: Vec<String>,
    /// What heartbeats and claims tell nodes.
    pub(crate) directive: Option<&'static str>,
    /// How many reports are still to be answered 503.
    pub(crate) busy_reports: usize,
    /// Whether everything but registering is answered 503.
    pub(crate) away: bool,
    /// How many calls have been answered so.
    pub(crate) refused: usize,
    /// Accepted reports and registrations, in order.
    pub(crate) log: Vec<String>,
}

/// One task.
#[derive(Default)]
pub(crate) struct FakeTask {
    pub(crate) payload: Value,
    pub(crate) state: &'static str,
    pub(crate) attempt: u64,
    pub(crate) result: Option<Value>,
    pub(crate) error: Option<Value>,
    pub(crate) cancel_requested: bool,
    /// How long an attempt may take; zero is an hour.
    pub(crate) timeout: Duration,
    pub(crate) lease: String,
}

impl FakeService {
    pub(crate) async fn start() -> Self {
        let shared: Shared = Arc::default();
        let router = Router::new()
            .route("/v1/nodes/{node}", put(register).delete(leave))
            .route("/v1/nodes/{node}/heartbeat", post(heartbeat))
            .route("/v1/nodes/{node}/claim", post(claim))
            .route("/v1/tasks/{id}/{verb}", post(report))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.0.lock().unwrap()
    }

    pub(crate) fn submit(&self, id: &str, payload: Value) {
        let task = FakeTask {
            payload,
            ..FakeTask::default()
        };
        self.submit_task(id, task);
    }

    pub(crate) fn submit_task(&self, id: &str, mut task: FakeTask) {
        task.state = "queued";
        self.world().tasks.insert(id.to_owned(), task);
        self.shared.1.notify_waiters();
    }

    /// Somebody cancels a task that runs.
    pub(crate) fn cancel(&self, id: &str) {
        let mut world = self.world();
        world.tasks.get_mut(id).unwrap().cancel_requested = true;
    }

    /// Polls until `fact` holds of the world.
    pub(crate) async fn until(&self, what: &str, fact: impl Fn(&World) -> bool) {
        let poll = async {
            while !fact(&self.world()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), poll).await;
        assert!(waited.is_ok(), "never: {what}; log: {:?}", self.world().log);
    }

    pub(crate) async fn until_state(&self, id: &str, state: &str) {
        let reached = |world: &World| world.tasks[id].state == state;
        self.until(&format!("{id} {state}"), reached).await;
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    let body = json!({"status": status.as_u16(), "code": code, "title": code, "retryable": false});
    (status, Json(body)).into_response()
}

async fn register(State(shared): State<Shared>, Path(node): Path<String>) -> Response {
    let mut world = shared.0.lock().unwrap();
    world.sessions += 1;
    world.log.push("register".to_owned());
    world.nodes.push(node);
    Json(json!({
        "session": format!("s{}", world.sessions), "heartbeat_interval_ms": 20,
        "dead_after_ms": 1000, "server_time": jiff::Timestamp::now().to_string(),
    }))
    .into_response()
}

async fn leave(State(shared): State<Shared>, Path(node): Path<String>) -> StatusCode {
    let mut world = shared.0.lock().unwrap();
    world.nodes.retain(|known| *known != node);
    world.log.push("leave".to_owned());
    StatusCode::NO_CONTENT
}

impl World {
    fn is_live(&self, body: &Value) -> bool {
        body["session"] == format!("s{}", self.sessions)
    }

    /// Why a node's call is not served.
    fn refusal(&mut self, body: &Value) -> Option<Response> {
        if self.away {
            self.refused += 1;
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Some(problem(status, "store_unavailable"));
        }
        (!self.is_live(body)).then(|| problem(StatusCode::NOT_FOUND, "node_unknown"))
    }

    fn directive(&self) -> &str {
        self.directive.unwrap_or("continue")
    }

    fn take(&mut self, limit: usize) -> Vec<Value> {
        let sessions = self.sessions;
        let queued = self
            .tasks
            .iter_mut()
            .filter(|(_, task)| task.state == "queued");
        let taken = queued.take(limit).map(|(id, task)| {
            task.state = "running";
            task.attempt += 1;
            task.lease = format!("{id}-s{sessions}-{}", task.attempt);
            let hour = Duration::from_hours(1);
            let timeout = if task.timeout.is_zero() {
                hour
            } else {
                task.timeout
            };
            json!({
                "id": id, "queue": "q", "type": "default", "payload": task.payload,
                "attempt": task.attempt, "lease_token": task.lease, "fence": 7,
                "lease_expires_at": "2100-01-01T00:00:00.000Z",
                "deadline_at": (jiff::Timestamp::now() + timeout).to_string(),
            })
        });
        taken.collect()
    }
}

async fn heartbeat(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.0.lock().unwrap();
    if let Some(refusal) = world.refusal(&body) {
        return refusal;
    }
    let held: Vec<&str> = body["held"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let which = |fact: fn(&FakeTask) -> bool| -> Vec<&str> {
        held.iter()
            .copied()
            .filter(|id| world.tasks.get(*id).is_none_or(fact))
            .collect()
    };
    Json(json!({
        "directive": world.directive(), "next_heartbeat_ms": 20,
        "cancel": which(|task| task.cancel_requested), "lost": which(|task| task.state != "running"),
    }))
    .into_response()
}

async fn claim(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let wait = Duration::from_millis(body["wait_ms"].as_u64().unwrap());
    let limit = usize::try_from(body["max_tasks"].as_u64().unwrap()).unwrap();
    let until = tokio::time::Instant::now() + wait;
    loop {
        let submitted = shared.1.notified();
        tokio::pin!(submitted);
        submitted.as_mut().enable();
        {
            let mut world = shared.0.lock().unwrap();
            if let Some(refusal) = world.refusal(&body) {
                return refusal;
            }
            let draining = world.directive.is_some();
            let tasks = if draining {
                Vec::new()
            } else {
                world.take(limit)
            };
            if draining || !tasks.is_empty() {
                return Json(json!({"tasks": tasks, "directive": world.directive()}))
                    .into_response();
            }
        }
        if tokio::time::timeout_at(until, submitted).await.is_err() {
            return Json(json!({"tasks": [], "directive": "continue"})).into_response();
        }
    }
}

async fn report(
    State(shared): State<Shared>,
    Path((id, verb)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.0.lock().unwrap();
    if world.away || world.busy_reports > 0 {
        world.busy_reports = world.busy_reports.saturating_sub(1);
        return problem(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable");
    }
    let task = world.tasks.get_mut(&id).unwrap();
    if task.state != "running" || body["lease_token"] != task.lease {
        return problem(StatusCode::CONFLICT, "lease_lost");
    }
    task.result = body.get("result").cloned();
    task.error = body.get("error").cloned();
    task.state = match (verb.as_str(), body["retryable"].as_bool()) {
        ("complete", _) => "succeeded",
        ("release", _) => "queued",
        ("fail", _) if task.cancel_requested => "cancelled",
        ("fail", Some(true)) => "retry_wait",
        ("fail", _) => "failed",
        _ => return problem(StatusCode::NOT_FOUND, "not_found"),
    };
    world.log.push(format!("{verb} {id}"));
    Json(json!({"id": id})).into_response()
}
