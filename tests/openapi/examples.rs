//! The examples: a service takes each request, and each answer is of its schema.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Operation, document, operations, schema};
use crate::api::service::{Api, Lease};

#[test]
fn every_body_has_an_example_that_is_of_its_schema() {
    for operation in operations() {
        let id = operation.id;
        if let Some(body) = operation.body.get("requestBody") {
            check(id, &body["content"]["application/json"]);
        }
        for (status, answer) in operation.successes() {
            let content = answer["content"].as_object();
            assert_eq!(content.is_none(), status == "204", "{id} {status}");
            for media in content.into_iter().flat_map(|content| content.values()) {
                check(id, media);
            }
        }
    }
}

fn check(id: &str, media: &Value) {
    let example = media.get("example").unwrap_or_else(|| {
        panic!("{id} has a body without an example: give it one in src/api/openapi/examples.rs")
    });
    let faults = schema::faults(document(), &media["schema"], example);
    assert!(faults.is_empty(), "{id}: {}", faults.join("\n"));
}

#[tokio::test]
async fn every_example_is_accepted_as_it_stands() {
    let api = Api::start().await;
    for operation in operations() {
        let scene = Scene::set(&api, &operation).await;
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
        let mut request = api.request(method, &scene.path(operation.path));
        if let Some(body) = operation.body.get("requestBody") {
            let mut body = body["content"]["application/json"]["example"].clone();
            scene.give_leases(&mut body);
            request = request.json(&body);
        }
        // The answer's form is checked where it comes in.
        let reply = api.send(request).await;
        assert!(
            (200..300).contains(&reply.status),
            "{}: {}",
            operation.id,
            reply.text
        );
    }
}

/// What the examples speak of, there for one operation.
struct Scene {
    lease: Lease,
    session: String,
    queue: &'static str,
    operation: String,
    /// The job of the operations on jobs.
    job: String,
}

impl Scene {
    /// A task in the queue, one in the hands of a node, or finished, and a node with a session.
    async fn set(api: &Api, operation: &Operation) -> Self {
        api.submit(json!({ "queue": "mail" })).await;
        // Only an empty queue can be deleted.
        let spare = match operation.id {
            "rotateQueueSecret" => json!({ "target": "http://127.0.0.1:9/" }),
            _ => json!({}),
        };
        api.put("/v1/queues/spare", spare).await;
        let queue = if matches!(operation.id, "deleteQueue" | "rotateQueueSecret") {
            "spare"
        } else {
            "mail"
        };
        api.submit(json!({ "queue": operation.id })).await;
        let lease = api
            .claim("n", json!({ "queues": [operation.id] }))
            .await
            .remove(0);
        let ending = match operation.id {
            "retryTask" | "getTaskResult" | "deleteTask" => Some(("complete", json!({}))),
            "runTaskNow" => Some(("release", json!({ "delay_ms": 60_000 }))),
            _ => None,
        };
        if let Some((report, body)) = ending {
            assert_eq!(api.report(&lease, report, body).await.status, 200);
        }
        // One that another operation has made, or deleted, will do.
        if operation.path.starts_with("/v1/schedules/{name}") {
            let schedule = json!({ "every_ms": 60_000, "task": { "queue": operation.id } });
            let put = api.put("/v1/schedules/nightly-report", schedule).await;
            assert!(put.status < 300, "{}", put.text);
        }
        let node = match operation.id {
            "rotateNodeSecret" => json!({ "endpoint": "http://127.0.0.1:9/" }),
            _ => json!({}),
        };
        let session = api.register("laptop-1", node).await;
        // Its second step is due a second later, which never comes here.
        let ids = [uuid::Uuid::now_v7(), uuid::Uuid::now_v7()].map(|id| id.to_string());
        let bulk = json!({ "action": "retry", "ids": ids, "rate_per_s": 1 });
        let operation = api.post("/v1/tasks/bulk", bulk).await.id();
        let job = json!({ "queue": "pages", "tasks": [{}] });
        let job = api.post("/v1/jobs", job).await.id();
        Self {
            lease,
            session,
            queue,
            operation,
            job,
        }
    }

    fn path(&self, template: &str) -> String {
        let id = if template.starts_with("/v1/operations/") {
            &self.operation
        } else if template.starts_with("/v1/jobs") {
            &self.job
        } else {
            &self.lease.id
        };
        template
            .replace("{id}", id)
            .replace("{node_id}", "laptop-1")
            .replace("schedules/{name}", "schedules/nightly-report")
            .replace("{name}", self.queue)
            .replace("{code}", "lease_lost")
    }

    /// Puts what only this service can know in the place of the example's.
    fn give_leases(&self, body: &mut Value) {
        if body.get("lease_token").is_some() {
            body["lease_token"] = json!(self.lease.token);
        }
        if body.get("session").is_some() {
            body["session"] = json!(self.session);
        }
    }
}
