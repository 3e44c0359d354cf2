//! Faults of the service itself, made by writing into its Redis what no script would.

use deadpool_redis::redis;
use serde_json::json;

use super::service::Api;

/// Runs a command in the service's Redis.
fn meddle(api: &Api, command: &[&str]) {
    let mut connection = redis::Client::open(api.test.redis.redis.url())
        .unwrap()
        .get_connection()
        .unwrap();
    redis::cmd(command[0])
        .arg(&command[1..])
        .exec(&mut connection)
        .unwrap();
}

/// The key of a task's record, in the partition that its id names.
fn record(id: &str) -> String {
    let compact = id.replace('-', "");
    let partition = u16::from_str_radix(&compact[29..], 16).unwrap();
    format!("{{ty{partition}}}:task:{compact}")
}

#[tokio::test]
async fn what_cannot_be_read_is_500_internal() {
    let api = Api::start().await;
    let id = api.submit_one().await;
    meddle(&api, &["HSET", &record(&id), "state", "dreaming"]);
    let reply = api.get(&format!("/v1/tasks/{id}")).await;
    assert_eq!(reply.failure(), (500, "internal"));
    assert_eq!(reply.body["retryable"], false);
    // The others are served.
    let other = api.submit_one().await;
    assert_eq!(api.task(&other).await["state"], "queued");
}

#[tokio::test]
async fn a_script_that_breaks_off_leaves_the_outcome_unknown_and_the_lane_open() {
    let api = Api::start().await;
    api.submit_one().await;
    // The set of scheduled tasks is none: the script finds out when it has written already.
    let scheduled: Vec<String> = (0..2).map(|n| format!("{{ty{n}}}:due")).collect();
    for key in &scheduled {
        meddle(&api, &["SET", key, "no set"]);
    }
    let late = json!({"queue": "q", "delay_ms": 60_000});
    let reply = api.post("/v1/tasks", late.clone()).await;
    assert_eq!(reply.failure(), (500, "internal"));
    assert_eq!(reply.body["outcome"], "unknown", "{}", reply.text);
    for key in &scheduled {
        meddle(&api, &["DEL", key]);
    }
    api.submit(late).await;
}
