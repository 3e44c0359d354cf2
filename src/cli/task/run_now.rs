//! `taskyard task run-now`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard task run-now ID";

/// Queue a task that waits for its time or its next attempt
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunNow {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
}

impl RunNow {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        caller
            .output
            .show(&caller.client.run_task_now(&self.id).await?)
    }
}
