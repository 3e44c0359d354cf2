//! What every operation and schema of the document has, and that the committed files are fresh.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{document, operations};

/// Every operation: a name in here is a promise to generated clients.
const OPERATIONS: &[&str] = &[
    "abortOperation",
    "bulkTasks",
    "cancelJob",
    "cancelTask",
    "claimTasks",
    "completeTask",
    "configureQueue",
    "createSchedule",
    "deleteNode",
    "deleteQueue",
    "deleteSchedule",
    "deleteTask",
    "drainNode",
    "exchangeTasks",
    "explainTask",
    "failTask",
    "getHealth",
    "getJob",
    "getJobResults",
    "getNode",
    "getOperation",
    "getProblem",
    "getQueue",
    "getQueueStats",
    "getReadiness",
    "getSchedule",
    "getTask",
    "getTaskResult",
    "heartbeatNode",
    "listJobTasks",
    "listJobs",
    "listNodes",
    "listOperations",
    "listProblems",
    "listQueues",
    "listSchedules",
    "listTaskAttempts",
    "listTaskLogs",
    "listTasks",
    "logTask",
    "mergeQueue",
    "pauseOperation",
    "pauseQueue",
    "pauseSchedule",
    "previewRule",
    "previewSchedule",
    "purgeQueue",
    "registerNode",
    "releaseTask",
    "replaceSchedule",
    "reportTaskProgress",
    "resumeNode",
    "resumeOperation",
    "resumeQueue",
    "resumeSchedule",
    "retryJob",
    "retryTask",
    "rotateNodeSecret",
    "rotateQueueSecret",
    "runTaskNow",
    "submitJob",
    "submitTask",
    "submitTasks",
    "triggerSchedule",
    "updateSchedule",
    "updateTask",
];
/// Operations that need no token anywhere.
const PUBLIC: &[&str] = &["getHealth", "getProblem", "getReadiness", "listProblems"];

fn assert_fresh(file: &str, now: &str, command: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed.trim_end() == now,
        "{file} is stale; renew it with\n\n    {command} > {file}\n"
    );
}

#[test]
fn the_committed_document_is_fresh() {
    let command = "cargo run -- openapi";
    assert_fresh("openapi/openapi.json", &taskyard::api::document(), command);
}

#[test]
fn the_committed_3_0_document_is_fresh() {
    let command = "cargo run -- openapi --v30";
    assert_fresh(
        "openapi/openapi-3.0.json",
        &taskyard::api::document_v30(),
        command,
    );
}

#[test]
fn the_command_prints_both_forms() {
    let print = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_taskyard"));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(print(&["openapi"]).trim_end(), taskyard::api::document());
    assert_eq!(
        print(&["openapi", "--v30"]).trim_end(),
        taskyard::api::document_v30()
    );
}

