//! `taskyard job watch`.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Deserialize;

use crate::cli::call::Caller;
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::name;
use crate::cli::output::Progress;
use crate::client::Document;

/// How often to look: where a bar shows it, and where a line now and then does.
const WATCHED_ROUND: Duration = Duration::from_millis(500);
const ROUND: Duration = Duration::from_secs(10);
/// How long the service may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

const EXAMPLES: &str = "\
Examples:
  taskyard job watch ID && taskyard job results ID > results.ndjson";

/// Wait until a job has finished, and tell how far it is
///
/// On a terminal stderr shows a bar with the rate and the time left, elsewhere a line every 10 s. Exit 0: all its
/// tasks succeeded. Exit 6: it failed or was cancelled.
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
}

impl Watch {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let mut progress = Progress::of_tasks(caller.output);
        let ended = self.until_it_ends(caller, &mut progress).await;
        progress.end();
        let (document, job) = ended?;
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
        Err(Failure::new(Exit::TaskFailed, message))
    }

    async fn until_it_ends(
        &self,
        caller: &Caller,
        progress: &mut Progress,
    ) -> Result<(Document, Standing), Failure> {
        let client = caller.client.patient(PATIENCE);
        let mut round = Duration::ZERO;
        loop {
            let document = client.get_job(&self.id, round).await?;
            let job: Standing =
                serde_json::from_str(document.get()).context("the job cannot be read")?;
            if job.state != "running" {
                return Ok((document, job));
            }
            let ended = job.succeeded + job.failed + job.cancelled;
            progress.reach_of(ended, job.total, job.note());
            round = if Progress::is_watched() {
                WATCHED_ROUND
            } else {
                ROUND
            };
        }
    }
}

impl Standing {
    /// What a bar does not show.
    fn note(&self) -> String {
        let mut note = format!("{} running", self.running);
        for (count, word) in [(self.failed, "failed"), (self.cancelled, "cancelled")] {
            if count > 0 {
                let _ = write!(note, ", {count} {word}");
            }
        }
        note
    }
}
