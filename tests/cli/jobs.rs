//! `taskyard job` against the service itself.

use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::tempdir;

use super::{Shell, terminal};
use crate::ops::service::{Service, printed, taskyard};

#[test]
fn a_file_becomes_a_job_whose_results_come_back_in_order() {
    let shell = Shell::start();
    let run = |arguments: &[&str], stdin: &str| {
        let output = shell.run_with(arguments, stdin);
        let told = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), told)
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

/// A command beside the service, which has to succeed: what it wrote.
fn written(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", printed(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_shows_bars_with_a_rate_and_the_time_left_and_a_pipe_none() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let job = |arguments: &[&str]| {
        let mut command = taskyard(dir.path());
        command
            .env("TASKYARD_URL", format!("http://{}", service.address))
            .env("TERM", "xterm")
            .arg("job")
            .args(arguments);
        command
    };
    std::fs::write(dir.path().join("lines"), "1\n".repeat(100_000)).unwrap();
    let submit = ["submit", "lines", "--queue", "q", "--chunk", "1000"];

    let shown = terminal::shown(job(&submit));
    for told in [" %  ", " KiB of 195.31 KiB, ", "/s, ", " left"] {
        assert!(shown.contains(told), "{told:?} is missing in {shown:?}");
    }
    let shown = terminal::shown(job(&[&submit[..], &["--quiet"]].concat()));
    assert!(!shown.contains(" %  "), "{shown:?}");
    let piped = job(&submit).output().unwrap();
    assert!(piped.status.success(), "{}", printed(&piped));
    assert_eq!(String::from_utf8(piped.stderr).unwrap(), "");

    let list = written(job(&["list", "-o", "ndjson", "--limit", "1"]));
    let first: Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    let id = first["id"].as_str().unwrap().to_owned();
    let mut worker = None;
    let shown = terminal::shown_while(job(&["watch", &id]), |shown| {
        if worker.is_none() && shown.contains("0 of 100 tasks, ") {
            let mut command = taskyard(dir.path());
            command.env("TASKYARD_URL", format!("http://{}", service.address));
            command.args(["worker", "run", "--queue", "q", "--exec", "true"]);
            worker = Some(command.stderr(Stdio::null()).spawn().unwrap());
        }
    });
    let mut worker = worker.expect("the bar is there before any work");
    worker.kill().unwrap();
    worker.wait().unwrap();
    for told in ["/s, ", " left, ", " running", "succeeded"] {
        assert!(shown.contains(told), "{told:?} is missing in {shown:?}");
    }
    let piped = job(&["watch", &id]).output().unwrap();
    assert!(piped.status.success(), "{}", printed(&piped));
    assert_eq!(String::from_utf8(piped.stderr).unwrap(), "");
}

#[test]
fn a_graph_in_a_file_becomes_a_job() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let file = dir.path().join("graph.json");
    let graph = r#"{"b": {"task": {"payload": 1e400}, "depends_on": ["a"]}, "a": {"task": {"queue": "x"}}}"#;
    std::fs::write(&file, graph).unwrap();
    let mut command = taskyard(dir.path());
    command.env("TASKYARD_URL", format!("http://{}", service.address));
    command.args(["job", "submit", "--queue", "q", "-o", "json", "--graph"]);
    let output = command.arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let job: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&job["total"], &job["state"]),
        (&2.into(), &"running".into())
    );
}
