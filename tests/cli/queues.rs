//! What the commands send that set, empty and delete queues.

use super::recorder::{asked, request};

#[tokio::test]
async fn set_sends_what_is_given_and_options_win() {
    let set = [
        "queue",
        "set",
        "q",
        "--settings",
        "{\"limits\": {\"running\": 9007199254740993}, \"lease_ms\": 1}",
        "--ordering",
        "fifo",
        "--aging-step-ms",
        "2",
        "--max-tasks",
        "3",
        "--lease-ms",
        "4",
        "--timeout-ms",
        "5",
        "--max-attempts",
        "6",
        "--target",
        "https://h/",
        "--target-concurrency",
        "7",
        "--partition",
        "8",
        "--fair-by",
        "run_time",
    ];
    let body = "{\"aging_step_ms\":2,\"fair_by\":\"run_time\",\"lease_ms\":4,\"limits\":{\"running\":9007199254740993},\
        \"max_attempts\":6,\"max_tasks\":3,\"ordering\":\"fifo\",\"partition\":8,\"target\":\"https://h/\",\
        \"target_concurrency\":7,\"timeout_ms\":5}";
    assert_eq!(request(&set).await, format!("PATCH /v1/queues/q {body}"));
    let replace = [&set[..], &["--replace"]].concat();
    assert_eq!(request(&replace).await, format!("PUT /v1/queues/q {body}"));
}

#[tokio::test]
async fn set_without_anything_is_refused_unless_it_replaces() {
    let (requests, said) = asked(&["queue", "set", "q"], "{}").await;
    assert!(
        requests.is_empty() && said.contains("nothing is to be set"),
        "{said}"
    );
    let (requests, said) = asked(&["queue", "set", "q", "--settings", "[]"], "{}").await;
    assert!(
        requests.is_empty() && said.contains("no JSON object"),
        "{said}"
    );
    assert_eq!(
        request(&["queue", "set", "q", "--replace"]).await,
        "PUT /v1/queues/q {}"
    );
}

#[tokio::test]
async fn purge_and_delete_ask_first() {
    for (verb, sent) in [
        ("purge", "POST /v1/queues/q/purge"),
        ("delete", "DELETE /v1/queues/q"),
    ] {
        let (requests, said) = asked(&["queue", verb, "q"], "{}").await;
        assert!(requests.is_empty() && said.contains("say --yes"), "{said}");
        assert_eq!(request(&["queue", verb, "q", "--yes"]).await, sent);
    }
    let (_, said) = asked(&["queue", "purge", "q", "-y"], "{\"purged\": 3}").await;
    assert_eq!(said, "purged\t3\n");
    let (_, said) = asked(&["queue", "purge", "q", "-y"], "").await;
    assert_eq!(said, "");
}

#[tokio::test]
async fn a_secret_is_rotated_by_name() {
    assert_eq!(
        request(&["queue", "rotate-secret", "q"]).await,
        "POST /v1/queues/q/rotate-secret"
    );
    assert_eq!(
        request(&["node", "rotate-secret", "n"]).await,
        "POST /v1/nodes/n/rotate-secret"
    );
}
