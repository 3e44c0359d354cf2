//! The service while its Redis is in any state that it can be in: what clients are told, how soon,
//! and that it serves again, without a restart, once Redis does.
//!
//! These run the program itself, most with a private Redis that confirms what is on the disk.
//!
//! | Redis | a write | a read | `/readyz` | in |
//! |---|---|---|---|---|
//! | is down | 503 `store_unavailable`, with an outcome | the same | 503 | `killed` |
//! | hangs | the same within `IN_TIME` | the same | 503 | `hung` |
//! | is busy with a script | the same | the same | 503 | `hung` |
//! | is slow | late | late | 200 | `hung` |
//! | loads its data | 503, outcome none | 503 | 503 | `loading` |
//! | has forgotten its scripts | as ever | as ever | 200 | `loading` |
//! | is full | submits 503 `store_full`; work goes on | as ever | 200, says so | `full` |
//! | cannot write to its disk | 503, outcome none | as ever | 503 | `disk` |
//! | is (or became) a replica | 503, outcome none | as ever | 503 | `replica` |
//! | has lost the replica that was demanded | 503 `durability_unconfirmed` | as ever | 200, names the level | `replicated` |
//! | is wherever Sentinel says | 503 until there is a master | the same | 503 | `sentinel` |
//! | wants another password | 503, outcome none | 503 | 503 | `password` |
//! | is less safe, or would forget | as ever, names the level | as ever | names the level, or 503 | `settings` |
//! | was emptied or swapped | 503 `store_reset` | the same | 503 | `emptied` |

mod disk;
mod emptied;
mod full;
mod hung;
mod killed;
mod loading;
mod pair;
mod password;
mod replica;
mod replicated;
mod sentinel;
mod settings;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::service::{Caller, LIMIT, Reply};

/// A write is answered within this, whatever Redis does.
const IN_TIME: Duration = Duration::from_secs(8);

/// Submits under a key, until the task is taken: every refusal on the way.
async fn submit_until_taken(caller: &Caller, key: &str) -> (String, Vec<Reply>) {
    let (began, mut refusals) = (Instant::now(), Vec::new());
    loop {
        let reply = submit(caller, key).await;
        if reply.status == 201 {
            return (reply.id(), refusals);
        }
        assert_eq!(reply.failure(), (503, "store_unavailable"));
        assert!(reply.body["outcome"].is_string(), "{}", reply.text);
        refusals.push(reply);
        assert!(began.elapsed() < LIMIT, "the service does not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn submit(caller: &Caller, key: &str) -> Reply {
    let request = caller
        .request(reqwest::Method::POST, "/v1/tasks")
        .header("idempotency-key", key)
        .json(&json!({"queue": "q", "payload": key}));
    let began = Instant::now();
    let reply = caller.send(request).await;
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
    reply
}

async fn stats(caller: &Caller) -> Value {
    caller.get("/v1/queues/q/stats").await.body
}

/// Waits until the service is ready, then submits, claims and completes a task.
async fn works(caller: &Caller, key: &str) {
    caller.until("/readyz", |reply| reply.status == 200).await;
    let (id, _) = submit_until_taken(caller, key).await;
    let lease = caller.claim_one().await;
    assert_eq!(lease.id, id);
    let done = caller.report(&lease, "complete", json!({})).await;
    assert_eq!(done.status, 200, "{}", done.text);
}

/// Waits until `/readyz` says that the store is away; `/healthz` never minds.
async fn until_unready(caller: &Caller) {
    let ready = caller.until("/readyz", |reply| reply.status != 200).await;
    assert_eq!(ready.failure(), (503, "store_unavailable"));
    assert_eq!(caller.get("/healthz").await.text, "ok\n");
}

/// A submit is refused, and certainly not done.
async fn refused(caller: &Caller, key: &str) {
    let reply = submit(caller, key).await;
    assert_eq!(
        reply.failure(),
        (503, "store_unavailable"),
        "{}",
        reply.text
    );
    assert_eq!(reply.body["outcome"], "none", "{}", reply.text);
    assert_eq!(reply.body["retryable"], true);
}
