//! Jobs as graphs: tasks that depend on each other by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::service::{Api, Reply};
use super::{assert_counts, complete, path, report, submitted};

/// A claim of up to so many tasks of these queues.
async fn claimed_from(api: &Api, queues: &[&str], most: usize) -> Vec<Value> {
    let claim = json!({ "queues": queues, "max_tasks": most });
    let reply = api.post("/v1/nodes/n/claim", claim).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["tasks"].as_array().unwrap().clone()
}

/// Claims from these queues until a task comes: it.
async fn next(api: &Api, queues: &[&str]) -> Value {
    let claim = json!({ "queues": queues, "max_tasks": 1, "wait_ms": 5_000 });
    let reply = api.post("/v1/nodes/n/claim", claim).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["tasks"][0].clone()
}

/// Completes everything in these queues until the job has finished.
async fn work_off(api: &Api, job: &Value, queues: &[&str]) -> Value {
    loop {
        for task in claimed_from(api, queues, 100).await {
            complete(api, &task, task["payload"].clone()).await;
        }
        let reply = api.get(&path(job)).await;
        if reply.body["state"] != "running" {
            return reply.body;
        }
    }
}

/// The lines of the results, as far as they are there.
async fn results(api: &Api, job: &Value) -> Vec<Value> {
    let reply = api.get(&format!("{}/results", path(job))).await;
    let lines = reply.text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Three tasks in a row, the second in another queue; names say the order.
fn row() -> Value {
    json!({ "queue": "q", "graph": {
        "load": { "task": { "payload": 3 }, "depends_on": ["clean"] },
        "fetch": { "task": { "payload": 1 } },
        "clean": { "task": { "payload": 2, "queue": "elsewhere" }, "depends_on": ["fetch"] },
    } })
}

const QUEUES: [&str; 2] = ["q", "elsewhere"];

#[tokio::test]
async fn a_graph_runs_in_the_order_of_its_dependencies() {
    let api = Api::start().await;
    let job = submitted(&api, row()).await;
    assert_counts(&job, [3, 3, 0, 0, 0, 0]);
    let mut payloads = Vec::new();
    for _ in 0..3 {
        let task = next(&api, &QUEUES).await;
        payloads.push(task["payload"].clone());
        if task["payload"] == 3 {
            assert_eq!(task["parents"]["clean"]["result"], json!({ "did": 2 }));
        }
        complete(&api, &task, json!({ "did": task["payload"] })).await;
    }
    assert_eq!(payloads, [1, 2, 3]);
    let ended = |reply: &Reply| reply.body["state"] == "succeeded";
    let over = api.until(&path(&job), ended).await;
    assert_counts(&over.body, [3, 0, 0, 3, 0, 0]);
    let lines = results(&api, &job).await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (&line["name"], &line["result"]["did"]))
        .collect();
    let wanted =
        [("fetch", 1), ("clean", 2), ("load", 3)].map(|(name, did)| (json!(name), json!(did)));
    assert_eq!(told, wanted.each_ref().map(|(name, did)| (name, did)));
    api.test.audit().await;
}

#[tokio::test]
async fn the_tasks_of_a_graph_are_listed_with_their_names_and_queues() {
    let api = Api::start().await;
    let job = submitted(&api, row()).await;
    let all = |reply: &Reply| reply.body["items"].as_array().unwrap().len() == 3;
    let page = api.until(&format!("{}/tasks", path(&job)), all).await.body;
    let told: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| ["name", "queue", "state"].map(|field| task[field].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ["fetch", "q", "queued"],
            ["clean", "elsewhere", "blocked"],
            ["load", "q", "blocked"]
        ]
    );
    let id = page["items"][2]["id"].as_str().unwrap();
    let task = api.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(
        (&task["name"], &task["job_id"]),
        (&json!("load"), &job["id"])
    );
    assert_eq!(task["depends_on"], json!([page["items"][1]["id"]]));
    let first = api.get(&format!("{}/tasks?limit=2", path(&job))).await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = api
        .get(&format!("{}/tasks?limit=2&cursor={cursor}", path(&job)))
        .await
        .body;
    assert_eq!(second["items"][0]["id"], id);
    api.test.audit().await;
}

