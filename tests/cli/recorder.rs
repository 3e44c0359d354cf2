//! A service that writes down what it is asked and answers what a test wants: for what a
//! command sends, where that is all there is to see.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::ops::service::{printed, taskyard};

#[derive(Clone)]
struct Answering {
    asked: Arc<Mutex<Vec<String>>>,
    answer: Arc<str>,
}

/// Runs `taskyard` against a service that answers each request with `answer` (204 when
/// empty); what it was asked, as `METHOD PATH BODY`, and what was printed.
pub(crate) async fn asked(arguments: &[&str], answer: &str) -> (Vec<String>, String) {
    let answering = Answering {
        asked: Arc::default(),
        answer: answer.into(),
    };
    let router = Router::new().fallback(record).with_state(answering.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = tokio::spawn(async move { axum::serve(listener, router).await });

    let dir = tempfile::tempdir().unwrap();
    let mut command = taskyard(dir.path());
    command.args(arguments).env("TASKYARD_URL", url);
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    service.abort();
    let asked = answering.asked.lock().unwrap().clone();
    (asked, printed(&output))
}

/// The one request that a command makes.
pub(crate) async fn request(arguments: &[&str]) -> String {
    let (asked, said) = asked(arguments, "{}").await;
    let [one] = &asked[..] else {
        panic!("{arguments:?} asked {asked:?}: {said}");
    };
    one.clone()
}

async fn record(State(answering): State<Answering>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&body).map_or(String::new(), |body: Value| body.to_string());
    let line = format!("{} {} {body}", head.method, head.uri);
    answering
        .asked
        .lock()
        .unwrap()
        .push(line.trim_end().to_owned());
    if answering.answer.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, answering.answer.to_string()).into_response()
}
