//! Jobs whose service is killed in the middle of them.

use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;
use tempfile::tempdir;

use super::service::{Service, eventually};

/// The JSON of an answer.
fn body(answer: &str) -> Value {
    let text = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

fn first_job(service: &Service) -> Value {
    body(&service.get("/v1/jobs"))["items"][0].clone()
}

/// Sends a request, and reads nothing.
fn send(service: &Service, head: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&service.address).unwrap();
    let request = format!("{head}\r\nHost: localhost\r\n\r\n{text}");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[test]
fn a_service_killed_in_the_middle_of_an_upload_leaves_what_can_go_on() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let head = "POST /v1/jobs?queue=q&chunk=1 HTTP/1.1\r\nIdempotency-Key: k\r\n\
                Content-Type: application/x-ndjson\r\nContent-Length: 100000";
    let lines: String = (0..300).map(|number| number.to_string() + "\n").collect();
    let upload = send(&service, head, &lines);
    eventually("some items are taken", || {
        (first_job(&service)["items"].as_u64()? > 0).then_some(())
    });
    service.crash();
    drop(upload);

    let service = Service::start(dir.path());
    let job = first_job(&service);
    assert_eq!(
        (&job["open"], &job["state"]),
        (&true.into(), &"running".into())
    );
    assert_eq!(job["items"], job["total"]);
    assert!(job["items"].as_u64().unwrap() < 300, "{job}");
}

#[test]
fn a_service_killed_in_the_middle_of_a_range_goes_on_with_it() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let text = r#"{"queue": "q", "range": {"to": 5000}}"#;
    let head = format!(
        "POST /v1/jobs HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
        text.len()
    );
    let _request = send(&service, &head, text);
    eventually("the range is there", || {
        (first_job(&service)["total"] == 5_000).then_some(())
    });
    service.crash();

    let service = Service::start(dir.path());
    eventually("its window is full", || {
        let stats = body(&service.get("/v1/queues/q/stats"));
        (stats["queued"] == 1_000).then_some(())
    });
    assert_eq!(first_job(&service)["queued"], 5_000);
}
