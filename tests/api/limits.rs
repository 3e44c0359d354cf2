//! What one service holds at once and how long it waits for a client, on raw sockets: each bound
//! is told in a problem, and nothing of the refused is kept.

use serde_json::{Value, json};
use taskyard::domain::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::service::{Api, LIMIT};

/// A connection that sends what it is told.
struct Raw(TcpStream);

impl Raw {
    async fn connect(api: &Api) -> Self {
        Self(TcpStream::connect(&api.address).await.unwrap())
    }

    /// Begins a submit with a body of so many bytes.
    async fn begin_submit(api: &Api, length: usize) -> Self {
        let mut raw = Self::connect(api).await;
        raw.send(&format!(
            "POST /v1/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
        ))
        .await;
        raw
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// What comes until the service closes the connection: status, code and the body.
    async fn refusal(mut self) -> (u16, String, Value) {
        let mut text = String::new();
        tokio::time::timeout(LIMIT, self.0.read_to_string(&mut text))
            .await
            .expect("the connection stays open")
            .unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("application/problem+json"), "{text}");
        let body: Value = serde_json::from_str(body).unwrap();
        (status, body["code"].as_str().unwrap().to_owned(), body)
    }
}

#[tokio::test]
async fn a_body_that_stalls_or_trickles_is_408_and_the_end() {
    let api = Api::with(Limits {
        body_ms: 200,
        ..Limits::default()
    })
    .await;
    let stalled = Raw::begin_submit(&api, 1_000).await;
    let (status, code, body) = stalled.refusal().await;
    assert_eq!((status, code.as_str()), (408, "request_timeout"));
    assert_eq!(body["retryable"], true);

    let mut trickling = Raw::begin_submit(&api, 1_000_000).await;
    let trickle = async {
        // Ends when the service has closed the connection.
        while trickling.0.write_all(b" ").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            if trickling.0.try_read(&mut [0; 12]).is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, trickle)
        .await
        .expect("a trickle holds its connection");
    // In time, the same is taken.
    api.submit_one().await;
}

#[tokio::test]
async fn bodies_beyond_what_the_service_holds_are_503_overloaded() {
    let api = Api::with(Limits {
        in_flight_bytes: 300_000,
        ..Limits::default()
    })
    .await;
    let mut first = Raw::begin_submit(&api, 200_000).await;
    first.send(&" ".repeat(199_000)).await;
    let body = json!({"queue": "q", "payload": "x".repeat(150_000)});
    // The first may not have come in yet.
    let refused = loop {
        let reply = api.post("/v1/tasks", body.clone()).await;
        if reply.status != 201 {
            break reply;
        }
    };
    assert_eq!(refused.failure(), (503, "overloaded"));
    assert_eq!(refused.body["outcome"], "none");
    // What is announced and not sent takes no room, and small requests find theirs.
    let _announced = Raw::begin_submit(&api, 8_000_000).await;
    api.submit_one().await;
    // A client that goes away gives its share back.
    drop(first);
    while api.post("/v1/tasks", body.clone()).await.status != 201 {}
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431() {
    let api = Api::start().await;
    let many = "x-many: 1\r\n".repeat(101);
    let long = format!("x-long: {}\r\n", "x".repeat(17_000));
    for headers in [many, long] {
        let raw = format!("GET /v1/queues HTTP/1.1\r\nhost: localhost\r\n{headers}");
        let answer = api.raw(raw.trim_end()).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("headers_too_large"), "{answer}");
    }
    let fits = "x-many: 1\r\n".repeat(90);
    let raw = format!("GET /v1/queues HTTP/1.1\r\nhost: localhost\r\n{fits}");
    let answer = api.raw(raw.trim_end()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn connections_beyond_the_limit_are_503_overloaded() {
    let api = Api::with(Limits {
        connections: 1,
        ..Limits::default()
    })
    .await;
    let mut first = Raw::connect(&api).await;
    first
        .send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    first.0.readable().await.unwrap();
    let mut second = Raw::connect(&api).await;
    second
        .send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let (status, code, body) = second.refusal().await;
    assert_eq!((status, code.as_str()), (503, "overloaded"));
    assert_eq!(body["outcome"], "none");
}

#[tokio::test]
async fn waits_beyond_the_limit_are_429_too_many_waiters() {
    let api = Api::with(Limits {
        waiters: 1,
        ..Limits::default()
    })
    .await;
    let id = api.submit(json!({"queue": "other"})).await;
    let claim = json!({"queues": ["q"], "wait_ms": 20_000});
    let beyond = async {
        api.until_a_claim_waits().await;
        let second = api.post("/v1/nodes/m/claim", claim.clone()).await;
        assert_eq!(second.failure(), (429, "too_many_waiters"));
        let read = api.get(&format!("/v1/tasks/{id}?wait_ms=20000")).await;
        assert_eq!(read.failure(), (429, "too_many_waiters"));
        // Who does not wait is served.
        let none = api.claim("m", json!({"queues": ["q"]})).await;
        assert!(none.is_empty());
        api.submit_one().await;
    };
    let (leases, ()) = tokio::join!(api.claim("n", claim.clone()), beyond);
    assert_eq!(leases.len(), 1);
    // Its place is free again.
    let wait = json!({"queues": ["q"], "wait_ms": 1});
    assert!(api.claim("n", wait).await.is_empty());
}
