//! `taskyard bench`: how fast this machine's service is, and what bounds it.
//!
//! Each workload starts a service of its own (this executable's `serve`) beside a Redis of
//! its own, drives it over HTTP, and reports rates, latencies and the processor time that
//! the load, the service and Redis each took. It is not a test: it checks only what would
//! make its figures lies, and stops at the first reply that is not the one due.
//!
//! Start with [`single`] for a workload, [`load`] for the loops, [`meter`] for the figures.

mod batch;
mod claim_depth;
mod client;
mod cpu;
mod deployment;
#[cfg(test)]
mod fake_service;
mod http;
mod idle;
mod latency;
mod load;
mod memory;
mod meter;
mod pacer;
mod redis_info;
mod redis_server;
mod report;
mod single;

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use deployment::Deployment;

/// Measure rates, latencies and memory of the service on this machine
#[derive(Args, Clone, Debug)]
pub(super) struct BenchArgs {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    workload: Workload,
    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,
    /// Take about ten seconds for all workloads: enough to see that they work, not to compare
    #[arg(long)]
    quick: bool,
    /// When Redis writes its log to disk (of the Redis that the bench starts)
    #[arg(long, value_enum, default_value = "always")]
    fsync: Fsync,
    /// How long each timed part runs
    #[arg(long, value_name = "N", default_value_t = 5.0, value_parser = positive)]
    seconds: f64,
    /// Keep-alive connections of the single and claim-depth workloads
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    connections: usize,
    /// Start the service with this Redis instead of one of its own
    #[arg(long, value_name = "URL")]
    redis_url: Option<String>,
    /// Measure a service that runs already; what it stores stays there
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where the temporary data goes; the speed of its disk counts
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The open loop's rate, as a part of the measured full rate (single)
    #[arg(long, value_name = "PART", default_value_t = 0.5, value_parser = positive)]
    load_fraction: f64,
    /// Tasks of each part (batch)
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    tasks: u64,
    /// Tasks of one POST /v1/tasks/batch
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = at_least_one)]
    batch_size: usize,
    /// Tasks that one exchange completes, and claims
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
    exchange_size: usize,
    /// Connections of submitters, and as many of workers (batch)
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one)]
    batch_connections: usize,
    /// Wake-ups to time (idle)
    #[arg(long, value_name = "N", default_value_t = 500)]
    rounds: u32,
    /// Queued tasks of the long queue (claim-depth)
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    depth: u64,
    /// Lifecycles a second, beside the short queue and the long one (claim-depth)
    #[arg(long, value_name = "N", default_value_t = 1000.0, value_parser = positive)]
    rate: f64,
    /// Queued tasks (memory)
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    memory_tasks: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Workload {
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
    /// One after another, each beside a fresh Redis
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fsync {
    /// Before each reply
    Always,
    /// Once a second
    Everysec,
}

/// Runs the workloads that `args` name and prints their figures on stdout.
pub(super) fn run(args: BenchArgs) -> anyhow::Result<()> {
    // One thread: the load shall leave the other cores to what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let args = if args.quick { args.shortened() } else { args };
    let figures = runtime.block_on(async {
        tokio::select! {
            figures = measure(&args) => figures,
            // Dropping what runs stops the processes that it started.
            () = interrupted() => bail!("interrupted"),
        }
    })?;
    if args.json {
        println!("{figures:#}");
    } else {
        println!("{}", report::lines(&figures));
    }
    Ok(())
}

async fn measure(args: &BenchArgs) -> anyhow::Result<Value> {
    let mut figures = Map::new();
    figures.insert("settings".to_owned(), args.settings());
    for workload in args.workload.each() {
        let deployment = Deployment::start(args).await?;
        let measured = match workload {
            Workload::Single => serde_json::to_value(single::run(args, &deployment).await?)?,
            Workload::Batch => serde_json::to_value(batch::run(args, &deployment).await?)?,
            Workload::Idle => serde_json::to_value(idle::run(args, &deployment).await?)?,
            Workload::ClaimDepth => {
                serde_json::to_value(claim_depth::run(args, &deployment).await?)?
            }
            Workload::Memory => serde_json::to_value(memory::run(args, &deployment).await?)?,
            Workload::All => continue,
        };
        deployment.stop().await?;
        figures.insert(workload.name(), measured);
    }
    Ok(Value::Object(figures))
}

impl BenchArgs {
    /// The same workloads, none longer than a second or two.
    fn shortened(self) -> Self {
        Self {
            seconds: self.seconds.min(0.4),
            tasks: self.tasks.min(5_000),
            rounds: self.rounds.min(10),
            depth: self.depth.min(5_000),
            memory_tasks: self.memory_tasks.min(5_000),
            ..self
        }
    }

    fn starts_redis(&self) -> bool {
        self.url.is_none() && self.redis_url.is_none()
    }

    /// What the figures depend on, beside the machine.
    fn settings(&self) -> Value {
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
    fn each(self) -> Vec<Self> {
        if self != Self::All {
            return vec![self];
        }
        let all = Self::value_variants().iter().copied();
        all.filter(|workload| *workload != Self::All).collect()
    }

    /// The key of its figures.
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().replace('-', "_"))
    }
}

