//! `taskyard job submit`.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use anyhow::Context;
use tokio::io::AsyncRead;

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::{Content, name};
use crate::cli::output::Progress;
use crate::client::{JobUpload, SubmitGraph};

const EXAMPLES: &str = "\
Examples:
  taskyard job submit pages.ndjson --queue pages
  zcat pages.ndjson.gz | taskyard job submit - --queue pages --chunk 1000
  taskyard job submit pages.ndjson --queue pages --key november    # can be repeated
  echo '{\"a\": {\"task\": {}}, \"b\": {\"task\": {}, \"depends_on\": [\"a\"]}}' | taskyard job submit --graph - --queue build
  taskyard job submit pages.ndjson --queue pages --on-finish '{\"queue\": \"pages-done\"}'";

/// Send the lines of a file, each a JSON value, to be worked on in chunks; or a graph of tasks
///
/// The job goes to stdout. On a terminal stderr shows a bar with the rate and the time left, elsewhere a line every
/// 10 s. Without --key a broken upload cancels the job; with it, the same command goes on where it broke off.
/// A graph is a JSON object of tasks by name, each with the names of those it waits for.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Submit {
    /// A file of NDJSON, or - for stdin
    #[arg(required_unless_present = "graph")]
    file: Option<PathBuf>,
    /// A file of JSON with the tasks of a graph by name, or - for stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "chunk", "priority"])]
    graph: Option<PathBuf>,
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
    /// Cancel the rest when so many tasks have failed
    #[arg(long, value_name = "N")]
    stop_after: Option<u64>,
    /// Cancel what has not ended so long after the beginning
    #[arg(long, value_name = "MS")]
    deadline_ms: Option<u64>,
    /// A task that is submitted when the job has finished, as POST /v1/tasks takes it
    #[arg(long, value_name = "JSON")]
    on_finish: Option<String>,
    /// An Idempotency-Key: with it a broken upload goes on
    #[arg(long)]
    key: Option<String>,
}

impl Submit {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        if let Some(file) = self.graph.clone() {
            return self.submit_graph(caller, file).await;
        }
        let (input, bytes) = self.open().await?;
        let upload = JobUpload {
            queue: self.queue,
            task_type: self.task_type,
            chunk: self.chunk,
            priority: self.priority,
            name: self.name,
            stop_after: self.stop_after,
            deadline_ms: self.deadline_ms,
            on_finish: self.on_finish,
            idempotency_key: self.key,
        };
        let progress = Progress::of_bytes(caller.output, bytes);
        let mut teller = progress.clone();
        let tell = move |sent: u64| teller.reach(sent);
        let job = caller.client.upload_job(&upload, input, tell).await;
        progress.end();
        caller.output.show(&job?)
    }

    /// Sends a graph; its tasks are passed on byte for byte.
    async fn submit_graph(self, caller: &Caller, file: PathBuf) -> Result<(), Failure> {
        let content = if file.as_os_str() == "-" {
            Content::Stdin
        } else {
            Content::File(file)
        };
        let job = SubmitGraph {
            queue: self.queue,
            task_type: self.task_type,
            name: self.name,
            graph: content.read_json()?,
        };
        let key = self.key.as_deref();
        caller
            .output
            .show(&caller.client.submit_graph(&job, key).await?)
    }

    /// What to send, and how long it is, if that can be known.
    async fn open(&self) -> Result<(Pin<Box<dyn AsyncRead + Send>>, Option<u64>), Failure> {
        let file = self.file.as_deref().unwrap_or(Path::new("-"));
        if file.as_os_str() == "-" {
            return Ok((Box::pin(tokio::io::stdin()), None));
        }
        let unreadable = || format!("{} cannot be read", file.display());
        let file = tokio::fs::File::open(file).await;
        let file = file.with_context(unreadable).map_err(Failure::usage)?;
        let about = file.metadata().await.ok();
        let bytes = about
            .filter(std::fs::Metadata::is_file)
            .map(|about| about.len());
        Ok((Box::pin(file), bytes))
    }
}
