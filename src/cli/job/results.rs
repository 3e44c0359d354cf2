//! `taskyard job results`.

use std::io::{self, Write};

use anyhow::Context;

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard job results ID > results.ndjson
  taskyard job results ID --follow | jq -c .result
  taskyard job results ID --from 120000 --limit 1000 >> results.ndjson";

/// Print the results of a job in the order of its items, a line of JSON a task
///
/// It stops at the first task that has not ended. What failed stands in its place, with its error.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Results {
    /// The job's id
    #[arg(value_parser = name)]
    id: String,
    /// The index of the first item wanted
    #[arg(long, value_name = "ITEM", default_value_t = 0)]
    from: u64,
    /// Lines at most [default: as many as there are]
    #[arg(long, value_name = "LINES")]
    limit: Option<u64>,
    /// Go on as tasks end, until the last has
    #[arg(long)]
    follow: bool,
}

impl Results {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let client = &caller.client;
        let mut results = client
            .get_job_results(&self.id, self.from, self.limit, self.follow)
            .await?;
        while let Some(piece) = results.next().await? {
            let mut stdout = io::stdout().lock();
            let written = stdout.write_all(&piece).and_then(|()| stdout.flush());
            written.context("stdout cannot be written")?;
        }
        Ok(())
    }
}