#[tokio::test]
async fn a_graph_with_a_cycle_is_422_and_names_it() {
    let api = Api::start().await;
    let graph = json!({
        "start": { "task": {} },
        "a": { "task": {}, "depends_on": ["start", "b"] },
        "b": { "task": {}, "depends_on": [{ "name": "c", "on": "finish" }] },
        "c": { "task": {}, "depends_on": ["a"] },
        "end": { "task": {}, "depends_on": ["a"] },
    });
    let reply = api
        .post("/v1/jobs", json!({ "queue": "q", "graph": graph }))
        .await;
    assert_eq!(reply.failure(), (422, "cyclic_dependency"));
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains("a -> b -> c -> a"), "{detail}");
    let pointers = ["a", "b", "c"].map(|name| format!("/graph/{name}/depends_on"));
    assert_eq!(reply.pointers(), pointers);
    assert_eq!(api.get("/v1/jobs").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_graph_that_is_wrong_is_422_and_makes_nothing() {
    let api = Api::start().await;
    let id = api.submit(json!({ "queue": "q" })).await;
    for (graph, pointer) in [
        (
            json!({ "a": { "task": {}, "depends_on": ["b"] } }),
            "/graph/a/depends_on/0",
        ),
        (
            json!({ "a": { "task": {} }, "b": { "task": {}, "depends_on": ["a", "a"] } }),
            "/graph/b/depends_on/1",
        ),
        (
            json!({ "a": { "task": { "priority": 101 } } }),
            "/graph/a/task/priority",
        ),
        (json!({ "a/b": { "task": {} } }), "/graph/a~1b"),
        (
            json!({ "a": { "task": { "depends_on": [id] } } }),
            "/graph/a/task/depends_on",
        ),
        (
            json!({ "a": { "task": { "unique": { "key": "k", "until": "started", "on_conflict": "reject" } } } }),
            "/graph/a/task/unique",
        ),
    ] {
        let reply = api
            .post("/v1/jobs", json!({ "queue": "q", "graph": graph }))
            .await;
        assert_eq!(reply.failure(), (422, "validation_failed"), "{graph}");
        assert_eq!(reply.pointers(), [pointer], "{graph}");
    }
    let both = json!({ "queue": "q", "graph": {}, "tasks": [] });
    assert_eq!(api.post("/v1/jobs", both).await.pointers(), [""]);
    let twice = r#"{"queue": "q", "graph": {"a": {"task": {}}, "a": {"task": {}}}}"#;
    let request = api.request(reqwest::Method::POST, "/v1/jobs");
    let request = request
        .header("content-type", "application/json")
        .body(twice);
    assert_eq!(api.send(request).await.pointers(), ["/graph/a"]);
    assert_eq!(api.get("/v1/jobs").await.body["items"], json!([]));
}

#[tokio::test]
async fn an_empty_graph_has_succeeded() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "graph": {} })).await;
    assert_eq!(
        (&job["state"], &job["total"]),
        (&json!("succeeded"), &json!(0))
    );
    api.test.audit().await;
}

#[tokio::test]
async fn a_failure_ends_what_depends_on_it_and_a_retry_begins_there() {
    let api = Api::start().await;
    let mut body = row();
    body["graph"]["aside"] =
        json!({ "task": { "payload": 9 }, "depends_on": [{ "name": "fetch", "on": "finish" }] });
    let job = submitted(&api, body).await;
    let task = next(&api, &QUEUES).await;
    super::fail(&api, &task).await;
    let task = next(&api, &QUEUES).await;
    assert_eq!(task["payload"], 9);
    assert_eq!(task["parents"]["fetch"]["state"], "failed");
    complete(&api, &task, json!(null)).await;
    let over = api
        .until(&path(&job), |reply| reply.body["state"] == "failed")
        .await;
    assert_counts(&over.body, [4, 0, 0, 1, 3, 0]);
    let lines = results(&api, &job).await;
    let codes: BTreeMap<_, _> = lines
        .iter()
        .map(|line| {
            (
                line["name"].as_str().unwrap(),
                line["error"]["code"].as_str(),
            )
        })
        .collect();
    let dependency = Some("dependency");
    let wanted = [
        ("aside", None),
        ("clean", dependency),
        ("fetch", Some("bad")),
        ("load", dependency),
    ];
    assert_eq!(codes, wanted.into());
    api.test.audit().await;

    api.act(&format!("{}/retry", path(&job))).await;
    let over = work_off(&api, &job, &QUEUES).await;
    assert_eq!(over["state"], "succeeded");
    assert_counts(&over, [4, 0, 0, 4, 0, 0]);
    api.test.audit().await;
}

