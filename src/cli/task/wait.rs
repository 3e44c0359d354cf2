//! `taskyard task wait`, and the waiting of `task submit --wait`.

use std::time::Duration;

use anyhow::anyhow;
use tokio::time::Instant;

use crate::cli::call::Caller;
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::name;
use crate::cli::output;
use crate::client::{Document, Task, TaskState};

/// How long one request waits: below the time after which proxies and the service give up.
const ROUND: Duration = Duration::from_secs(20);
/// How long the service may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

const EXAMPLES: &str = "\
Examples:
  taskyard task wait ID
  taskyard task wait ID --timeout 60 && echo it succeeded
  taskyard task wait ID -o json > task.json";

/// Wait until a task is finished and print its result
///
/// Exit 0: it succeeded. Exit 6: it failed, expired or was cancelled; why stands on
/// stderr. Exit 7: it was not finished in time, and goes on. With -o json the whole task
/// is printed in each of these cases.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Wait {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
    /// How many seconds to wait at most [default: for ever]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
}

impl Wait {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        wait(caller, &self.id, self.timeout).await
    }
}

/// Waits for the end of a task, at most so many seconds, and prints what it came to.
pub(super) async fn wait(caller: &Caller, id: &str, timeout: Option<u32>) -> Result<(), Failure> {
    let client = caller.client.patient(PATIENCE);
    let limit = timeout.map(|seconds| Duration::from_secs(seconds.into()));
    let started = Instant::now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
        let round = left.map_or(ROUND, |left| left.min(ROUND));
        let document: Document = client.get_task(id, round).await?;
        let task: Task = serde_json::from_str(document.get())
            .map_err(|error| anyhow::Error::from(error).context("the task cannot be read"))?;
        if task.state != TaskState::Open {
            return tell(caller, &document, &task);
        }
        if left.is_some_and(|left| left <= round) {
            if caller.output.is_json() {
                output::write(document.get())?;
            }
            let seconds = timeout.unwrap_or_default();
            let message = anyhow!("task {id} is not finished after {seconds} s; it goes on");
            return Err(Failure::new(Exit::WaitTimedOut, message));
        }
    }
}

/// Prints a finished task: its result, or why it has none.
fn tell(caller: &Caller, document: &Document, task: &Task) -> Result<(), Failure> {
    if caller.output.is_json() {
        output::write(document.get())?;
    }
    let end = match task.state {
        TaskState::Succeeded if caller.output.is_json() => return Ok(()),
        TaskState::Succeeded => {
            return output::write(task.result.as_ref().map_or("null", |result| result.get()));
        }
        TaskState::Failed => "failed",
        TaskState::Expired => "expired",
        TaskState::Cancelled | TaskState::Open => "was cancelled",
    };
    let why = match (&task.error, &task.reason) {
        (Some(error), _) => format!(": {}: {}", error.code, error.message),
        (None, Some(reason)) => format!(": {reason}"),
        (None, None) => String::new(),
    };
    let message = anyhow!("task {} {end}{why}", task.id);
    Err(Failure::new(Exit::TaskFailed, message))
}
