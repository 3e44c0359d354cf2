//! `taskyard operation`: changes of many tasks that go on for a while.

use clap::{Args, Subcommand};

use super::call::{CallArgs, Caller};
use super::exit::Failure;
use super::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard operation get ID
  taskyard operation abort ID";
const GET_EXAMPLES: &str = "\
Examples:
  taskyard operation get ID
  taskyard operation get ID -o json | jq .state";
const PAUSE_EXAMPLES: &str = "\
Examples:
  taskyard operation pause ID";
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
    /// Show what it does and how far it is
    #[command(after_help = GET_EXAMPLES)]
    Get(OperationId),
    /// Do nothing more for now
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause(OperationId),
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

impl Operation {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| run(&caller, command).await)
    }
}

async fn run(caller: &Caller, command: OperationCommand) -> Result<(), Failure> {
    let client = &caller.client;
    let operation = match command {
        OperationCommand::Get(OperationId { id }) => client.get_operation(&id).await?,
        OperationCommand::Pause(OperationId { id }) => client.pause_operation(&id).await?,
        OperationCommand::Abort(OperationId { id }) => client.abort_operation(&id).await?,
    };
    caller.output.show(&operation)
}
