//! What the commands send that find, change and delete tasks.

use super::recorder::{asked, request};

#[tokio::test]
async fn list_sends_its_filter_and_shows_a_page() {
    let page = "{\"items\": [{\"id\": \"1\", \"queue\": \"q\", \"state\": \"failed\"}], \"next_cursor\": \"c2\"}";
    let list = [
        "task",
        "list",
        "--queue",
        "q",
        "--state",
        "failed",
        "--type",
        "t",
        "--tag",
        "a b",
        "--node-id",
        "n",
        "--job-id",
        "j",
        "--created-after",
        "2030-01-01T00:00:00Z",
        "--created-before",
        "2031-01-01T00:00:00Z",
        "--limit",
        "2",
        "--cursor",
        "c1",
    ];
    let (requests, said) = asked(&list, page).await;
    assert_eq!(
        requests,
        [
            "GET /v1/tasks?queue=q&state=failed&type=t&tag=a+b&job_id=j&node_id=n\
          &created_after=2030-01-01T00%3A00%3A00Z&created_before=2031-01-01T00%3A00%3A00Z&limit=2&cursor=c1"
        ]
    );
    assert_eq!(
        said,
        "1\tq\t-\tfailed\t-\t-\t-\nthere are more: --cursor c2\n"
    );
}

#[tokio::test]
async fn attempts_are_shown_with_all_that_is_said_of_them() {
    let page = "{\"items\": [{\"attempt\": 1, \"node_id\": \"n\"}, {\"attempt\": 2, \"outcome\": \"ok\"}]}";
    let (requests, said) = asked(&["task", "attempts", "1"], page).await;
    assert_eq!(requests, ["GET /v1/tasks/1/attempts"]);
    assert_eq!(said, "1\tn\t-\n2\t-\tok\n");
}

#[tokio::test]
async fn edit_sends_what_is_to_change() {
    let edit = [
        "task",
        "edit",
        "1",
        "--priority",
        "-3",
        "--tag",
        "a",
        "--metadata",
        "k=v",
    ];
    assert_eq!(
        request(&edit).await,
        "PATCH /v1/tasks/1 {\"metadata\":{\"k\":\"v\"},\"priority\":-3,\"tags\":[\"a\"]}"
    );
    let (requests, said) = asked(&["task", "edit", "1"], "{}").await;
    assert!(requests.is_empty() && said.contains("--priority"), "{said}");
}

#[tokio::test]
async fn run_now_and_delete_name_their_task() {
    assert_eq!(
        request(&["task", "run-now", "1"]).await,
        "POST /v1/tasks/1/run-now"
    );
    let (requests, said) = asked(&["task", "delete", "1", "--yes"], "").await;
    assert_eq!(
        (&requests[..], said.as_str()),
        (&["DELETE /v1/tasks/1".to_owned()][..], "deleted 1\n")
    );
    let (requests, said) = asked(&["task", "delete", "1"], "").await;
    assert!(requests.is_empty() && said.contains("say --yes"), "{said}");
}

#[tokio::test]
async fn explain_asks_why_a_task_is_where_it_is() {
    let answer =
        r#"{"state": "queued", "reasons": [{"code": "in_turn", "message": "it is the next"}]}"#;
    let (requests, said) = asked(&["task", "explain", "1", "-o", "json"], answer).await;
    assert_eq!(requests, ["GET /v1/tasks/1/explain"]);
    assert!(said.contains("in_turn"), "{said}");
}