#[tokio::test]
async fn a_cancelled_graph_ends_in_all_its_queues() {
    let api = Api::start().await;
    let mut graph = serde_json::Map::new();
    for index in 0..300 {
        let queue = QUEUES[index % 2];
        let parents = if index < 2 {
            json!([])
        } else {
            json!([format!("t{}", index / 3)])
        };
        graph.insert(
            format!("t{index}"),
            json!({ "task": { "queue": queue }, "depends_on": parents }),
        );
    }
    let job = submitted(
        &api,
        json!({ "queue": "q", "graph": graph, "on_finish": { "queue": "done" } }),
    )
    .await;
    let running = next(&api, &["elsewhere"]).await;
    api.act(&format!("{}/cancel", path(&job))).await;
    // A child that hears of its parent's end before its own has failed of it.
    let ended = |reply: &Reply| {
        let count = |state: &str| reply.body[state].as_u64().unwrap();
        count("cancelled") + count("failed")
    };
    api.until(&path(&job), |reply| ended(reply) == 299).await;
    let told = |reply: &Reply| reply.body["cancel_requested"] == true;
    api.until(
        &format!("/v1/tasks/{}", running["id"].as_str().unwrap()),
        told,
    )
    .await;
    report(&api, &running, "release", json!({})).await;
    let over = api
        .until(&path(&job), |reply| reply.body["state"] == "cancelled")
        .await;
    assert_eq!(ended(&over), 300);
    assert_eq!(next(&api, &["done"]).await["payload"]["job_id"], job["id"]);
    api.test.audit().await;
}

#[tokio::test]
async fn a_graph_stops_after_so_many_failures() {
    let api = Api::start().await;
    let mut body = row();
    body["failure"] = json!({ "stop_after": 1 });
    body["graph"]["other"] = json!({ "task": { "queue": "elsewhere", "priority": -1 } });
    let job = submitted(&api, body).await;
    let task = next(&api, &["q"]).await;
    super::fail(&api, &task).await;
    let over = api
        .until(&path(&job), |reply| reply.body["state"] == "failed")
        .await;
    assert_eq!(over.body["succeeded"], 0);
    assert_eq!(
        over.body["cancelled"].as_u64().unwrap() + over.body["failed"].as_u64().unwrap(),
        4
    );
    api.test.audit().await;
}

#[tokio::test]
async fn a_key_makes_one_graph() {
    let api = Api::start().await;
    let keyed = || {
        let request = api.request(reqwest::Method::POST, "/v1/jobs");
        request.header("idempotency-key", "k").json(&row())
    };
    let first = api.send(keyed()).await;
    let second = api.send(keyed()).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.id(), second.id());
    assert_eq!(second.header("idempotency-replayed"), "true");
    let over = work_off(&api, &first.body, &QUEUES).await;
    assert_counts(&over, [3, 0, 0, 3, 0, 0]);
    api.test.audit().await;
}

#[tokio::test]
async fn ten_thousand_tasks_come_in_one_request_and_meet_in_one() {
    let api = Api::start().await;
    let mut graph = serde_json::Map::new();
    let names: Vec<String> = (0..9_999).map(|index| format!("part-{index}")).collect();
    for (index, name) in names.iter().enumerate() {
        let queue = QUEUES[usize::from(index % 10 == 0)];
        graph.insert(
            name.clone(),
            json!({ "task": { "queue": queue, "payload": index } }),
        );
    }
    graph.insert(
        "sum".into(),
        json!({ "task": { "queue": "sum" }, "depends_on": names }),
    );
    let job = submitted(&api, json!({ "queue": "q", "graph": graph })).await;
    assert_counts(&job, [10_000, 10_000, 0, 0, 0, 0]);
    let mut worked = 0;
    while worked < 9_999 {
        let tasks = claimed_from(&api, &QUEUES, 100).await;
        worked += tasks.len();
        let reports: Vec<_> = tasks
            .iter()
            .map(|task| json!({ "id": task["id"], "lease_token": task["lease_token"], "result": task["payload"] }))
            .collect();
        let reply = api
            .post("/v1/nodes/n/exchange", json!({ "complete": reports }))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let claim = json!({ "queues": ["sum"], "wait_ms": 30_000 });
    let sum = api.post("/v1/nodes/n/claim", claim).await.body["tasks"][0].clone();
    assert_eq!(sum["parents_total"], 9_999);
    assert_eq!(sum["parents"].as_object().unwrap().len(), 1_000);
    let text = api.get(&format!("{}/results", path(&job))).await.text;
    let read: u64 = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["result"]
                .as_u64()
                .unwrap()
        })
        .sum();
    assert_eq!(read, (0..9_999_u64).sum::<u64>());
    complete(&api, &sum, json!(read)).await;
    let over = api
        .until(&path(&job), |reply| reply.body["state"] == "succeeded")
        .await;
    assert_counts(&over.body, [10_000, 0, 0, 10_000, 0, 0]);
}