impl Fsync {
    /// The value of Redis's `appendfsync`.
    fn policy(self) -> &'static str {
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

/// Ends when the user or a supervisor asks the process to stop.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        bench: BenchArgs,
    }

    /// The figures of a quick run against a service in memory.
    async fn quick(workload: &str) -> Value {
        let url = format!("http://{}", fake_service::start());
        let line = [
            "bench",
            workload,
            "--quick",
            "--connections",
            "8",
            "--url",
            &url,
        ];
        let args = Line::parse_from(line).bench.shortened();
        measure(&args).await.unwrap()
    }

    #[tokio::test]
    async fn single_reports_rates_and_latencies() {
        let figures = &quick("single").await["single"];
        for part in ["lifecycles", "submit_only", "claim_only", "complete_only"] {
            assert!(figures[part]["per_s"].as_f64().unwrap() > 0.0, "{part}");
        }
        let submitted = &figures["submit_only"]["count"];
        assert_eq!(submitted, &figures["claim_only"]["count"]);
        assert_eq!(submitted, &figures["complete_only"]["count"]);
        let open_loop = &figures["open_loop"];
        assert!(
            open_loop["latency"]["lifecycle"]["p99_ms"]
                .as_f64()
                .unwrap()
                > 0.0
        );
    }

    #[tokio::test]
    async fn batch_completes_all_that_it_submits() {
        let figures = &quick("batch").await["batch"];
        for part in ["enqueue", "process", "concurrent"] {
            assert_eq!(figures[part]["count"], 5_000, "{part}");
        }
    }

    #[tokio::test]
    async fn idle_times_each_round() {
        let figures = &quick("idle").await["idle"];
        assert_eq!(figures["wake_up"]["count"], 10);
    }

    #[tokio::test]
    async fn claim_depth_compares_two_depths() {
        let figures = &quick("claim-depth").await["claim_depth"];
        assert_eq!(figures["depth"], 5_000);
        assert!(figures["p99_ratio"].as_f64().unwrap() > 0.0);
    }

    /// `cargo test --release --lib cost_of_the_load -- --ignored --nocapture`
    #[tokio::test]
    #[ignore = "a figure to read, not a fact to hold"]
    async fn cost_of_the_load() {
        let deployment = Deployment::at(fake_service::start()).unwrap();
        let mut clients = deployment.clients(64, 500).await.unwrap();
        let latency = load::Lifecycles::new().unwrap();
        let duration = std::time::Duration::from_secs(5);
        let before = cpu::seconds_of("thread-self").unwrap();
        let count = load::closed_loop(&mut clients, duration, &latency)
            .await
            .unwrap();
        let spent = cpu::seconds_of("thread-self").unwrap() - before;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let each = spent * 1e6 / count as f64;
        println!("{count} lifecycles, {each:.1} us of the load's processor time each");
    }

    #[test]
    fn all_is_every_workload_but_itself() {
        let names: Vec<String> = Workload::All
            .each()
            .into_iter()
            .map(Workload::name)
            .collect();
        assert_eq!(names, ["single", "batch", "idle", "claim_depth", "memory"]);
    }
}
