//! `api`, `health` and `completion`; how a command finds its service.

use std::fs;

use super::Shell;
use crate::ops::service::taskyard;

#[test]
fn api_sends_what_it_is_told_and_ends_by_the_class_of_the_status() {
    let shell = Shell::start();
    let submit = [
        "api",
        "post",
        "/v1/tasks",
        "-d",
        "-",
        "-H",
        "idempotency-key: k",
    ];
    let first = shell.run_with(&submit, "{\"queue\": \"q\"}");
    assert_eq!(String::from_utf8_lossy(&first.stderr), "201 Created\n");
    let body: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(body["queue"], "q");

    shell.fails(&["api", "GET", "/v1/queues/none"], 3, "404 Not Found");
    let problem = shell.run(&["api", "GET", "/v1/queues/none"]);
    assert!(String::from_utf8_lossy(&problem.stdout).contains("\"queue_not_found\""));
    shell.fails(
        &["api", "POST", "/v1/tasks", "-d", "{"],
        2,
        "400 Bad Request",
    );
    shell.fails(&["api", "GET", "v1/queues"], 2, "it begins with /");
    let form = [
        "api",
        "POST",
        "/v1/tasks",
        "-d",
        "a=b",
        "-H",
        "content-type: text/plain",
    ];
    shell.fails(&form, 2, "415");
}

#[test]
fn quiet_leaves_nothing_but_data() {
    let shell = Shell::start();
    let output = shell.run(&["api", "GET", "/healthz", "--quiet"]);
    assert_eq!(output.stdout, b"ok\n");
    assert!(output.stderr.is_empty());
}

#[test]
fn health_is_the_readiness_of_the_service() {
    let shell = Shell::start();
    assert_eq!(shell.told(&["health"]), "status\tready\ndurability\tdisk");
    shell.fails(
        &["health", "--url", "http://127.0.0.1:1"],
        8,
        "taskyard serve",
    );
}

#[test]
fn a_service_is_named_by_flag_over_variable_over_file() {
    let shell = Shell::start();
    let dir = tempfile::tempdir().unwrap();
    let url = |url: &str| format!("[client]\nurl = \"{url}\"\n");
    let code = |variable: Option<&str>, flag: &[&str]| {
        let mut command = taskyard(dir.path());
        command.arg("health").args(flag);
        command.envs(variable.map(|url| ("TASKYARD_URL", url)));
        command.output().unwrap().status.code()
    };
    let (there, away) = (shell.url(), "http://127.0.0.1:1");
    fs::write(dir.path().join("taskyard.toml"), url(&there)).unwrap();
    assert_eq!(code(None, &[]), Some(0));
    assert_eq!(code(Some(away), &[]), Some(8));
    assert_eq!(code(Some(away), &["--url", &there]), Some(0));
    assert_eq!(code(Some("nonsense"), &[]), Some(2));
}

#[test]
fn completion_knows_the_commands() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = taskyard(dir.path())
            .args(["completion", shell])
            .output()
            .unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("idempotency-key"), "{shell}");
    }
}
