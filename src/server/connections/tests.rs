use std::time::Instant;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

const PATIENCE: Patience = Patience {
    head: Duration::from_millis(100),
    idle: Duration::from_secs(10),
    stop: Duration::from_millis(100),
};
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Serves `/` at once, `/slow` after twice the time for a head, `/never` never.
async fn start() -> (TcpStream, CancellationToken, JoinHandle<usize>) {
    start_and_tell(Arc::default()).await
}

/// The same, and tells when a request for `/never` has arrived.
async fn start_and_tell(arrived: Arc<Notify>) -> (TcpStream, CancellationToken, JoinHandle<usize>) {
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
        .route("/never", get(never));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let served = tokio::spawn(async move { serve(listener, router, &stop, PATIENCE).await });
    (client, shutdown, served)
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
        let (mut client, _shutdown, _served) = start().await;
        let started = Instant::now();
        client.write_all(sent).await.unwrap();
        let mut rest = Vec::new();
        // Closed or reset: both end it.
        let _ = client.read_to_end(&mut rest).await;
        assert!(started.elapsed() < PATIENCE.idle / 2, "{sent:?}");
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
    let (mut client, shutdown, served) = start_and_tell(arrived.clone()).await;
    client
        .write_all(b"GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    arrived.notified().await;
    shutdown.cancel();
    assert_eq!(served.await.unwrap(), 1);
}
