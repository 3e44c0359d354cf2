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
mod signals;

use std::io::{self, IsTerminal};

use anyhow::Context;
use clap::{Args, Subcommand};
use tracing_subscriber::EnvFilter;

use self::args::RunArgs;
pub(crate) use self::signals::Signals;

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

/// Be a node: work on tasks
#[derive(Debug, Args)]
pub(crate) struct Worker {
    #[command(subcommand)]
    command: WorkerCommand,
}

#[derive(Debug, Subcommand)]
enum WorkerCommand {
    /// Claim tasks and run a command for each
    #[command(long_about = HANDLER_HELP)]
    Run(RunArgs),
}

impl Worker {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        match self.command {
            WorkerCommand::Run(args) => {
                log_to_stderr(&args.log)?;
                runtime.block_on(run::run(args))
            }
        }
    }
}

/// Stdout is left to what a command answers.
fn log_to_stderr(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("the log filter {filter:?} cannot be read"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    Ok(())
}
