//! `taskyard job watch`.

use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Deserialize;

use crate::cli::call::Caller;
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::name;

/// How often stderr says how far the job is.
const ROUND: Duration = Duration::from_secs(2);
/// How long the service may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

const EXAMPLES: &str = "\
Examples:
  taskyard job watch ID && taskyard job results ID > results.ndjson";

/// Wait until a job has finished, and tell how far it is
///
/// Exit 0: all its tasks succeeded. Exit 6: it failed or was cancelled.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Watch {
    /// The job's id
    #[arg(value_parser = name)]
    id: String,
}

/// What of a job is told.
#[derive(Deserialize)]
struct Standing {
    state: String,
    total: u64,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    running: u64,
    estimated_finish_at: Option<String>,
}

impl Watch {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let client = caller.client.patient(PATIENCE);
        loop {
            let document = client.get_job(&self.id, ROUND).await?;
            let job: Standing =
                serde_json::from_str(document.get()).context("the job cannot be read")?;
            if job.state != "running" {
                caller.output.show(&document)?;
                if job.state == "succeeded" {
                    return Ok(());
                }
                let message = anyhow!(
                    "job {} {}: {} of {} tasks succeeded",
                    self.id,
                    job.state,
                    job.succeeded,
                    job.total
                );
                return Err(Failure::new(Exit::TaskFailed, message));
            }
            let Standing { total, running, .. } = job;
            let ended = job.succeeded + job.failed + job.cancelled;
            let end = job.estimated_finish_at;
            let end = end.map_or_else(String::new, |end| format!(", to end at {end}"));
            eprintln!("{ended} of {total} tasks ended, {running} run{end}");
        }
    }
}
