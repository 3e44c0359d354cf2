//! A client of the service, which takes no failure for granted.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{LIMIT, Lease, Reply};
use crate::openapi::described;
use crate::support::http_client;

/// Tasks of one request at most.
const BATCH_TASKS: usize = 1_000;

/// A client that takes no failure for granted.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) address: String,
    http: reqwest::Client,
}

impl Caller {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            http: http_client(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
            .timeout(LIMIT)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        self.send(self.request(Method::POST, path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST of text that need not be JSON.
    pub(crate) async fn post_text(&self, path: &str, text: impl Into<String>) -> Reply {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .body(text.into());
        self.send(request).await
    }

    /// Sends it, and checks the answer: that it is as the document says, and the whole form of a failure.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let asked = request.try_clone().and_then(|request| request.build().ok());
        let reply = self.try_send(request).await.unwrap();
        if let Some(asked) = asked {
            described::check(asked.method().as_str(), asked.url().path(), &reply);
        }
        if reply.status >= 400 {
            reply.check_problem();
            let page = reply.body["type"].as_str().unwrap();
            let page = self
                .try_send(self.request(Method::GET, page))
                .await
                .unwrap();
            assert_eq!(page.status, 200, "{} leads nowhere", reply.text);
            assert!(page.text.contains(reply.code()), "{}", page.text);
        }
        reply
    }

    async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Reply> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Reply {
            status,
            headers,
            text,
            body,
        })
    }

    /// Sends a head as it stands, for what no client library would send. The whole answer.
    pub(crate) async fn raw(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let head = format!("{head}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer))
            .await
            .expect("no answer in time")
            .unwrap();
        answer
    }

    /// Submits a task with these members, which has to be taken: its id.
    pub(crate) async fn submit(&self, task: Value) -> String {
        let reply = self.post("/v1/tasks", task).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.id()
    }

    /// A task of queue `q` with every default.
    pub(crate) async fn submit_one(&self) -> String {
        self.submit(json!({"queue": "q"})).await
    }

    /// Submits so many tasks with these members: their ids, in order.
    pub(crate) async fn submit_many(&self, count: usize, task: Value) -> Vec<String> {
        self.submit_all(&vec![task; count]).await
    }

    /// Submits these tasks, each of which has to be taken: their ids, in order.
    pub(crate) async fn submit_all(&self, tasks: &[Value]) -> Vec<String> {
        let mut ids = Vec::with_capacity(tasks.len());
        for batch in tasks.chunks(BATCH_TASKS) {
            let reply = self.post("/v1/tasks/batch", json!({"tasks": batch})).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            for result in reply.body["results"].as_array().unwrap() {
                assert_eq!(result["status"], 201, "{result}");
                ids.push(result["task"]["id"].as_str().unwrap().to_owned());
            }
        }
        ids
    }

    /// Claims one task of queue `q` as node `n`, which has to be there.
    pub(crate) async fn claim_one(&self) -> Lease {
        let mut leases = self.claim("n", json!({"queues": ["q"]})).await;
        assert_eq!(leases.len(), 1);
        leases.remove(0)
    }

    /// Claims as `node`; the claim has to be answered.
    pub(crate) async fn claim(&self, node: &str, claim: Value) -> Vec<Lease> {
        let reply = self.post(&format!("/v1/nodes/{node}/claim"), claim).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.leases()
    }

    /// A task as it is.
    pub(crate) async fn task(&self, id: &str) -> Value {
        let reply = self.get(&format!("/v1/tasks/{id}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    /// Reports on a task: `verb` with the lease and these members.
    pub(crate) async fn report(&self, lease: &Lease, verb: &str, mut body: Value) -> Reply {
        body["lease_token"] = json!(lease.token);
        self.post(&format!("/v1/tasks/{}/{verb}", lease.id), body)
            .await
    }

    /// Registers a node: its session.
    pub(crate) async fn register(&self, node: &str, body: Value) -> String {
        let reply = self.put(&format!("/v1/nodes/{node}"), body).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
        reply.body["session"].as_str().unwrap().to_owned()
    }

    /// Polls a path until its answer is as it has to become.
    pub(crate) async fn until(&self, path: &str, is: impl Fn(&Reply) -> bool) -> Reply {
        let began = Instant::now();
        loop {
            let reply = self.get(path).await;
            if is(&reply) {
                return reply;
            }
            assert!(began.elapsed() < LIMIT, "{path} stays {}", reply.text);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
