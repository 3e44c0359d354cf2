//! `taskyard task`: submit tasks, and see and steer what becomes of them.
//!
//! One file a verb, named as in the service. Deliberately not here: what a worker does
//! with a task (claim, complete, ...), which is `taskyard worker`.
//!
//! Start with `submit.rs`; `wait.rs` holds what it shares with `task wait`.

mod attempts;
mod bulk;
mod cancel;
mod delete;
mod edit;
mod explain;
mod filter;
mod get;
mod list;
mod result;
mod retry;
mod run_now;
mod submit;
mod wait;

use super::call::CallArgs;
use super::exit::Failure;

/// Submit tasks, look at them and steer them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Task {
    #[command(flatten)]
    call: CallArgs,
    #[command(subcommand)]
    command: TaskCommand,
}

const EXAMPLES: &str = "\
Examples:
  taskyard task submit --queue mail --payload '{\"to\": \"ada@example.org\"}'
  taskyard task get ID
  taskyard task wait ID --timeout 60";

#[derive(Debug, clap::Subcommand)]
enum TaskCommand {
    Submit(Box<submit::Submit>),
    List(list::List),
    Get(get::Get),
    Wait(wait::Wait),
    Result(result::TaskResult),
    Cancel(cancel::Cancel),
    Retry(retry::Retry),
    Attempts(attempts::Attempts),
    Explain(explain::Explain),
    Edit(edit::Edit),
    RunNow(run_now::RunNow),
    Delete(delete::Delete),
    Bulk(Box<bulk::Bulk>),
}

impl Task {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| match command {
            TaskCommand::Submit(submit) => submit.run(&caller).await,
            TaskCommand::List(list) => list.run(&caller).await,
            TaskCommand::Get(get) => get.run(&caller).await,
            TaskCommand::Wait(wait) => wait.run(&caller).await,
            TaskCommand::Result(result) => result.run(&caller).await,
            TaskCommand::Cancel(cancel) => cancel.run(&caller).await,
            TaskCommand::Retry(retry) => retry.run(&caller).await,
            TaskCommand::Attempts(attempts) => attempts.run(&caller).await,
            TaskCommand::Explain(explain) => explain.run(&caller).await,
            TaskCommand::Edit(edit) => edit.run(&caller).await,
            TaskCommand::RunNow(run_now) => run_now.run(&caller).await,
            TaskCommand::Delete(delete) => delete.run(&caller).await,
            TaskCommand::Bulk(bulk) => bulk.run(&caller).await,
        })
    }
}
