//! `task`, `queue` and `node`: what they print, and how they end.

use std::fs;

use serde_json::{Value, json};

use super::Shell;

#[test]
fn a_task_goes_its_way_by_commands() {
    let shell = Shell::start();
    let id = shell.told(&[
        "task",
        "submit",
        "--queue",
        "mail",
        "--type",
        "welcome",
        "--payload",
        "{\"to\": \"a\"}",
        "--priority",
        "-5",
        "--tag",
        "x",
        "--tag",
        "y",
        "--metadata",
        "k=v=w",
        "--max-attempts",
        "1",
        "--timeout-ms",
        "5000",
    ]);
    let task = shell.json(&["task", "get", &id]);
    assert_eq!(task["payload"], json!({"to": "a"}));
    assert_eq!(
        (&task["type"], &task["priority"]),
        (&json!("welcome"), &json!(-5))
    );
    assert_eq!(task["tags"], json!(["x", "y"]));
    assert_eq!(task["metadata"], json!({"k": "v=w"}));
    assert_eq!(task["max_attempts"], 1);
    shell.fails(&["task", "result", &id], 5, "task_not_finished");

    shell.report(
        &shell.claim("mail"),
        "complete",
        json!({"result": {"sent": true}}),
    );
    assert_eq!(shell.told(&["task", "result", &id]), "{\"sent\":true}");
    assert_eq!(shell.told(&["task", "wait", &id]), "{\"sent\":true}");
    assert_eq!(shell.json(&["task", "wait", &id])["state"], "succeeded");

    assert_eq!(shell.json(&["task", "retry", &id])["state"], "queued");
    let piped = shell.told(&["task", "cancel", &id]);
    assert!(piped.contains("\nstate\tcancelled\n"), "{piped}");
    shell.fails(&["task", "wait", &id], 6, "was cancelled");
}

#[test]
fn a_wait_ends_by_how_the_task_ended() {
    let shell = Shell::start();
    let id = shell.told(&["task", "submit", "--queue", "q", "-q"]);
    shell.fails(&["task", "wait", &id, "--timeout", "0"], 7, "it goes on");
    let error = json!({"code": "no_such_user", "message": "who?"});
    shell.report(
        &shell.claim("q"),
        "fail",
        json!({"error": error, "retryable": false}),
    );
    shell.fails(&["task", "wait", &id], 6, "failed: no_such_user: who?");
    let output = shell.run(&["task", "wait", &id, "-o", "json"]);
    assert_eq!(output.status.code(), Some(6));
    let task: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(task["error"]["code"], "no_such_user");
}

#[test]
fn submit_waits_for_the_result_if_asked() {
    let shell = Shell::start();
    let submit = [
        "task",
        "submit",
        "--queue",
        "q",
        "--payload",
        "7",
        "--wait=20",
    ];
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| shell.told(&submit));
        let claim = "{\"queues\": [\"q\"], \"wait_ms\": 20000}";
        let claimed = shell.told(&["api", "POST", "/v1/nodes/n/claim", "-d", claim]);
        let claimed: Value = serde_json::from_str(&claimed).unwrap();
        let task = &claimed["tasks"][0];
        shell.report(task, "complete", json!({"result": task["payload"]}));
        assert_eq!(waiting.join().unwrap(), "7");
    });
    shell.fails(
        &["task", "submit", "--queue", "q", "--wait=0"],
        7,
        "goes on",
    );
}

#[test]
fn a_payload_comes_inline_from_a_file_or_through_stdin_and_keeps_its_digits() {
    let shell = Shell::start();
    let payload = "{\"n\":9007199254740993,\"e\":[]}";
    fs::write(shell.path("payload.json"), payload).unwrap();
    let submit = ["task", "submit", "--queue", "q", "--payload"];
    let piped = shell.run_with(&[&submit[..], &["-"]].concat(), payload);
    let ids = [
        shell.told(&[&submit[..], &[payload]].concat()),
        shell.told(&[&submit[..], &["@payload.json"]].concat()),
        String::from_utf8(piped.stdout).unwrap().trim().to_owned(),
    ];
    for id in ids {
        let task = shell.told(&["task", "get", &id, "-o", "json"]);
        assert!(task.contains(payload), "{task}");
    }
}

