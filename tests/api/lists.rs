//! Lists of tasks: filters, pages, and how much of a task they show.

use serde_json::{Value, json};

use super::service::Api;

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_list_leaves_out_payload_and_result_unless_asked_for_them() {
    let api = Api::start().await;
    let long = "x".repeat(5_000);
    let id = api
        .submit(
            json!({"queue": "q", "payload": {"long": long}, "metadata": {"k": "v"}, "tags": ["t"]}),
        )
        .await;
    let lease = api.claim_one().await;
    api.report(&lease, "complete", json!({"result": [1]})).await;
    let brief = api.get("/v1/tasks").await;
    assert_eq!(brief.status, 200);
    let item = &brief.body["items"][0];
    assert_eq!(
        (&item["id"], &item["state"]),
        (&json!(id), &json!("succeeded"))
    );
    assert_eq!(
        (&item["metadata"], &item["tags"]),
        (&json!({"k": "v"}), &json!(["t"]))
    );
    assert!(
        item.get("payload").is_none() && item.get("result").is_none(),
        "{item}"
    );
    let full = api.get("/v1/tasks?view=full").await;
    assert_eq!(full.body["items"][0], api.task(&id).await);
}

#[tokio::test]
async fn a_list_goes_on_where_its_cursor_says() {
    let api = Api::start().await;
    let mut expected = Vec::new();
    for queue in ["a", "b", "a", "b", "a"] {
        expected.push(api.submit(json!({"queue": queue, "tags": ["t"]})).await);
        api.test.advance(1);
    }
    expected.reverse();
    for filter in ["", "&state=queued", "&type=default", "&tag=t"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/tasks?limit=2{filter}{cursor}");
            let page = api.get(&path).await;
            seen.extend(ids(&page.body).into_iter().map(str::to_owned));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_filter_is_400() {
    let api = Api::start().await;
    for _ in 0..2 {
        api.submit_one().await;
    }
    let page = api.get("/v1/tasks?queue=q&limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let other = api.get(&format!("/v1/tasks?cursor={cursor}")).await;
    assert_eq!(other.failure(), (400, "invalid_cursor"));
    let queues = api.get(&format!("/v1/queues?cursor={cursor}")).await;
    assert_eq!(queues.failure(), (400, "invalid_cursor"));
    let same = api
        .get(&format!(
            "/v1/tasks?queue=q&view=full&limit=5&cursor={cursor}"
        ))
        .await;
    assert_eq!((same.status, ids(&same.body).len()), (200, 1));
}

#[tokio::test]
async fn every_filter_narrows_the_list() {
    let api = Api::start().await;
    let later = json!({"queue": "a", "type": "x", "tags": ["t u"], "delay_ms": 1_000});
    let later = api.submit(later).await;
    let now = api.submit(json!({"queue": "b"})).await;
    let leases = api.claim("n", json!({"queues": ["b"]})).await;
    assert_eq!(leases[0].id, now);
    for (filter, expected) in [
        ("queue=a", vec![&later]),
        ("queue=none", vec![]),
        ("state=running", vec![&now]),
        ("state=running&node_id=n", vec![&now]),
        ("node_id=n", vec![&now]),
        ("node_id=m", vec![]),
        ("type=x", vec![&later]),
        ("type=default", vec![&now]),
        ("tag=t%20u", vec![&later]),
        ("tag=t%20u&state=queued", vec![]),
        ("job_id=01997a3e-7c00-7abc-8def-0123456789a5", vec![]),
        ("created_after=2026-11-23T07:01:55.000Z", vec![]),
        ("created_after=2026-11-23T07:01:54.999Z", vec![&later, &now]),
        (
            "created_before=2026-11-23T07:01:55.001Z",
            vec![&later, &now],
        ),
        ("created_before=2026-11-23T08:01:55%2B01:00", vec![]),
    ] {
        let page = api.get(&format!("/v1/tasks?{filter}")).await;
        assert_eq!(ids(&page.body), expected, "{filter}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_filter_is_400() {
    let api = Api::start().await;
    for filter in [
        "queue=a%20b",
        "state=waiting",
        "stat=queued",
        "job_id=7",
        "created_after=yesterday",
        "view=long",
        "limit=0",
        "limit=501",
    ] {
        let reply = api.get(&format!("/v1/tasks?{filter}")).await;
        assert_eq!(reply.failure(), (400, "invalid_request"), "{filter}");
    }
    for cursor in ["x", "dGFza3M"] {
        let reply = api.get(&format!("/v1/tasks?cursor={cursor}")).await;
        assert_eq!(reply.failure(), (400, "invalid_cursor"), "{cursor}");
    }
}
