//! Every problem code is produced by a test, has a page, and stands in the API's description.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::service::Api;

/// Each code, and the test that produces it over HTTP.
const PRODUCED: &[(&str, &str)] = &[
    ("invalid_request", "a_key_that_cannot_be_is_400"),
    ("invalid_json", "what_is_not_json_is_400"),
    ("invalid_cursor", "a_cursor_or_limit_that_cannot_be_is_400"),
    (
        "unauthenticated",
        "a_token_is_401_as_long_as_there_are_none",
    ),
    (
        "forbidden",
        "what_merely_passes_through_this_machine_is_403",
    ),
    ("not_found", "a_path_that_is_not_there_is_404"),
    ("task_not_found", "ids_that_name_nothing_are_404"),
    ("node_unknown", "an_ended_session_is_404"),
    (
        "queue_not_found",
        "a_queue_comes_into_being_with_its_first_task",
    ),
    ("schedule_not_found", "a_schedule_that_is_not_there_is_404"),
    (
        "operation_not_found",
        "an_operation_that_is_not_there_is_404",
    ),
    ("job_not_found", "a_job_that_is_not_there_is_404"),
    (
        "method_not_allowed",
        "a_method_that_is_not_there_is_405_and_says_which_are",
    ),
    ("not_acceptable", "an_answer_that_is_not_accepted_is_406"),
    (
        "request_timeout",
        "a_body_that_stalls_or_trickles_is_408_and_the_end",
    ),
    ("lease_lost", "a_token_of_another_attempt_is_409"),
    ("invalid_state", "release_gives_the_task_back_at_no_cost"),
    ("already_finished", "cancel_of_a_finished_task_is_409"),
    (
        "duplicate_task",
        "a_unique_key_in_use_is_200_with_its_task_or_409_duplicate_task",
    ),
    ("task_active", "delete_takes_a_finished_task_only"),
    (
        "idempotency_in_progress",
        "a_second_upload_with_the_same_key_is_409_while_the_first_lives",
    ),
    ("task_not_finished", "complete_twice_answers_the_same"),
    ("purged", "a_key_whose_task_is_no_more_is_410"),
    (
        "precondition_failed",
        "if_match_keeps_two_who_configure_apart",
    ),
    (
        "queue_full",
        "a_full_queue_takes_no_more_until_a_task_has_finished",
    ),
    ("payload_too_large", "what_is_too_large_is_413"),
    ("batch_too_large", "a_batch_with_too_many_tasks_is_413"),
    (
        "unsupported_media_type",
        "a_media_type_that_is_not_json_is_415",
    ),
    (
        "validation_failed",
        "an_unknown_field_is_422_with_its_pointer",
    ),
    (
        "idempotency_key_reused",
        "another_body_under_the_same_key_is_422",
    ),
    (
        "cyclic_dependency",
        "a_graph_with_a_cycle_is_422_and_names_it",
    ),
    (
        "batch_rejected",
        "an_atomic_batch_is_201_or_422_and_nothing",
    ),
    (
        "too_many_waiters",
        "waits_beyond_the_limit_are_429_too_many_waiters",
    ),
    ("headers_too_large", "a_head_that_is_too_large_is_431"),
    (
        "store_unavailable",
        "a_redis_that_is_killed_costs_503_and_nothing_more",
    ),
    (
        "store_full",
        "a_full_redis_refuses_submits_and_lets_work_end",
    ),
    ("store_reset", "until_reset"),
    (
        "durability_unconfirmed",
        "what_no_replica_has_is_503_durability_unconfirmed",
    ),
    (
        "shutting_down",
        "readiness_is_503_shutting_down_and_work_goes_on",
    ),
    (
        "overloaded",
        "bodies_beyond_what_the_service_holds_are_503_overloaded",
    ),
    ("internal", "what_cannot_be_read_is_500_internal"),
];

/// The codes that the API's description lists: all there are.
fn described() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&taskyard::api::document()).unwrap();
    let words = document["components"]["schemas"]["ProblemCode"]["enum"]
        .as_array()
        .unwrap();
    words
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// The source of every test of this folder.
fn sources(dir: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else if path.file_name().unwrap() != "codes.rs" {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

#[test]
fn every_code_is_produced_by_a_test() {
    let table: BTreeSet<String> = PRODUCED
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    assert_eq!(table.len(), PRODUCED.len(), "a code stands here twice");
    assert_eq!(
        described(),
        table,
        "a new code needs a test that produces it, and a line in PRODUCED"
    );
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api"));
    for (code, test) in PRODUCED {
        let head = format!("fn {test}(");
        let body = sources
            .iter()
            .find_map(|text| text.split_once(&head)?.1.split("\n}\n").next())
            .unwrap_or_else(|| panic!("there is no test {test} for {code}"));
        assert!(
            body.contains(&format!("\"{code}\"")),
            "{test} does not speak of {code}"
        );
    }
}

#[tokio::test]
async fn every_code_has_a_page_and_nothing_else_has() {
    let api = Api::start().await;
    for code in described() {
        let page = api.get(&format!("/problems/{code}")).await;
        assert_eq!(page.status, 200, "{code}");
        let (word, rest) = page.text.split_once(": ").unwrap();
        assert_eq!(word, code);
        assert!(rest.contains("\nHTTP "), "{}", page.text);
    }
    for word in ["", "Internal", "no_such_code"] {
        let page = api.get(&format!("/problems/{word}")).await;
        assert_eq!(page.failure(), (404, "not_found"), "{word}");
    }
}