#[test]
fn every_operation_keeps_its_name() {
    let mut names: Vec<&str> = operations().map(|operation| operation.id).collect();
    names.sort_unstable();
    assert_eq!(names, OPERATIONS);
    for name in names {
        assert!(is_camel_case(name), "{name}");
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let tags: BTreeSet<&str> = document()["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|tag| !text(&tag["description"]).is_empty())
        .map(|tag| text(&tag["name"]))
        .collect();
    let mut summaries = BTreeSet::new();
    for operation in operations() {
        let (id, body) = (operation.id, operation.body);
        let of = body["tags"].as_array().unwrap();
        assert_eq!(of.len(), 1, "{id}");
        assert!(tags.contains(text(&of[0])), "{id}");
        let summary = text(&body["summary"]);
        assert!(
            !summary.is_empty() && !summary.ends_with('.'),
            "{id}: {summary:?}"
        );
        assert!(
            summaries.insert(summary),
            "{id}: {summary:?} is there twice"
        );
        assert!(
            !text(&body["description"]).is_empty(),
            "{id} has no description"
        );
        for parameter in body["parameters"].as_array().into_iter().flatten() {
            assert!(
                !text(&parameter["description"]).is_empty(),
                "{id}: {}",
                parameter["name"]
            );
        }
    }
}

#[test]
fn every_operation_describes_its_problems() {
    for operation in operations() {
        let (id, body) = (operation.id, operation.body);
        let statuses: BTreeSet<&str> = body["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        if operation.path.starts_with("/v1/") {
            let common = ["401", "403", "500", "503"];
            assert!(
                common.iter().all(|status| statuses.contains(status)),
                "{id}: {statuses:?}"
            );
        }
        if body.get("requestBody").is_some() {
            let form = ["400", "408", "413", "415", "422"];
            assert!(
                form.iter().all(|status| statuses.contains(status)),
                "{id}: {statuses:?}"
            );
        }
        assert_eq!(
            operation.path.contains('{'),
            statuses.contains("404"),
            "{id}"
        );
        for (status, answer) in body["responses"].as_object().unwrap() {
            let request_id = &answer["headers"]["X-Request-Id"]["$ref"];
            assert_eq!(
                request_id, "#/components/headers/RequestId",
                "{id} {status}"
            );
            let media_types = answer["content"].as_object();
            if status.starts_with(['2', '3']) {
                continue;
            }
            let problem = &media_types.unwrap()["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{id} {status}");
            let repeats = matches!(status.as_str(), "429" | "503");
            assert_eq!(
                answer["headers"].get("Retry-After").is_some(),
                repeats,
                "{id} {status}"
            );
        }
    }
}

#[test]
fn tokens_are_asked_for_everywhere_but_at_probes_and_problem_pages() {
    let document = document();
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    assert!(
        document["security"]
            .as_array()
            .unwrap()
            .iter()
            .any(|way| way["bearer"].is_array())
    );
    let mut public: Vec<&str> = operations()
        .filter(|operation| operation.body.get("security") == Some(&serde_json::json!([])))
        .map(|operation| operation.id)
        .collect();
    public.sort_unstable();
    assert_eq!(public, PUBLIC);
}

#[test]
fn every_code_is_a_word_of_the_problem() {
    let words = document()["components"]["schemas"]["ProblemCode"]["enum"]
        .as_array()
        .unwrap();
    assert!(words.len() > 25);
    for operation in operations() {
        for (status, answer) in operation.body["responses"].as_object().unwrap() {
            if status.starts_with(['2', '3']) {
                continue;
            }
            let codes: Vec<&str> = text(&answer["description"])
                .split('`')
                .skip(1)
                .step_by(2)
                .collect();
            assert!(!codes.is_empty(), "{} {status} names no code", operation.id);
            for code in codes {
                assert!(
                    words.iter().any(|word| word == code),
                    "{} {status}: {code}",
                    operation.id
                );
            }
        }
    }
}

#[test]
fn schemas_are_fit_for_generators() {
    for text in [taskyard::api::document(), taskyard::api::document_v30()] {
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut open = vec![(String::new(), &document)];
        while let Some((at, value)) = open.pop() {
            match value {
                Value::Object(members) => {
                    check_schema(&document, &at, value);
                    let named = members.iter().filter(|(name, _)| *name != "example");
                    open.extend(named.map(|(name, member)| (format!("{at}/{name}"), member)));
                }
                Value::Array(items) => {
                    open.extend(
                        items
                            .iter()
                            .enumerate()
                            .map(|(index, item)| (format!("{at}/{index}"), item)),
                    );
                }
                _ => {}
            }
        }
    }
}

fn check_schema(document: &Value, at: &str, value: &Value) {
    if let Some(Value::String(reference)) = value.get("$ref") {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{at}: {reference} leads nowhere"
        );
    }
    let Some(kind) = value.get("type").filter(|_| !at.ends_with("/properties")) else {
        return;
    };
    if at.contains("securitySchemes") {
        return;
    }
    assert!(kind.is_string() && kind != "null", "{at}: {kind}");
    assert!(value.get("nullable").is_none(), "{at} is nullable");
    assert!(value.get("prefixItems").is_none(), "{at} is a tuple");
    if kind == "integer" && !at.contains("/headers/") {
        assert!(value["format"].is_string(), "{at} has no size");
    }
    // What has members is a component, so that generated types have names.
    if value.get("properties").is_some() {
        assert_eq!(at.matches('/').count(), 3, "{at} has no name");
        assert!(at.starts_with("/components/schemas/"), "{at} has no name");
    }
    let name = at.rsplit('/').next().unwrap_or_default();
    if name.ends_with("_at") || name == "last_seen" || name == "server_time" {
        assert_eq!(value["format"], "date-time", "{at}");
    }
}

#[test]
fn the_3_0_document_has_no_word_of_3_1() {
    let text = taskyard::api::document_v30();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.0.3");
    for word in [
        "\"const\":",
        "\"examples\":",
        "\"identifier\":",
        "\"exclusiveMinimum\": 0",
        "\"type\": [",
    ] {
        assert!(!text.contains(word), "{word}");
    }
    let paths = |document: &Value| {
        document["paths"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(&document), paths(super::document()));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
