//! What Redis says of itself: memory, processor time and script calls.
//!
//! The bench reads INFO and MEMORY USAGE from outside, like an operator with redis-cli; it never
//! touches what the service stores.

use std::time::Duration;

use anyhow::Context;
use deadpool_redis::redis::{self, aio::MultiplexedConnection};

/// A connection for INFO and MEMORY USAGE.
pub(super) struct RedisInfo {
    connection: MultiplexedConnection,
}

/// One answer to INFO.
pub(super) struct Snapshot {
    text: String,
}

/// Calls of scripts, and the time inside them.
#[derive(Clone, Copy, Default)]
pub(super) struct ScriptCalls {
    pub(super) calls: f64,
    pub(super) busy_us: f64,
}

impl RedisInfo {
    pub(super) async fn open(url: &str) -> anyhow::Result<Self> {
        let client = redis::Client::open(url).context("the Redis URL")?;
        let connection = client
            .get_multiplexed_async_connection()
            .await
            .context("connecting to Redis")?;
        Ok(Self { connection })
    }

    pub(super) async fn snapshot(&self) -> anyhow::Result<Snapshot> {
        let text = redis::cmd("INFO")
            .arg("all")
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(Snapshot { text })
    }

    /// Waits until Redis rests: no rewrite of its log is running, and what the last
    /// requests left in buffers is gone.
    pub(super) async fn settle(&self) -> anyhow::Result<Snapshot> {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let snapshot = self.snapshot().await?;
            if snapshot.number("aof_rewrite_in_progress") == 0.0
                && snapshot.number("rdb_bgsave_in_progress") == 0.0
            {
                return Ok(snapshot);
            }
        }
    }

    /// What these keys take together, those that are not there nothing.
    pub(super) async fn memory_of(&self, keys: &[String]) -> anyhow::Result<f64> {
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline
                .cmd("MEMORY")
                .arg("USAGE")
                .arg(key)
                // Every member counts: a sample of them is off by a few percent.
                .arg("SAMPLES")
                .arg(0);
        }
        let bytes: Vec<Option<f64>> = pipeline
            .query_async(&mut self.connection.clone())
            .await
            .context("asking how large keys are")?;
        Ok(bytes.into_iter().flatten().sum())
    }

    pub(super) async fn set_fsync(&self, policy: &str) -> anyhow::Result<()> {
        redis::cmd("CONFIG")
            .arg("SET")
            .arg("appendfsync")
            .arg(policy)
            .query_async::<()>(&mut self.connection.clone())
            .await
            .context("setting appendfsync")
    }
}

impl Snapshot {
    pub(super) fn text_field(&self, name: &str) -> Option<&str> {
        self.text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    }

    /// A numeric field, 0 where this Redis does not have it.
    pub(super) fn number(&self, name: &str) -> f64 {
        let value = self.text_field(name).and_then(|value| value.parse().ok());
        value.unwrap_or(0.0)
    }

    /// User and system seconds of all threads.
    pub(super) fn cpu_seconds(&self) -> f64 {
        self.number("used_cpu_user") + self.number("used_cpu_sys")
    }

    /// User and system seconds of the one thread that runs commands.
    pub(super) fn main_thread_cpu_seconds(&self) -> f64 {
        self.number("used_cpu_user_main_thread") + self.number("used_cpu_sys_main_thread")
    }

    pub(super) fn script_calls(&self) -> ScriptCalls {
        let mut sum = ScriptCalls::default();
        for command in ["cmdstat_evalsha", "cmdstat_eval", "cmdstat_fcall"] {
            for pair in self.text_field(command).unwrap_or("").split(',') {
                match pair.split_once('=') {
                    Some(("calls", calls)) => sum.calls += calls.parse().unwrap_or(0.0),
                    Some(("usec", usec)) => sum.busy_us += usec.parse().unwrap_or(0.0),
                    _ => {}
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::private_redis::{PrivateRedis, PrivateRedisOptions};

    #[tokio::test]
    async fn a_running_redis_tells_its_memory_and_processor_time() {
        let dir = tempfile::tempdir().unwrap();
        let server = PrivateRedis::start(PrivateRedisOptions::new(dir.path().join("redis")))
            .await
            .unwrap();
        let redis = RedisInfo::open(&server.url()).await.unwrap();
        redis.set_fsync("everysec").await.unwrap();
        let snapshot = redis.settle().await.unwrap();
        assert!(snapshot.number("used_memory") > 0.0);
        assert!(snapshot.cpu_seconds() >= snapshot.main_thread_cpu_seconds());
        assert!(snapshot.main_thread_cpu_seconds() > 0.0);
        assert_eq!(snapshot.text_field("aof_enabled"), Some("1"));
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let snapshot = Snapshot {
            text: "used_cpu_sys:1.5\r\nused_cpu_sys_main_thread:1.0\r\nused_cpu_user:2\r\n\
                   cmdstat_evalsha:calls=4,usec=10,usec_per_call=2.50\r\n"
                .to_owned(),
        };
        assert!((snapshot.cpu_seconds() - 3.5).abs() < 1e-9);
        assert!((snapshot.main_thread_cpu_seconds() - 1.0).abs() < 1e-9);
        let scripts = snapshot.script_calls();
        assert!((scripts.calls - 4.0).abs() < 1e-9 && (scripts.busy_us - 10.0).abs() < 1e-9);
    }
}
