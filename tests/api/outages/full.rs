//! Redis has no memory left for more.

use serde_json::json;
use tempfile::tempdir;

use super::{submit, submit_until_taken};
use crate::api::service::{Caller, Reply};
use crate::ops::service::Service;

#[tokio::test]
async fn a_full_redis_refuses_submits_and_lets_work_end() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    for key in ["a", "b", "c", "d"] {
        submit_until_taken(&caller, key).await;
    }
    let session = caller.register("n", json!({"slots": 9})).await;
    let most = |bytes: &str| {
        let () = service.redis(&["CONFIG", "SET", "maxmemory", bytes]);
    };
    most("1000000");

    let full = |reply: &Reply| reply.failure() == (503, "store_full");
    let refused = submit(&caller, "e").await;
    assert!(full(&refused), "{}", refused.text);
    assert_eq!(refused.body["outcome"], "none");
    let batch = json!({"tasks": [{"queue": "q"}, {"queue": "q"}], "mode": "atomic"});
    let batch = caller.post("/v1/tasks/batch", batch).await;
    assert!(full(&batch), "{}", batch.text);
    // It is ready, since work goes on, and says what it lacks.
    let ready = caller
        .until("/readyz", |reply| reply.body["store_full"] == true)
        .await;
    assert_eq!(ready.status, 200);

    let beat = json!({"session": session});
    let beat = caller.post("/v1/nodes/n/heartbeat", beat).await;
    assert_eq!(beat.status, 200, "{}", beat.text);
    let claim = json!({"queues": ["q"], "max_tasks": 4});
    let leases = caller.claim("m", claim).await;
    let error = json!({"error": {"code": "x", "message": "y"}, "retryable": false});
    for (lease, verb, body) in [
        (&leases[0], "progress", json!({"fraction": 0.5})),
        (&leases[0], "complete", json!({"result": 1})),
        (&leases[1], "fail", error),
        (&leases[2], "release", json!({})),
    ] {
        let done = caller.report(lease, verb, body).await;
        assert_eq!(done.status, 200, "{verb}: {}", done.text);
    }
    let cancelled = caller
        .act(&format!("/v1/tasks/{}/cancel", leases[2].id))
        .await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);

    most("0");
    caller
        .until("/readyz", |reply| {
            reply.status == 200 && reply.body.get("store_full").is_none()
        })
        .await;
    submit_until_taken(&caller, "e").await;
}
