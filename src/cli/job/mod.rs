//! `taskyard job`: hand in a large data set, see how far it is, get the results.
//!
//! The verbs that take an id and nothing else stand here; `submit` streams a file, `watch` and
//! `results` go on until the job has finished.

mod results;
mod submit;
mod watch;

use std::time::Duration;

use clap::{Args, Subcommand};

use super::call::{CallArgs, Caller};
use super::exit::Failure;
use super::input::name;
use super::paging::Paging;

const EXAMPLES: &str = "\
Examples:
  taskyard job submit pages.ndjson --queue pages
  taskyard job watch ID
  taskyard job results ID > results.ndjson";
const LIST_EXAMPLES: &str = "\
Examples:
  taskyard job list
  taskyard job list -o ndjson | jq -r .id";
const STATUS_EXAMPLES: &str = "\
Examples:
  taskyard job status ID
  taskyard job status ID -o json | jq .progress";
const TASKS_EXAMPLES: &str = "\
Examples:
  taskyard job tasks ID --state failed
  taskyard job tasks ID --limit 500 -o ndjson";
const CANCEL_EXAMPLES: &str = "\
Examples:
  taskyard job cancel ID";
const RETRY_EXAMPLES: &str = "\
Examples:
  taskyard job retry ID && taskyard job watch ID";

/// Hand in large data sets and get the results
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Job {
    #[command(flatten)]
    call: CallArgs,
    #[command(subcommand)]
    command: JobCommand,
}

#[derive(Debug, Subcommand)]
enum JobCommand {
    Submit(submit::Submit),
    /// List jobs
    #[command(after_help = LIST_EXAMPLES)]
    List(Paging),
    /// Show how far a job is
    #[command(after_help = STATUS_EXAMPLES)]
    Status(JobId),
    Watch(watch::Watch),
    /// List the tasks of a job in the order of its items
    #[command(after_help = TASKS_EXAMPLES)]
    Tasks(JobTasks),
    Results(results::Results),
    /// End a job: its tasks that have not finished are cancelled
    #[command(after_help = CANCEL_EXAMPLES)]
    Cancel(JobId),
    /// Run the failed tasks of a job again
    #[command(after_help = RETRY_EXAMPLES)]
    Retry(JobId),
}

#[derive(Debug, Args)]
struct JobId {
    /// The job's id
    #[arg(value_parser = name)]
    id: String,
}

#[derive(Debug, Args)]
struct JobTasks {
    /// The job's id
    #[arg(value_parser = name)]
    id: String,
    /// Those in this state, such as queued, running or failed
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

impl Job {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| run(&caller, command).await)
    }
}

async fn run(caller: &Caller, command: JobCommand) -> Result<(), Failure> {
    let client = &caller.client;
    let document = match command {
        JobCommand::Submit(submit) => return submit.run(caller).await,
        JobCommand::Watch(watch) => return watch.run(caller).await,
        JobCommand::Results(results) => return results.run(caller).await,
        JobCommand::List(paging) => {
            let page = client.list_jobs(&paging.page()).await?;
            let columns = ["id", "queue", "state", "total", "succeeded", "failed"];
            return caller.output.list(&page, &columns);
        }
        JobCommand::Tasks(JobTasks { id, state, paging }) => {
            let page = paging.page();
            let page = client.list_job_tasks(&id, state.as_deref(), &page).await?;
            let columns = ["id", "offset", "count", "state", "attempt", "node_id"];
            return caller.output.list(&page, &columns);
        }
        JobCommand::Status(JobId { id }) => client.get_job(&id, Duration::ZERO).await?,
        JobCommand::Cancel(JobId { id }) => client.cancel_job(&id).await?,
        JobCommand::Retry(JobId { id }) => client.retry_job(&id).await?,
    };
    caller.output.show(&document)
}
