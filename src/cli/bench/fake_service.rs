//! The endpoints that the bench calls, kept in memory: the bench's own tests need no Redis,
//! and the difference to the real service is what the load itself costs.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::Notify;

#[derive(Default)]
struct Fake {
    tasks: Mutex<Tasks>,
    submitted: Notify,
}

#[derive(Default)]
struct Tasks {
    next_id: u64,
    queued: HashMap<String, VecDeque<Task>>,
    running: HashMap<String, String>,
}

struct Task {
    id: String,
    payload: Value,
}

/// Starts the fake on a thread and runtime of its own; its address.
pub(super) fn start() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router()).await.unwrap();
        });
    });
    address
}

fn router() -> Router {
    Router::new()
        .route("/v1/tasks", post(submit).get(list))
        .route("/v1/jobs", post(submit_job))
        .route("/v1/jobs/{id}/tasks", get(list))
        .route("/v1/tasks/batch", post(submit_batch))
        .route("/v1/queues/{name}", put(configure))
        .route("/v1/tasks/{id}/complete", post(complete))
        .route("/v1/nodes/{node}/claim", post(claim))
        .route("/v1/nodes/{node}/exchange", post(exchange))
        .with_state(Arc::new(Fake::default()))
}

/// Limits are for the service to hold: nothing is measured of them here.
async fn configure() -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({})))
}

/// Five tasks, two a page, whatever is asked for.
async fn list(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let page: usize = query.get("cursor").map_or(0, |page| page.parse().unwrap());
    let items = [json!({}), json!({})];
    Json(match page {
        0 | 1 => json!({"items": items, "next_cursor": (page + 1).to_string()}),
        _ => json!({ "items": items[..1] }),
    })
}

async fn submit_job(lines: String) -> (StatusCode, Json<Value>) {
    let lines = lines.lines().count();
    let job = json!({"id": "job-1", "total": lines, "items": lines});
    (StatusCode::CREATED, Json(job))
}

async fn submit(
    State(fake): State<Arc<Fake>>,
    Json(task): Json<Value>,
) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(fake.submit(&task)))
}

async fn submit_batch(State(fake): State<Arc<Fake>>, Json(batch): Json<Value>) -> Json<Value> {
    let tasks = batch["tasks"].as_array().unwrap();
    let results: Vec<Value> = tasks
        .iter()
        .map(|task| json!({"status": 201, "task": fake.submit(task)}))
        .collect();
    Json(json!({ "results": results }))
}

async fn complete(
    State(fake): State<Arc<Fake>>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    if fake.complete(&id, body["lease_token"].as_str().unwrap()) {
        (
            StatusCode::OK,
            Json(json!({"id": id, "state": "succeeded"})),
        )
    } else {
        (StatusCode::CONFLICT, Json(json!({"code": "lease_lost"})))
    }
}

async fn claim(State(fake): State<Arc<Fake>>, Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"tasks": fake.claim(&body).await, "directive": "continue"}))
}

async fn exchange(State(fake): State<Arc<Fake>>, Json(body): Json<Value>) -> Json<Value> {
    let mut results = Vec::new();
    for item in body["complete"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        let completed = fake.complete(id, item["lease_token"].as_str().unwrap());
        results.push(json!({"id": id, "status": if completed { 200 } else { 409 }}));
    }
    let tasks = match body.get("claim") {
        Some(claim) => fake.claim(claim).await,
        None => Vec::new(),
    };
    Json(json!({"results": results, "tasks": tasks, "directive": "continue", "cancel": []}))
}

impl Fake {
    fn submit(&self, task: &Value) -> Value {
        let queue = task["queue"].as_str().unwrap();
        let mut tasks = self.tasks.lock().unwrap();
        tasks.next_id += 1;
        let id = format!("task-{}", tasks.next_id);
        let queued = tasks.queued.entry(queue.to_owned()).or_default();
        queued.push_back(Task {
            id: id.clone(),
            payload: task["payload"].clone(),
        });
        drop(tasks);
        self.submitted.notify_waiters();
        json!({"id": id, "queue": queue, "state": "queued", "created_at": "2026-01-01T00:00:00.000Z"})
    }

    async fn claim(&self, body: &Value) -> Vec<Value> {
        let wait = Duration::from_millis(body["wait_ms"].as_u64().unwrap_or(0));
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let submitted = self.submitted.notified();
            let taken = self.take(body);
            if !taken.is_empty() || tokio::time::timeout_at(deadline, submitted).await.is_err() {
                return taken;
            }
        }
    }

    fn take(&self, body: &Value) -> Vec<Value> {
        let queue = body["queues"][0].as_str().unwrap();
        let max_tasks = usize::try_from(body["max_tasks"].as_u64().unwrap()).unwrap();
        let mut tasks = self.tasks.lock().unwrap();
        let mut taken = Vec::new();
        while taken.len() < max_tasks {
            let Some(task) = tasks.queued.get_mut(queue).and_then(VecDeque::pop_front) else {
                break;
            };
            let lease_token = format!("token-of-{}", task.id);
            tasks.running.insert(task.id.clone(), lease_token.clone());
            taken.push(json!({"id": task.id, "payload": task.payload, "lease_token": lease_token}));
        }
        taken
    }

    fn complete(&self, id: &str, token: &str) -> bool {
        let mut tasks = self.tasks.lock().unwrap();
        tasks.running.remove(id).is_some_and(|held| held == token)
    }
}
