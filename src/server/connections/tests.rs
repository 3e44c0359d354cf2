use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

const PATIENCE: Patience = Patience {
    head: Duration::from_millis(100),
    idle: Duration::from_secs(10),
    answer: Duration::from_millis(200),
    farewell: Duration::ZERO,
    stop: Duration::from_millis(100),
};
/// Connections at once.
const MOST: usize = 2;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn start() -> (TcpStream, CancellationToken, JoinHandle<usize>) {
    start_with(Arc::default(), PATIENCE).await
}

/// Serves `/` at once, `/slow` after twice the time for a head, `/never` never and tells when a
/// request for it has arrived; `/large` is more than sockets hold, `/refuse` reads no body.
async fn start_with(
    arrived: Arc<Notify>,
    patience: Patience,
) -> (TcpStream, CancellationToken, JoinHandle<usize>) {
    let never = async move || {
        arrived.notify_one();
        std::future::pending::<()>().await;
    };
    let router = Router::new()
        .route("/", get(|| async { "done" }))
        .route(
            "/slow",
            get(|| async { tokio::time::sleep(PATIENCE.head * 2).await }),
        )
        .route("/never", get(never))
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/refuse", post(refuse));
    let surface = Surface::of(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let served = tokio::spawn(async move { serve(listener, surface, MOST, &stop, patience).await });
    (client, shutdown, served)
}

async fn refuse() -> Response<Body> {
    let refusal = Response::builder().status(413);
    refusal.body(Body::empty()).unwrap()
}

async fn answer(client: &mut TcpStream) -> String {
    let mut buffer = [0; 1024];
    let length = client.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn an_unfinished_head_is_cut_off() {
    for sent in [
        &b""[..],
        b"GET / HT",
        b"GET / HTTP/1.1\r\nhost: localhost\r\n",
    ] {
        // Nothing but the time for a head ends it.
        let patience = Patience {
            idle: Duration::from_hours(1),
            ..PATIENCE
        };
        let (mut client, _shutdown, _served) = start_with(Arc::default(), patience).await;
        client.write_all(sent).await.unwrap();
        let mut rest = Vec::new();
        // Closed or reset: both end it.
        let ended = client.read_to_end(&mut rest);
        let ended = tokio::time::timeout(Duration::from_mins(1), ended).await;
        assert!(ended.is_ok(), "{sent:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_and_a_slow_answer_are_not() {
    let (mut client, _shutdown, _served) = start().await;
    for _ in 0..2 {
        client.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut client).await.ends_with("done"));
        tokio::time::sleep(PATIENCE.head * 2).await;
    }
    client
        .write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    assert!(answer(&mut client).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_kept_connection_is_watched_again_at_its_next_head() {
    let (mut client, _shutdown, _served) = start().await;
    client.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut client).await.ends_with("done"));
    let started = Instant::now();
    client.write_all(b"GET /").await.unwrap();
    let _ = client.read_to_end(&mut Vec::new()).await;
    assert!(started.elapsed() < PATIENCE.idle / 2);
}

#[tokio::test]
async fn a_stop_waits_for_answers_but_not_for_ever() {
    let (mut client, shutdown, served) = start().await;
    client.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut client).await.ends_with("done"));
    shutdown.cancel();
    assert_eq!(served.await.unwrap(), 0);

    let arrived = Arc::new(Notify::new());
    let (mut client, shutdown, served) = start_with(arrived.clone(), PATIENCE).await;
    client
        .write_all(b"GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    arrived.notified().await;
    shutdown.cancel();
    assert_eq!(served.await.unwrap(), 1);
}

/// Everything that comes until the connection ends.
async fn rest(client: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so_until_there_is_room() {
    let (first, _shutdown, _served) = start().await;
    let address = first.peer_addr().unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut second).await.ends_with("done"));

    let mut third = TcpStream::connect(address).await.unwrap();
    third.write_all(REQUEST).await.unwrap();
    let refusal = rest(&mut third).await;
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    assert!(refusal.contains("application/problem+json"), "{refusal}");
    assert!(refusal.contains("\"code\":\"overloaded\""), "{refusal}");
    assert!(refusal.contains("retry-after: "), "{refusal}");

    drop(second);
    loop {
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(REQUEST).await.unwrap();
        if answer(&mut next).await.ends_with("done") {
            break;
        }
    }
}

#[tokio::test]
async fn what_no_handler_sees_is_refused_in_the_same_form() {
    let without_end = "x".repeat(300_000);
    for (sent, status, code) in [
        (
            format!("GET / HTTP/1.1\r\na: {without_end}"),
            431,
            "headers_too_large",
        ),
        (
            format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(300)),
            431,
            "headers_too_large",
        ),
        (format!("GET /{without_end}"), 431, "headers_too_large"),
        ("hello\r\n\r\n".to_owned(), 400, "invalid_request"),
        (
            "GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(),
            400,
            "invalid_request",
        ),
    ] {
        let (mut client, _shutdown, _served) = start().await;
        // It may not be the first request.
        client.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut client).await.ends_with("done"));
        client.write_all(sent.as_bytes()).await.unwrap();
        let refusal = rest(&mut client).await;
        let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("application/problem+json"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], code, "{problem}");
        let id = problem["request_id"].as_str().unwrap();
        assert!(head.contains(&format!("x-request-id: {id}")), "{refusal}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_is_not_used_is_closed() {
    let patience = Patience {
        idle: Duration::from_millis(100),
        ..PATIENCE
    };
    let (mut client, _shutdown, _served) = start_with(Arc::default(), patience).await;
    client.write_all(REQUEST).await.unwrap();
    assert!(rest(&mut client).await.ends_with("done"));
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends_the_connection() {
    let (mut client, shutdown, served) = start().await;
    client
        .write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    client.readable().await.unwrap();
    tokio::time::sleep(PATIENCE.answer * 2).await;
    shutdown.cancel();
    assert_eq!(served.await.unwrap(), 0, "it was cut off by the stop only");
}

#[tokio::test]
async fn a_refusal_arrives_although_the_body_is_still_being_sent() {
    let (mut client, _shutdown, _served) = start().await;
    client
        .write_all(b"POST /refuse HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4000000\r\n\r\n")
        .await
        .unwrap();
    client.readable().await.unwrap();
    // The refusal is there; what is sent now must not turn it into a reset.
    client.write_all(&vec![b'x'; 1_000_000]).await.unwrap();
    let refusal = answer(&mut client).await;
    assert!(refusal.starts_with("HTTP/1.1 413 "), "{refusal}");
}

#[tokio::test]
async fn every_answer_after_the_stop_ends_its_connection() {
    let (mut client, shutdown, served) = start_with(
        Arc::default(),
        Patience {
            farewell: Duration::from_secs(1),
            ..PATIENCE
        },
    )
    .await;
    client.write_all(REQUEST).await.unwrap();
    let before = answer(&mut client).await;
    assert!(!before.contains("connection: close"), "{before}");
    shutdown.cancel();
    client.write_all(REQUEST).await.unwrap();
    let after = rest(&mut client).await;
    assert!(after.ends_with("done"), "{after}");
    assert!(after.contains("connection: close"), "{after}");
    assert_eq!(served.await.unwrap(), 0);
}
