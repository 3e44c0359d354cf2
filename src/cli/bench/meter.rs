//! A rate, with the processor time that each part spent on it.

use std::time::Instant;

use serde::Serialize;

use super::cpu;
use super::deployment::Deployment;
use super::redis_info::Snapshot;
use super::report::rounded;

/// The counters at one instant.
pub(super) struct Meter<'a> {
    deployment: &'a Deployment,
    started: Instant,
    client_seconds: Option<f64>,
    service_seconds: Option<f64>,
    redis: Option<Snapshot>,
}

/// How much was done in how long, and what it cost.
#[derive(Debug, Serialize)]
pub(super) struct Throughput {
    pub(super) per_s: f64,
    count: u64,
    pub(super) seconds: f64,
    /// Microseconds of processor time for each.
    cpu_us_each: Shares,
    /// How many cores each part kept busy.
    cores_busy: Shares,
    #[serde(skip_serializing_if = "Option::is_none")]
    scripts: Option<Scripts>,
}

/// One number for each part; absent where the part cannot be seen from here.
#[derive(Debug, Serialize)]
struct Shares {
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<f64>,
    /// The part of `redis` that runs commands; the rest writes its log to disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_main_thread: Option<f64>,
}

/// The script calls of Redis, those of background sweeps included.
#[derive(Debug, Serialize)]
struct Scripts {
    calls_each: f64,
    us_each: f64,
}

impl<'a> Meter<'a> {
    pub(super) async fn start(deployment: &'a Deployment) -> anyhow::Result<Self> {
        let redis = deployment.redis_snapshot().await?;
        Ok(Self {
            deployment,
            redis,
            client_seconds: cpu::seconds_of("self"),
            service_seconds: deployment.service_cpu_seconds(),
            started: Instant::now(),
        })
    }

    /// The throughput since the start, `count` having been done.
    #[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
    pub(super) async fn stop(self, count: u64) -> anyhow::Result<Throughput> {
        let seconds = self.started.elapsed().as_secs_f64();
        let client = difference(cpu::seconds_of("self"), self.client_seconds);
        let service = difference(self.deployment.service_cpu_seconds(), self.service_seconds);
        let now = self.deployment.redis_snapshot().await?;
        let redis = now.as_ref().zip(self.redis.as_ref());

        let shares = |unit: f64| Shares {
            client: client.map(|spent| rounded(spent * unit)),
            service: service.map(|spent| rounded(spent * unit)),
            redis: redis
                .map(|(now, then)| rounded((now.cpu_seconds() - then.cpu_seconds()) * unit)),
            redis_main_thread: redis.map(|(now, then)| {
                rounded((now.main_thread_cpu_seconds() - then.main_thread_cpu_seconds()) * unit)
            }),
        };
        let each = 1.0 / (count.max(1) as f64);
        Ok(Throughput {
            per_s: rounded(count as f64 / seconds),
            count,
            seconds: rounded(seconds),
            cpu_us_each: shares(1e6 * each),
            cores_busy: shares(1.0 / seconds),
            scripts: redis.map(|(now, then)| Scripts {
                calls_each: rounded((now.script_calls().calls - then.script_calls().calls) * each),
                us_each: rounded((now.script_calls().busy_us - then.script_calls().busy_us) * each),
            }),
        })
    }
}

fn difference(now: Option<f64>, then: Option<f64>) -> Option<f64> {
    Some(now? - then?)
}
