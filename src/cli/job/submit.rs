//! `taskyard job submit`.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::AsyncRead;

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;
use crate::client::JobUpload;

/// How often stderr says how much has gone.
const TOLD_EVERY: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  taskyard job submit pages.ndjson --queue pages
  zcat pages.ndjson.gz | taskyard job submit - --queue pages --chunk 1000
  taskyard job submit pages.ndjson --queue pages --key november    # can be repeated";

/// Send the lines of a file, each a JSON value, to be worked on in chunks
///
/// What was sent is told on stderr, the job on stdout. Without --key a broken upload cancels the job; with it,
/// the same command goes on where it broke off.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Submit {
    /// A file of NDJSON, or - for stdin
    file: PathBuf,
    /// The queue of its tasks
    #[arg(long, value_parser = name)]
    queue: String,
    /// What kind of work its tasks are
    #[arg(long = "type", value_name = "TYPE", value_parser = name)]
    task_type: Option<String>,
    /// Lines of one task at most [default: 100]
    #[arg(long, value_name = "LINES")]
    chunk: Option<u64>,
    /// -100 to 100; higher goes first [default: 0]
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i64>,
    /// What people call it
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// An Idempotency-Key: with it a broken upload goes on
    #[arg(long)]
    key: Option<String>,
}

impl Submit {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let input: Pin<Box<dyn AsyncRead + Send>> = if self.file.as_os_str() == "-" {
            Box::pin(tokio::io::stdin())
        } else {
            let file = tokio::fs::File::open(&self.file).await;
            let file = file.with_context(|| format!("{} cannot be read", self.file.display()));
            Box::pin(file.map_err(Failure::usage)?)
        };
        let upload = JobUpload {
            queue: self.queue,
            task_type: self.task_type,
            chunk: self.chunk,
            priority: self.priority,
            name: self.name,
            idempotency_key: self.key,
        };
        let mut told = Instant::now();
        let tell = move |sent: u64| {
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                eprintln!("{} MiB sent", sent >> 20);
            }
        };
        let job = caller.client.upload_job(&upload, input, tell).await?;
        caller.output.show(&job)
    }
}
