//! What a queued task costs Redis with one tag and without, and which part of it are indexes.

use serde::Serialize;

use crate::cli::bench::redis_info::RedisInfo;
use crate::cli::bench::report::rounded;
use crate::domain::partition::MAX_PARTITIONS;
use crate::domain::{Partition, TaskState};
use crate::store::keys::Keys;

/// Bytes of one queued task.
#[derive(Serialize)]
pub(super) struct IndexBytes {
    /// All of it, by the rise of `used_memory`.
    whole_without_tag: f64,
    whole_with_one_tag: f64,
    /// Its row among the queue's tasks in its state, by MEMORY USAGE.
    state: f64,
    /// Its row among those that may be claimed.
    ready: f64,
    /// Its row in the set of its tag.
    tag: f64,
}

/// Two queues with equally many tasks, and what Redis used before, between and after them.
pub(super) struct Measured<'a> {
    pub(super) without_tag: &'a str,
    pub(super) with_one_tag: &'a str,
    pub(super) tag: &'a str,
    pub(super) tasks: u64,
    pub(super) classes: u64,
    pub(super) used: [f64; 3],
}

#[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
pub(super) async fn read(redis: &RedisInfo, measured: &Measured<'_>) -> anyhow::Result<IndexBytes> {
    let tasks = measured.tasks.max(1) as f64;
    let each = |bytes: f64| rounded(bytes / tasks);
    let [before, between, after] = measured.used;
    let queue = measured.without_tag;
    let state = of_all_partitions(|keys| vec![keys.state(queue, TaskState::Queued)]);
    let ready = of_all_partitions(|keys| {
        let classes = 0..measured.classes;
        classes
            .map(|class| keys.ready(queue, &class.to_string()))
            .collect()
    });
    let tag = of_all_partitions(|keys| vec![keys.tag(measured.with_one_tag, measured.tag)]);
    Ok(IndexBytes {
        whole_without_tag: each(between - before),
        whole_with_one_tag: each(after - between),
        state: each(redis.memory_of(&state).await?),
        ready: each(redis.memory_of(&ready).await?),
        tag: each(redis.memory_of(&tag).await?),
    })
}

/// Only one partition has a queue, and the others have no such key.
fn of_all_partitions(keys: impl Fn(&Keys) -> Vec<String>) -> Vec<String> {
    Partition::all(MAX_PARTITIONS)
        .flat_map(|partition| keys(&Keys::of(partition)))
        .collect()
}
