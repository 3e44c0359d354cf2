use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// Names that answer what the test says, one list after the other; the last stays.
struct Told(Mutex<VecDeque<Vec<IpAddr>>>);

impl LookUp for Told {
    fn look_up(&self, _: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut told = self.0.lock().expect("no panic");
        let now = if told.len() > 1 {
            told.pop_front()
        } else {
            told.front().cloned()
        };
        Box::pin(async move { now.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn egress(ranges: &[&str], told: &[&[&str]]) -> Egress {
    let ranges = ranges
        .iter()
        .map(|range| range.parse().expect("a range"))
        .collect();
    let told = told
        .iter()
        .map(|list| {
            list.iter()
                .map(|address| address.parse().expect("an address"))
                .collect()
        })
        .collect();
    Egress::new(
        EgressRules::new(ranges),
        Roots::default(),
        Told(Mutex::new(told)),
    )
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).expect(url)
}

fn post(endpoint: &Endpoint) -> Post<'_> {
    Post {
        endpoint,
        headers: vec![("webhook-id", "msg_1".to_owned())],
        body: Bytes::from_static(b"{}"),
        most_bytes: 100,
        patience: Duration::from_secs(10),
    }
}

/// Answers each connection with the text, and says how many came.
async fn server(answer: Vec<u8>) -> (u16, JoinHandle<()>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&heard);
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4_096];
            let read = stream.read(&mut bytes).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&bytes[..read]).into_owned();
            requests.lock().expect("no panic").push(request);
            let _ = stream.write_all(&answer).await;
        }
    });
    (port, task, heard)
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn an_endpoint_is_refused_where_it_is_set_up() {
    let public = egress(&[], &[&["93.184.216.34"]]);
    public
        .check(&endpoint("https://worker.example.com/"))
        .await
        .expect("public");
    let plain = public.check(&endpoint("http://worker.example.com/")).await;
    assert!(
        plain
            .expect_err("no TLS")
            .to_string()
            .contains("without TLS")
    );
    for address in [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://2130706433/",
    ] {
        let refused = public.check(&endpoint(address)).await;
        assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{address}");
    }
    let private = egress(&[], &[&["10.0.0.1", "fd00::1"]]);
    let refused = private
        .check(&endpoint("https://inside.example.com/"))
        .await;
    assert!(
        refused
            .expect_err("private")
            .to_string()
            .starts_with("10.0.0.1 is a private address")
    );
    let nowhere = egress(&[], &[])
        .check(&endpoint("https://nowhere.example.com/"))
        .await;
    assert!(matches!(nowhere, Err(Refusal::Unresolved { .. })));
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_not_connected_to() {
    let (port, _server, heard) = server(answer("200 OK", "secret")).await;
    let egress = egress(&[], &[&["93.184.216.34"], &["127.0.0.1"]]);
    let endpoint = endpoint(&format!("https://rebound.example.com:{port}/"));
    egress.check(&endpoint).await.expect("public at first");
    let sent = egress.post(post(&endpoint)).await;
    assert!(
        matches!(
            sent,
            Err(SendError::Forbidden(ForbiddenAddress::NotPublic { .. }))
        ),
        "{sent:?}"
    );
    assert_eq!(heard.lock().expect("no panic").len(), 0);
}

#[tokio::test]
async fn of_several_addresses_only_allowed_ones_are_tried() {
    let (port, _server, heard) = server(answer("200 OK", "here")).await;
    let egress = egress(&["127.0.0.2/32"], &[&["127.0.0.1", "::1"]]);
    let endpoint = endpoint(&format!("http://inside.example.com:{port}/"));
    assert!(matches!(
        egress.post(post(&endpoint)).await,
        Err(SendError::Forbidden(_))
    ));
    assert_eq!(heard.lock().expect("no panic").len(), 0);
}

#[tokio::test]
async fn an_address_is_judged_before_each_post() {
    let (port, _server, heard) = server(answer("200 OK", "here")).await;
    let endpoint = endpoint(&format!("http://127.0.0.1:{port}/"));
    let sent = egress(&[], &[]).post(post(&endpoint)).await;
    assert!(matches!(sent, Err(SendError::Forbidden(_))), "{sent:?}");
    assert_eq!(heard.lock().expect("no panic").len(), 0);
    let sent = egress(&["127.0.0.0/8"], &[])
        .post(post(&endpoint))
        .await
        .expect("allowed");
    assert_eq!((sent.status, &sent.body[..]), (200, &b"here"[..]));
    let heard = heard.lock().expect("no panic");
    assert!(
        heard[0].starts_with("POST / HTTP/1.1\r\n") && heard[0].contains("webhook-id: msg_1\r\n"),
        "{heard:?}"
    );
    assert!(
        heard[0].contains("user-agent: taskyard/") && !heard[0].contains("accept-encoding"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (inner, _inner, heard) = server(answer("200 OK", "secret")).await;
    let (port, _server, _) = server(answer(
        &format!("302 Found\r\nlocation: http://127.0.0.1:{inner}/"),
        "",
    ))
    .await;
    let endpoint = endpoint(&format!("http://127.0.0.1:{port}/"));
    let sent = egress(&["127.0.0.1"], &[])
        .post(post(&endpoint))
        .await
        .expect("an answer");
    assert_eq!(sent.status, 302);
    assert_eq!(heard.lock().expect("no panic").len(), 0);
}

#[tokio::test]
async fn an_answer_is_bounded() {
    let open = egress(&["127.0.0.1"], &[]);
    let exact = "x".repeat(100);
    let (port, _one, _) = server(answer("200 OK", &exact)).await;
    let sent = open
        .post(post(&endpoint(&format!("http://127.0.0.1:{port}/"))))
        .await;
    assert_eq!(sent.expect("an answer").body.len(), 100);
    let (port, _two, _) = server(answer("200 OK", &"x".repeat(101))).await;
    let sent = open
        .post(post(&endpoint(&format!("http://127.0.0.1:{port}/"))))
        .await;
    assert!(matches!(sent, Err(SendError::TooLarge(100))), "{sent:?}");
    // Without an end, and without a length.
    let endless = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 1 << 20]].concat();
    let (port, _three, _) = server(endless).await;
    let sent = open
        .post(post(&endpoint(&format!("http://127.0.0.1:{port}/"))))
        .await;
    assert!(matches!(sent, Err(SendError::TooLarge(100))), "{sent:?}");
    // Of a failure only the beginning is wanted.
    let (port, _four, _) = server(answer("500 Oops\r\nretry-after: 7", &"y".repeat(5_000))).await;
    let sent = open
        .post(post(&endpoint(&format!("http://127.0.0.1:{port}/"))))
        .await
        .expect("an answer");
    assert_eq!((sent.status, sent.body.len()), (500, 1_024));
    assert_eq!(sent.retry_after, Some(Duration::from_secs(7)));
    let head = format!("200 OK\r\nx: {}", "h".repeat(1 << 20));
    let (port, _five, _) = server(answer(&head, "")).await;
    let sent = open
        .post(post(&endpoint(&format!("http://127.0.0.1:{port}/"))))
        .await;
    assert!(matches!(sent, Err(SendError::Broken { .. })), "{sent:?}");
    let (port, _six, _) = server(answer(&format!("200 OK{}", "\r\nx: y".repeat(101)), "")).await;
    let sent = open
        .post(post(&endpoint(&format!("http://127.0.0.1:{port}/"))))
        .await;
    assert!(matches!(sent, Err(SendError::Broken { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    let (port, _server, _) = server(answer("200 OK\r\ncontent-encoding: gzip", "bomb")).await;
    let endpoint = endpoint(&format!("http://127.0.0.1:{port}/"));
    let sent = egress(&["127.0.0.1"], &[]).post(post(&endpoint)).await;
    assert!(matches!(sent, Err(SendError::Compressed)), "{sent:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let (port, _server, _) =
        server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec()).await;
    let endpoint = endpoint(&format!("http://127.0.0.1:{port}/"));
    let open = egress(&["127.0.0.1"], &[]);
    assert!(
        matches!(
            open.post(post(&endpoint)).await,
            Err(SendError::Broken { .. })
        ),
        "the connection ends"
    );
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let endpoint = self::endpoint(&format!("http://127.0.0.1:{port}/"));
    let patience = Duration::from_millis(50);
    let sent = open
        .post(Post {
            patience,
            ..post(&endpoint)
        })
        .await;
    assert!(matches!(sent, Err(SendError::TimedOut(_))), "{sent:?}");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let endpoint = endpoint(&format!("http://127.0.0.1:{port}/"));
    let sent = egress(&["127.0.0.1"], &[]).post(post(&endpoint)).await;
    assert!(
        matches!(sent, Err(SendError::Unreachable { .. })),
        "{sent:?}"
    );
}
