//! Examples of every operation: a request, and an answer for each status of success.
//!
//! Each is a file `{"request"?, "responses"?: {status: body}}`, named like the operation. The
//! tests send every request to a live service, and hold every answer against its schema.

use serde_json::Value;

macro_rules! examples {
    ($($folder:literal: $($operation:literal)*;)*) => {
        /// Each operation's id, and its examples.
        const EXAMPLES: &[(&str, &str)] = &[$($((
            $operation,
            include_str!(concat!("../", $folder, "/examples/", $operation, ".json")),
        )),*),*];
    };
}

examples! {
    "tasks": "listTasks" "submitTask" "submitTasks" "getTask" "getTaskResult" "explainTask" "completeTask" "failTask"
        "releaseTask" "reportTaskProgress" "cancelTask" "retryTask" "runTaskNow" "updateTask"
        "listTaskAttempts" "logTask" "listTaskLogs" "bulkTasks";
    "nodes": "listNodes" "registerNode" "getNode" "drainNode" "resumeNode" "rotateNodeSecret" "heartbeatNode" "claimTasks" "exchangeTasks";
    "queues": "listQueues" "getQueue" "getQueueStats" "configureQueue" "mergeQueue" "pauseQueue" "resumeQueue" "purgeQueue"
        "rotateQueueSecret";
    "operations": "listOperations" "getOperation" "pauseOperation" "resumeOperation" "abortOperation";
    "schedules": "createSchedule" "listSchedules" "getSchedule" "replaceSchedule" "updateSchedule" "pauseSchedule"
        "resumeSchedule" "triggerSchedule" "previewSchedule" "previewRule";
    "jobs": "submitJob" "listJobs" "getJob" "listJobTasks" "getJobResults" "cancelJob" "retryJob";
    "openapi": "getHealth" "getReadiness" "listProblems" "getProblem";
}

/// Puts its examples into an operation, wherever it has a body.
pub(super) fn add(operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let Some((_, text)) = EXAMPLES.iter().find(|(name, _)| *name == id) else {
        return;
    };
    let examples: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(request) = examples.get("request") {
        exemplify(&mut operation["requestBody"], request);
    }
    for (status, answer) in examples["responses"].as_object().into_iter().flatten() {
        exemplify(&mut operation["responses"][status], answer);
    }
}

fn exemplify(body: &mut Value, example: &Value) {
    for (_, media) in body["content"].as_object_mut().into_iter().flatten() {
        media["example"] = example.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_belongs_to_a_body_of_an_operation() {
        let document: Value = serde_json::from_str(&super::super::document()).expect("JSON");
        let operations: Vec<&Value> = document["paths"]
            .as_object()
            .expect("paths")
            .values()
            .flat_map(|item| item.as_object().expect("an item").values())
            .collect();
        for (id, text) in EXAMPLES {
            let examples: Value = serde_json::from_str(text).expect(id);
            let operation = operations
                .iter()
                .find(|operation| operation["operationId"] == *id);
            let operation = operation.expect(id);
            if examples.get("request").is_some() {
                assert!(
                    operation["requestBody"]["content"].is_object(),
                    "{id} takes no body"
                );
            }
            for status in examples["responses"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(status, _)| status)
            {
                assert!(
                    operation["responses"][status]["content"].is_object(),
                    "{id} never answers {status}"
                );
            }
        }
    }
}
