//! The command line of `taskyard bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::client;

const EXAMPLES: &str = "\
Examples:
  taskyard bench --quick
  taskyard bench single --seconds 10 --json
  taskyard bench batch --fsync everysec";

/// Measure rates, latencies and memory of the service on this machine
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    pub(super) workload: Workload,
    /// Print one JSON document instead of lines
    #[arg(long)]
    pub(super) json: bool,
    /// Take about ten seconds for all workloads: enough to see that they work, not to compare
    #[arg(long)]
    pub(super) quick: bool,
    /// When Redis writes its log to disk (of the Redis that the bench starts)
    #[arg(long, value_enum, default_value = "always")]
    pub(super) fsync: Fsync,
    /// How long each timed part runs
    #[arg(long, value_name = "N", default_value_t = 5.0, value_parser = positive)]
    pub(super) seconds: f64,
    /// Keep-alive connections of the single and claim-depth workloads
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    pub(super) connections: usize,
    /// Start the service with this Redis instead of one of its own
    #[arg(long, value_name = "URL")]
    pub(super) redis_url: Option<String>,
    /// Measure a service that runs already; what it stores stays there
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Where the temporary data goes; the speed of its disk counts
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// The open loop's rate, as a part of the measured full rate (single)
    #[arg(long, value_name = "PART", default_value_t = 0.5, value_parser = positive)]
    pub(super) load_fraction: f64,
    /// Tasks of each part (batch)
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) tasks: u64,
    /// Tasks of one POST /v1/tasks/batch
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = at_least_one)]
    pub(super) batch_size: usize,
    /// Tasks that one exchange completes, and claims
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
    pub(super) exchange_size: usize,
    /// Connections of submitters, and as many of workers (batch)
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one)]
    pub(super) batch_connections: usize,
    /// Wake-ups to time (idle), pages to turn of each list (lists)
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(super) rounds: u32,
    /// Queued tasks of the long queue (claim-depth)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(super) depth: u64,
    /// Lifecycles a second, beside the short queue and the long one (claim-depth)
    #[arg(long, value_name = "N", default_value_t = 1000.0, value_parser = positive)]
    pub(super) rate: f64,
    /// Claims that wait (waiters)
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one)]
    pub(super) waiters: usize,
    /// Queued tasks (memory)
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) memory_tasks: u64,
    /// Lines of the job, of 100 bytes each (jobs)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(super) lines: u64,
    /// Lines of one task (jobs)
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(super) chunk: u64,
    /// Bytes of a further upload, for the service's memory; 0 for none (jobs)
    #[arg(long, value_name = "N", default_value_t = 256_000_000)]
    pub(super) stream_bytes: u64,
    /// Tasks to claim of each queue (fairness)
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(super) fairness_tasks: u64,
    /// Tasks of all queues together (lists)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(super) list_tasks: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(super) enum Workload {
    /// One task a request
    Single,
    /// Many tasks a request
    Batch,
    /// The wake-up of a waiting claim
    Idle,
    /// Claims from a short and from a long queue
    ClaimDepth,
    /// Redis bytes a task
    Memory,
    /// A job of many lines: in, through and out
    Jobs,
    /// Memory and processor time of claims that wait
    Waiters,
    /// What fairness keys, limits and classes cost a claim
    Fairness,
    /// Pages of lists, and what their indexes cost
    Lists,
    /// One after another, each beside a fresh Redis
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Fsync {
    /// Before each reply
    Always,
    /// Once a second
    Everysec,
}

impl BenchArgs {
    /// The same workloads, none longer than a second or two.
    pub(super) fn shortened(self) -> Self {
        Self {
            seconds: self.seconds.min(0.4),
            tasks: self.tasks.min(5_000),
            rounds: self.rounds.min(10),
            depth: self.depth.min(5_000),
            memory_tasks: self.memory_tasks.min(5_000),
            waiters: self.waiters.min(200),
            lines: self.lines.min(20_000),
            stream_bytes: self.stream_bytes.min(2_000_000),
            fairness_tasks: self.fairness_tasks.min(1_000),
            list_tasks: self.list_tasks.min(5_000),
            ..self
        }
    }

    fn starts_redis(&self) -> bool {
        self.url.is_none() && self.redis_url.is_none()
    }

    /// What the figures depend on, beside the machine.
    pub(super) fn settings(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "optimized": !cfg!(debug_assertions),
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "fsync": if self.starts_redis() { self.fsync.policy() } else { "as set there" },
            "payload_bytes": client::PAYLOAD_BYTES,
            "seconds": self.seconds,
            "connections": self.connections,
            "batch_connections": self.batch_connections,
            "batch_size": self.batch_size,
            "exchange_size": self.exchange_size,
        })
    }
}

impl Workload {
    pub(super) fn each(self) -> Vec<Self> {
        if self != Self::All {
            return vec![self];
        }
        let all = Self::value_variants().iter().copied();
        all.filter(|workload| *workload != Self::All).collect()
    }

    /// The key of its figures.
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().replace('-', "_"))
    }
}

impl Fsync {
    /// The value of Redis's `appendfsync`.
    pub(super) fn policy(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everysec => "everysec",
        }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("a number above 0 is needed".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err("a number of at least 1 is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_every_workload_but_itself() {
        let names: Vec<String> = Workload::All
            .each()
            .into_iter()
            .map(Workload::name)
            .collect();
        assert_eq!(
            names,
            [
                "single",
                "batch",
                "idle",
                "claim_depth",
                "memory",
                "jobs",
                "waiters",
                "fairness",
                "lists"
            ]
        );
    }
}
