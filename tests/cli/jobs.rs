//! `taskyard job` against the service itself.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use tempfile::tempdir;

use crate::ops::service::{Service, taskyard};

#[test]
fn a_file_becomes_a_job_whose_results_come_back_in_order() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let run = |arguments: &[&str], stdin: &str| {
        let mut command = taskyard(dir.path());
        command.env("TASKYARD_URL", format!("http://{}", service.address));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(stdin.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let submit = [
        "job", "submit", "-", "--queue", "q", "--chunk", "2", "-o", "json",
    ];
    let (code, job) = run(&submit, "1\n2\n3\n");
    assert_eq!(code, Some(0), "{job}");
    let job: Value = serde_json::from_str(&job).unwrap();
    let id = job["id"].as_str().unwrap();
    assert_eq!((&job["total"], &job["items"]), (&2.into(), &3.into()));
    let (code, status) = run(&["job", "status", id, "-o", "json"], "");
    assert_eq!(code, Some(0));
    assert!(status.contains("\"running\""), "{status}");
    let (_, list) = run(&["job", "list"], "");
    assert!(list.contains(id), "{list}");
    let (code, results) = run(&["job", "results", id], "");
    assert_eq!((code, results.as_str()), (Some(0), ""));
    assert_eq!(run(&["job", "cancel", id], "").0, Some(0));
    let (code, ended) = run(&["job", "watch", id, "-o", "json"], "");
    assert_eq!(code, Some(6), "{ended}");
    let (_, results) = run(&["job", "results", id, "--from", "1", "--follow"], "");
    let offsets: Vec<Value> = results
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["offset"].clone())
        .collect();
    assert_eq!(offsets, [0, 2]);
    let (code, retried) = run(&["job", "retry", id, "-o", "json"], "");
    assert_eq!(code, Some(0), "{retried}");
}
