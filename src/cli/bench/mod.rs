//! `taskyard bench`: how fast this machine's service is, and what bounds it.
//!
//! Each workload starts a service of its own (this executable's `serve`) beside a Redis of
//! its own, drives it over HTTP, and reports rates, latencies and the processor time that
//! the load, the service and Redis each took. It is not a test: it checks only what would
//! make its figures lies, and stops at the first reply that is not the one due.
//!
//! Start with [`single`] for a workload, [`load`] for the loops, [`meter`] for the figures.

mod args;
mod batch;
mod claim_depth;
mod client;
mod cpu;
mod deployment;
mod fairness;
#[cfg(test)]
mod fake_service;
mod http;
mod idle;
mod jobs;
mod latency;
mod lists;
mod load;
mod memory;
mod meter;
mod pacer;
mod redis_info;
mod report;
mod resident;
mod single;
mod waiters;

use anyhow::bail;
use serde_json::{Map, Value};

pub(super) use args::BenchArgs;
use args::Workload;
use deployment::Deployment;

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
            Workload::Jobs => serde_json::to_value(jobs::run(args, &deployment).await?)?,
            Workload::Waiters => serde_json::to_value(waiters::run(args, &deployment).await?)?,
            Workload::Fairness => serde_json::to_value(fairness::run(args, &deployment).await?)?,
            Workload::Lists => serde_json::to_value(lists::run(args, &deployment).await?)?,
            Workload::All => continue,
        };
        deployment.stop().await?;
        figures.insert(workload.name(), measured);
    }
    Ok(Value::Object(figures))
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
    async fn waiters_wake_for_one_task() {
        let figures = &quick("waiters").await["waiters"];
        assert_eq!(figures["waiting"], 200);
        assert!(figures["wake_up_ms"].as_f64().unwrap() > 0.0);
    }

    #[tokio::test]
    async fn claim_depth_compares_two_depths() {
        let figures = &quick("claim-depth").await["claim_depth"];
        assert_eq!(figures["depth"], 5_000);
        assert!(figures["p99_ratio"].as_f64().unwrap() > 0.0);
    }

    #[tokio::test]
    async fn fairness_compares_each_queue_with_a_plain_one() {
        let figures = &quick("fairness").await["fairness"];
        assert_eq!(figures["queues"].as_object().unwrap().len(), 20);
        let plain = &figures["queues"]["keys_0_limits_0_classes_200"];
        assert_eq!(plain["ratio"], 1.0);
        assert_eq!(plain["claims"]["count"], figures["tasks"]);
    }

    #[tokio::test]
    async fn lists_turn_the_pages_of_each() {
        let figures = &quick("lists").await["lists"];
        let pages = figures["pages"].as_object().unwrap();
        assert_eq!(pages.len(), 16);
        for (name, pages) in pages {
            assert_eq!(pages["latency"]["count"], 10, "{name}");
        }
        // Two of five tasks at a time, then the one that is left: the list begins anew.
        assert_eq!(pages["state"]["items_each"], 1.7);
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
}