#[test]
fn the_same_idempotency_key_finds_the_same_task() {
    let shell = Shell::start();
    let submit = ["task", "submit", "--queue", "q", "--idempotency-key", "k"];
    assert_eq!(shell.told(&submit), shell.told(&submit));
    let other = [&submit[..], &["--payload", "1"]].concat();
    shell.fails(&other, 2, "idempotency_key_reused");
}

#[test]
fn queues_are_listed_counted_paused_and_resumed() {
    let shell = Shell::start();
    for queue in ["a", "b", "c"] {
        shell.told(&["task", "submit", "--queue", queue]);
    }
    let list = shell.told(&["queue", "list"]);
    let rows: Vec<&str> = list.lines().collect();
    assert!(
        rows.len() == 3 && rows[0].starts_with("a\tfalse\t"),
        "{list}"
    );
    assert_eq!(
        shell
            .told(&["queue", "list", "-o", "ndjson"])
            .lines()
            .count(),
        3
    );

    let page = shell.json(&["queue", "list", "--limit", "2"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = shell.told(&["queue", "list", "--cursor", cursor, "--limit", "2"]);
    assert!(
        rest.starts_with("c\t") && rest.lines().count() == 1,
        "{rest}"
    );

    assert_eq!(shell.json(&["queue", "pause", "a"])["paused"], true);
    assert_eq!(shell.json(&["queue", "stats", "a"])["queued"], 1);
    assert_eq!(shell.claim("a"), Value::Null);
    shell.told(&["queue", "resume", "a"]);
    assert_eq!(shell.json(&["queue", "get", "a"])["paused"], false);
}

#[test]
fn a_node_is_removed_only_when_someone_says_yes() {
    let shell = Shell::start();
    shell.told(&["api", "PUT", "/v1/nodes/n1", "-d", "{\"slots\": 4}"]);
    assert!(shell.told(&["node", "list"]).starts_with("n1\tready\t4\t"));
    assert_eq!(shell.json(&["node", "get", "n1"])["slots"], 4);
    shell.fails(&["node", "remove", "n1"], 2, "say --yes");
    assert_eq!(shell.json(&["node", "get", "n1"])["slots"], 4);
    shell.told(&["node", "remove", "n1", "--yes"]);
    shell.fails(&["node", "get", "n1"], 3, "node_unknown");
}

#[test]
fn tasks_are_found_changed_and_deleted_by_commands() {
    let shell = Shell::start();
    let later = [
        "task",
        "submit",
        "--queue",
        "q",
        "--tag",
        "x",
        "--delay-ms",
        "60000",
    ];
    let id = shell.told(&later);
    shell.told(&["task", "submit", "--queue", "q"]);
    let found = shell.told(&["task", "list", "--tag", "x", "--state", "scheduled"]);
    assert!(
        found.starts_with(&id) && found.lines().count() == 1,
        "{found}"
    );
    let page = shell.json(&["task", "list", "--queue", "q", "--limit", "1"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    shell.fails(&["task", "list", "--cursor", cursor], 2, "invalid_cursor");

    let edited = shell.json(&["task", "edit", &id, "--priority", "7"]);
    assert_eq!(edited["priority"], 7);
    assert_eq!(shell.json(&["task", "run-now", &id])["state"], "queued");
    let task = shell.claim("q");
    assert_eq!(task["id"], id.as_str());
    shell.report(&task, "complete", json!({}));
    let attempts = shell.json(&["task", "attempts", &id]);
    assert_eq!(attempts["items"][0]["outcome"], "succeeded");
    shell.told(&["task", "delete", &id, "--yes"]);
    shell.fails(&["task", "get", &id], 3, "task_not_found");
}

#[test]
fn a_task_waits_for_those_it_is_told_to() {
    let shell = Shell::start();
    let submit = ["task", "submit", "--queue", "a"];
    let (first, second) = (shell.told(&submit), shell.told(&submit));
    let finish = format!("{second}:finish");
    let edges = ["--depends-on", &first, "--depends-on", &finish];
    let id = shell.told(&[&submit[..], &edges[..]].concat());
    let task = shell.json(&["task", "get", &id]);
    assert_eq!(task["state"], "blocked");
    assert_eq!(task["depends_on"], json!([first, second]));
    let told = shell.told(&["task", "explain", &id]);
    assert!(told.contains("waits for 2 tasks"), "{told}");
    shell.fails(&[&submit[..], &["--depends-on", "x:luck"]].concat(), 2, "");
}
