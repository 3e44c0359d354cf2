//! Results in the order of the items.

use serde_json::{Value, json};

use super::super::service::Api;
use super::{claimed, complete, fail, path, submitted, uploaded};

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Ends so many tasks: the result of each is where its items begin.
async fn work(api: &Api, count: usize) {
    let mut done = 0;
    while done < count {
        let tasks = claimed(api, 100).await;
        done += tasks.len();
        let report = |task: &Value| {
            let [id, token] = [&task["id"], &task["lease_token"]];
            json!({ "id": id, "lease_token": token, "result": task["payload"]["from"] })
        };
        let reports: Vec<_> = tasks.iter().map(report).collect();
        let reply = api.post("/v1/nodes/n/exchange", json!({ "complete": reports }));
        assert_eq!(reply.await.status, 200);
    }
}

#[tokio::test]
async fn results_stop_at_the_first_unfinished_task_and_can_be_resumed() {
    let api = Api::start().await;
    let job = uploaded(&api, "&chunk=2", "0\n1\n2\n3\n4\n5\n6\n").await;
    let results = format!("{}/results", path(&job));
    assert_eq!(api.get(&results).await.text, "");
    let tasks = claimed(&api, 4).await;
    complete(&api, &tasks[0], json!({ "sum": 1 })).await;
    fail(&api, &tasks[1]).await;
    complete(&api, &tasks[3], json!(null)).await;
    let reply = api.get(&results).await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let found = lines(&reply.text);
    assert_eq!(found.len(), 2, "{}", reply.text);
    assert_eq!(found[0]["result"], json!({ "sum": 1 }));
    assert_eq!(
        (&found[1]["state"], &found[1]["error"]["code"]),
        (&json!("failed"), &json!("bad"))
    );
    assert_eq!(
        (&found[1]["offset"], &found[1]["count"]),
        (&json!(2), &json!(2))
    );
    complete(&api, &tasks[2], json!(2)).await;
    // From the middle of a chunk, the chunk that holds the item comes first.
    let rest = lines(&api.get(&format!("{results}?from=5")).await.text);
    let offsets: Vec<_> = rest
        .iter()
        .map(|line| line["offset"].as_u64().unwrap())
        .collect();
    assert_eq!(offsets, [4, 6]);
    assert_eq!(rest[1]["result"], Value::Null);
    assert!(rest[1].as_object().unwrap().contains_key("result"));
    assert_eq!(api.get(&format!("{results}?from=7")).await.text, "");
    let wrong = api.get(&format!("{results}?from=x")).await;
    assert_eq!(wrong.failure(), (400, "invalid_request"));
}

#[tokio::test]
async fn numbers_come_back_as_they_were() {
    let api = Api::start().await;
    let job = uploaded(&api, "", "18446744073709551617\n").await;
    let lease = api.claim_one().await;
    let body = format!(
        r#"{{"lease_token":"{}","result":[18446744073709551617, {{}}]}}"#,
        lease.token
    );
    let done = api
        .post_text(&format!("/v1/tasks/{}/complete", lease.id), body)
        .await;
    assert_eq!(done.status, 200);
    let text = api.get(&format!("{}/results", path(&job))).await.text;
    assert!(
        text.contains(r#""result":[18446744073709551617, {}]"#),
        "{text}"
    );
}

#[tokio::test]
async fn following_gives_every_result_as_it_comes_and_ends_with_the_last() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "range": { "to": 1_200 } })).await;
    let follow = format!("{}/results?follow=true", path(&job));
    let (reply, ()) = tokio::join!(api.get(&follow), work(&api, 1_200));
    let found = lines(&reply.text);
    let results: Vec<_> = found
        .iter()
        .map(|line| line["result"].as_u64().unwrap())
        .collect();
    assert!(
        results.iter().copied().eq(0..1_200),
        "{} lines",
        results.len()
    );
}

#[tokio::test]
async fn a_follower_ends_with_the_service() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "tasks": [{}, {}] })).await;
    let task = claimed(&api, 1).await.remove(0);
    complete(&api, &task, json!(1)).await;
    let follow = format!("{}/results?follow=true", path(&job));
    let request = api.request(reqwest::Method::GET, &follow);
    let mut answer = request.send().await.unwrap();
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(lines(std::str::from_utf8(&first).unwrap()).len(), 1);
    api.stop.cancel();
    assert_eq!(answer.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn results_come_in_pages_of_so_many_lines() {
    let api = Api::start().await;
    let body = "1\n".repeat(500);
    let job = uploaded(&api, "&chunk=2", body).await;
    let mut done = 0;
    while done < 250 {
        for task in claimed(&api, 100).await {
            complete(&api, &task, task["payload"]["offset"].clone()).await;
            done += 1;
        }
    }
    let (mut from, mut pages, mut found) = (0, Vec::new(), Vec::new());
    loop {
        let path = format!("{}/results?from={from}&limit=120", path(&job));
        let page = lines(&api.get(&path).await.text);
        let Some(last) = page.last() else { break };
        from = last["offset"].as_u64().unwrap() + last["count"].as_u64().unwrap();
        pages.push(page.len());
        found.extend(page);
    }
    assert_eq!(pages, [120, 120, 10]);
    let results = found.iter().map(|line| line["result"].as_u64().unwrap());
    assert!(results.eq((0..500).step_by(2)));
    let follow = format!("{}/results?from=490&limit=3&follow=true", path(&job));
    assert_eq!(lines(&api.get(&follow).await.text).len(), 3);
    let none = api.get(&format!("{}/results?limit=0", path(&job))).await;
    assert_eq!(none.failure(), (400, "invalid_request"));
}

#[tokio::test]
async fn a_stream_of_several_pages_is_whole_and_in_order() {
    let api = Api::start().await;
    let job = submitted(&api, json!({ "queue": "q", "range": { "to": 1_000 } })).await;
    work(&api, 1_000).await;
    let results = |text: &str| -> Vec<u64> {
        let lines = lines(text).into_iter();
        lines.map(|line| line["result"].as_u64().unwrap()).collect()
    };
    let all = format!("{}/results", path(&job));
    let whole: Vec<u64> = (0..1_000).collect();
    assert_eq!(results(&api.get(&all).await.text), whole);
    assert_eq!(
        results(&api.get(&format!("{all}?follow=true")).await.text),
        whole
    );
    let middle = api.get(&format!("{all}?from=150&limit=450")).await;
    assert_eq!(results(&middle.text), whole[150..600]);
}
