//! `taskyard worker`: a node that runs a command for each task.
//!
//! `run.rs` is the whole life of a worker on one screen: join, take tasks, settle,
//! leave. Beside it: `node.rs` (the session with the service), `attempt.rs` (one
//! task from claim to report), `child.rs` (its process), `report.rs` (what an exit
//! means), `held.rs` (how a stop order reaches the process).
//!
//! Deliberately not here: any knowledge of Redis or of the service's insides. A
//! worker speaks the same HTTP as a node in any other language.

mod args;
mod attempt;
mod child;
mod held;
mod node;
mod output;
mod report;
mod run;

use anyhow::Context;
use clap::{Args, Subcommand};

use self::args::RunArgs;
use super::exit::Failure;
use crate::telemetry;

/// What `taskyard worker run --help` says about handlers.
const HANDLER_HELP: &str = "\
Claim tasks and run a command for each

The command runs through `sh -c` with the payload (JSON) on stdin and these variables:
TASKYARD_TASK_ID, TASKYARD_TASK_TYPE, TASKYARD_QUEUE, TASKYARD_ATTEMPT, TASKYARD_FENCE
(a number that only rises, to guard your own data) and TASKYARD_DEADLINE_AT.

What it writes to stdout is the result: JSON if it parses, else a string without the
newlines at its end; nothing is no result. Stderr is passed on.

Exit 0 succeeds. Exit 75 asks for another attempt. Any other exit, or a signal, fails for
good, with the end of stderr as the message.

A cancelled or overdue task's command gets SIGTERM, and SIGKILL 5 seconds later, with all
that it started.

SIGTERM or Ctrl-C: no new tasks; running ones get --grace to finish, the rest is stopped
and given back. A second signal stops and gives back at once.";

const EXAMPLES: &str = "\
Examples:
  taskyard worker run --queue mail --exec ./send-mail.sh --concurrency 4
  taskyard worker run --queue images --type resize --label gpu=a100 --exec 'python3 resize.py'
  taskyard worker run --queue echo --exec cat    # every result is the payload";

/// Be a node: work on tasks
#[derive(Debug, Args)]
pub(crate) struct Worker {
    #[command(subcommand)]
    command: WorkerCommand,
}

#[derive(Debug, Subcommand)]
enum WorkerCommand {
    /// Claim tasks and run a command for each
    #[command(long_about = HANDLER_HELP, after_help = EXAMPLES)]
    Run(RunArgs),
}

impl Worker {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        match self.command {
            WorkerCommand::Run(args) => {
                telemetry::init(&args.log, args.log_format).map_err(Failure::usage)?;
                let client = args.connection.client()?;
                Ok(runtime.block_on(run::run(args, client))?)
            }
        }
    }
}
