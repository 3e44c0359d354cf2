//! Redis has no memory left for more.

use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::tempdir;

use super::{stats, submit, submit_until_taken};
use crate::api::service::{Caller, LIMIT, Reply};
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
    // What would make it fuller has to wait.
    let large = json!({"result": "x".repeat(70_000)});
    let parent = json!({"submit": [{"queue": "q"}]});
    for body in [large.clone(), parent] {
        let waits = caller.report(&leases[3], "complete", body).await;
        assert!(full(&waits), "{}", waits.text);
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
    let done = caller.report(&leases[3], "complete", large).await;
    assert_eq!(done.status, 200, "{}", done.text);
}

#[tokio::test]
async fn finished_tasks_make_room_when_redis_is_full_and_unfinished_ones_stay() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    for key in ["a", "b", "c"] {
        submit_until_taken(&caller, key).await;
    }
    let used: String = service.redis(&["INFO", "memory"]);
    let used = used
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    let most = used.unwrap().trim().parse::<u64>().unwrap() + 4_000_000;
    let () = service.redis(&["CONFIG", "SET", "maxmemory", &most.to_string()]);

    // Each leaves 60 kB of result behind: 200 of them are three times what there is room for.
    let (mut refused, mut done) = (0, 0);
    let began = Instant::now();
    while done < 200 {
        assert!(
            began.elapsed() < 4 * LIMIT,
            "{done} done, {refused} refused"
        );
        let task = json!({"queue": "work"});
        let reply = caller.post("/v1/tasks", task).await;
        if reply.status != 201 {
            assert_eq!(reply.failure(), (503, "store_full"), "{}", reply.text);
            refused += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        }
        let lease = caller
            .claim("n", json!({"queues": ["work"]}))
            .await
            .remove(0);
        let result = json!({"result": "x".repeat(60_000)});
        let completed = caller.report(&lease, "complete", result).await;
        assert_eq!(completed.status, 200, "{}", completed.text);
        done += 1;
    }
    let waiting = stats(&caller).await;
    assert_eq!(waiting["queued"], 3, "{waiting}");
    let kept = caller.get("/v1/queues/work/stats").await.body["succeeded"].clone();
    assert!(kept.as_u64().unwrap() < 200, "{kept}");
}
