//! What the commands send that change many tasks at once.

use super::recorder::{asked, request};

#[tokio::test]
async fn bulk_names_its_tasks_by_ids_or_by_a_filter() {
    assert_eq!(
        request(&["task", "bulk", "retry", "1", "2"]).await,
        "POST /v1/tasks/bulk {\"action\":\"retry\",\"ids\":[\"1\",\"2\"]}"
    );
    let filter = [
        "task",
        "bulk",
        "delete",
        "--state",
        "failed",
        "--type",
        "t",
        "--dry-run",
        "--rate-per-s",
        "9",
    ];
    assert_eq!(
        request(&filter).await,
        "POST /v1/tasks/bulk {\"action\":\"delete\",\"dry_run\":true,\
         \"filter\":{\"state\":\"failed\",\"type\":\"t\"},\"rate_per_s\":9}"
    );
    assert_eq!(
        request(&["task", "bulk", "reprioritise", "--all", "--priority", "-1"]).await,
        "POST /v1/tasks/bulk {\"action\":\"reprioritise\",\"all\":true,\"filter\":{},\"priority\":-1}"
    );
}

#[tokio::test]
async fn bulk_does_nothing_unless_it_is_clear_what_is_meant() {
    let unclear: [(&[&str], &str); 5] = [
        (&["retry"], "required"),
        (&["retry", "1", "--queue", "q"], "cannot be used with"),
        (&["retry", "--all", "--queue", "q"], "cannot be used with"),
        (&["reprioritise", "1"], "--priority"),
        (&["cancel", "--all"], "Really cancel every task there is?"),
    ];
    for (arguments, words) in unclear {
        let (requests, said) = asked(&[&["task", "bulk"], arguments].concat(), "{}").await;
        assert!(
            requests.is_empty() && said.contains(words),
            "{arguments:?}: {said}"
        );
    }
    let cancel = ["task", "bulk", "cancel", "--all", "--yes"];
    assert!(
        request(&cancel)
            .await
            .contains("\"action\":\"cancel\",\"all\":true")
    );
}

#[tokio::test]
async fn operations_are_read_paused_and_aborted() {
    assert_eq!(
        request(&["operation", "get", "1"]).await,
        "GET /v1/operations/1"
    );
    assert_eq!(
        request(&["operation", "pause", "1"]).await,
        "POST /v1/operations/1/pause"
    );
    assert_eq!(
        request(&["operation", "abort", "1"]).await,
        "POST /v1/operations/1/abort"
    );
}
