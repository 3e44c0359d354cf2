//! `taskyard operation`: changes of many tasks that go on for a while.

use clap::{Args, Subcommand};

use super::call::{CallArgs, Caller};
use super::exit::Failure;
use super::input::name;
use super::paging::Paging;

const EXAMPLES: &str = "\
Examples:
  taskyard operation list
  taskyard operation get ID --wait-ms 30000
  taskyard operation abort ID";
const LIST_EXAMPLES: &str = "\
Examples:
  taskyard operation list
  taskyard operation list -o ndjson | jq -r 'select(.state == \"running\") | .id'";
const GET_EXAMPLES: &str = "\
Examples:
  taskyard operation get ID
  taskyard operation get ID -o json | jq .state";
const PAUSE_EXAMPLES: &str = "\
Examples:
  taskyard operation pause ID";
const RESUME_EXAMPLES: &str = "\
Examples:
  taskyard operation resume ID";
const ABORT_EXAMPLES: &str = "\
Examples:
  taskyard operation abort ID";

/// Look at changes of many tasks, and stop them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Operation {
    #[command(flatten)]
    call: CallArgs,
    #[command(subcommand)]
    command: OperationCommand,
}

#[derive(Debug, Subcommand)]
enum OperationCommand {
    /// List operations, the newest first
    #[command(after_help = LIST_EXAMPLES)]
    List(Paging),
    /// Show what it does and how far it is
    #[command(after_help = GET_EXAMPLES)]
    Get(Get),
    /// Do nothing more for now
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause(OperationId),
    /// Go on after a pause
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(OperationId),
    /// End it; what it did stays
    #[command(after_help = ABORT_EXAMPLES)]
    Abort(OperationId),
}

#[derive(Debug, Args)]
struct OperationId {
    /// The operation's id
    #[arg(value_parser = name)]
    id: String,
}

#[derive(Debug, Args)]
struct Get {
    #[command(flatten)]
    id: OperationId,
    /// Wait so long for its end
    #[arg(long, value_name = "MS")]
    wait_ms: Option<u64>,
}

impl Operation {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| run(&caller, command).await)
    }
}

async fn run(caller: &Caller, command: OperationCommand) -> Result<(), Failure> {
    let client = &caller.client;
    let operation = match command {
        OperationCommand::List(paging) => {
            let page = client.list_operations(&paging.page()).await?;
            let columns = [
                "id", "action", "state", "matched", "done", "skipped", "failed",
            ];
            return caller.output.list(&page, &columns);
        }
        OperationCommand::Get(Get { id, wait_ms }) => client.get_operation(&id.id, wait_ms).await?,
        OperationCommand::Pause(OperationId { id }) => client.pause_operation(&id).await?,
        OperationCommand::Resume(OperationId { id }) => client.resume_operation(&id).await?,
        OperationCommand::Abort(OperationId { id }) => client.abort_operation(&id).await?,
    };
    caller.output.show(&operation)
}
