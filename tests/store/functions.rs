//! Scripts as Redis functions: loaded, loaded again, and done without.

use deadpool_redis::redis::{self, FromRedisValue};
use taskyard::domain::TaskState;
use taskyard::store::clock::Clock;
use taskyard::store::{Store, StoreOptions};

use crate::support::{TestRedis, TestStore, submission};

/// The names of all libraries.
async fn libraries(redis: &TestRedis) -> Vec<String> {
    let mut connection = redis.connect().await;
    let mut list = redis::cmd("FUNCTION");
    let listed: Vec<Vec<redis::Value>> =
        list.arg("LIST").query_async(&mut connection).await.unwrap();
    let names = listed
        .iter()
        .map(|library| String::from_redis_value_ref(&library[1]).unwrap());
    names.collect()
}

async fn works(test: &TestStore) {
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    assert_eq!(lease.id, id);
    test.complete(&lease).await;
    assert_eq!(test.state(id).await, TaskState::Succeeded);
}

#[tokio::test]
async fn scripts_are_functions_of_one_library() {
    let test = TestStore::start().await;
    let known = libraries(&test.redis).await;
    assert_eq!(known.len(), 1, "{known:?}");
    works(&test).await;
    let _again = test.mortal().await;
    works(&test).await;
    assert_eq!(libraries(&test.redis).await, known);
    assert_eq!(test.redis.calls_of("evalsha").await, 0);
}

#[tokio::test]
async fn functions_that_were_flushed_are_loaded_again() {
    let test = TestStore::start().await;
    works(&test).await;
    test.redis.run(&["FUNCTION", "FLUSH"]).await;
    works(&test).await;
    test.audit().await;
}

#[tokio::test]
async fn a_user_that_may_not_call_functions_is_served_by_scripts() {
    let mut test = TestStore::start().await;
    let rule = "on >secret ~* &* +@all -fcall -function";
    let mut words = vec!["ACL", "SETUSER", "plain"];
    words.extend(rule.split(' '));
    test.redis.run(&words).await;
    let url = test.redis.redis.url();
    let (socket, _) = url.split_once('?').unwrap();
    test.store = Store::open(StoreOptions {
        url: format!("{socket}?user=plain&pass=secret"),
        clock: Clock::Virtual(test.now.clone()),
        ..StoreOptions::default()
    })
    .await
    .unwrap();
    let before = test.redis.calls_of("fcall").await;
    works(&test).await;
    test.audit().await;
    assert_eq!(test.redis.calls_of("fcall").await, before);
    assert!(test.redis.calls_of("evalsha").await > 0);
}

#[tokio::test]
async fn a_full_redis_that_takes_no_functions_still_runs_what_makes_room() {
    let test = TestStore::start().await;
    let id = test.submit(submission("default")).await;
    let lease = test.claim_one().await;
    test.redis.run(&["FUNCTION", "FLUSH"]).await;
    test.redis.run(&["CONFIG", "SET", "maxmemory", "1mb"]).await;
    test.complete(&lease).await;
    assert!(libraries(&test.redis).await.is_empty());
    assert!(test.redis.calls_of("evalsha").await > 0);
    test.redis.run(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(test.state(id).await, TaskState::Succeeded);
    test.audit().await;
}

#[tokio::test]
async fn a_start_deletes_libraries_of_other_releases_and_nobody_elses() {
    let test = TestStore::start().await;
    let load = |name: &str| {
        format!("#!lua name={name}\nredis.register_function('{name}', function() return 1 end)")
    };
    let old = "taskyard_000000000000";
    for name in [old, "somebody"] {
        test.redis.run(&["FUNCTION", "LOAD", &load(name)]).await;
    }
    let _again = test.mortal().await;
    let left = libraries(&test.redis).await;
    assert!(!left.iter().any(|name| name == old));
    assert!(left.iter().any(|name| name == "somebody"));
    assert_eq!(left.len(), 2, "{left:?}");
    works(&test).await;
}
