//! Lists of a span of time.

use taskyard::domain::task_filter::TaskFilter;
use taskyard::domain::{Submission, UnixMillis};

use super::all;
use crate::support::{EPOCH_MS, TestStore, submission};

#[tokio::test]
async fn the_span_of_a_list_leaves_out_its_ends() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let tags = vec!["x".to_owned()];
        let tagged = Submission {
            tags,
            ..submission("default")
        };
        ids.push(test.submit(tagged).await);
        test.advance(1);
    }
    let span = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS)),
        created_before: Some(UnixMillis::new(EPOCH_MS + 3)),
        ..TaskFilter::default()
    };
    let tagged = TaskFilter {
        tag: Some("x".to_owned()),
        ..span.clone()
    };
    assert_eq!(all(&test, &span, 1).await, [ids[1], ids[2]]);
    assert_eq!(all(&test, &tagged, 1).await, [ids[2], ids[1]]);
}

#[tokio::test]
async fn a_span_comes_the_earliest_moment_first() {
    let test = TestStore::start().await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(test.submit(submission("default")).await);
        test.advance(1);
    }
    // The one that was stored first enters its state last.
    assert_eq!(test.claim(1).await[0].id, ids[0]);
    let span = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS - 1)),
        created_before: Some(UnixMillis::new(EPOCH_MS + 4)),
        ..TaskFilter::default()
    };
    for limit in [1, 3, 50] {
        let expected = [ids[1], ids[2], ids[3], ids[0]];
        assert_eq!(all(&test, &span, limit).await, expected);
    }
}

#[tokio::test]
async fn a_span_has_what_changed_after_the_clock_was_set_back() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    test.step_back(600_000);
    // It runs since before it was stored, by that clock.
    assert_eq!(test.claim(1).await[0].id, id);
    let after = TaskFilter {
        created_after: Some(UnixMillis::new(EPOCH_MS - 1)),
        ..TaskFilter::default()
    };
    let span = TaskFilter {
        created_before: Some(UnixMillis::new(EPOCH_MS + 1)),
        ..after.clone()
    };
    for filter in [after, span] {
        assert_eq!(all(&test, &filter, 1).await, [id]);
    }
}
