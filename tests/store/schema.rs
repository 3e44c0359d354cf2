//! Opening a store: schema versions, the number of partitions, the epoch.

use deadpool_redis::redis;
use taskyard::domain::Partition;
use taskyard::store::keys::Keys;
use taskyard::store::{OpenError, Store, StoreError, StoreOptions};

use crate::support::{TestRedis, submission};

async fn open(redis: &TestRedis) -> Result<Store, OpenError> {
    Store::open(options(redis)).await
}

fn options(redis: &TestRedis) -> StoreOptions {
    StoreOptions {
        url: redis.redis.url(),
        ..StoreOptions::default()
    }
}

async fn set_meta(redis: &TestRedis, partition: u16, field: &str, value: &str) {
    let client = redis::Client::open(redis.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("HSET")
        .arg(Keys::of(Partition::new(partition)).meta())
        .arg(field)
        .arg(value)
        .exec_async(&mut connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_first_start_cut_off_half_way_is_finished_by_the_next() {
    let redis = TestRedis::start().await;
    // What a start killed after its first partition leaves.
    set_meta(&redis, 15, "epoch", "half").await;
    set_meta(&redis, 15, "partitions", "16").await;
    set_meta(&redis, 15, "schema", "1").await;
    let store = open(&redis).await.unwrap();
    assert_eq!(store.epoch(), "half");
    for number in 0..64 {
        let task = submission(&format!("queue-{number}"));
        store.tasks.submit(task).await.unwrap();
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_a_sentence() {
    let redis = TestRedis::start().await;
    open(&redis).await.unwrap();
    set_meta(&redis, 3, "schema", "2").await;
    let refusal = open(&redis).await.err().unwrap();
    assert!(
        refusal.to_string().contains("use the newer release again"),
        "{refusal}"
    );
}

#[tokio::test]
async fn the_number_of_partitions_cannot_change() {
    let redis = TestRedis::start().await;
    open(&redis).await.unwrap();
    let other = StoreOptions {
        partitions: Some(8),
        ..options(&redis)
    };
    assert!(matches!(
        Store::open(other).await,
        Err(OpenError::Partitions {
            found: 16,
            wanted: 8
        })
    ));
}

#[tokio::test]
async fn two_first_starts_at_once_agree_on_one_epoch() {
    let redis = TestRedis::start().await;
    let (one, other) = tokio::join!(open(&redis), open(&redis));
    assert_eq!(one.unwrap().epoch(), other.unwrap().epoch());
}

#[tokio::test]
async fn an_emptied_store_is_left_alone() {
    let redis = TestRedis::start().await;
    let knowing = StoreOptions {
        known_epoch: Some("before".to_owned()),
        ..options(&redis)
    };
    let store = Store::open(knowing).await.unwrap();
    assert!(matches!(store.check().await, Err(StoreError::Reset)));
}
