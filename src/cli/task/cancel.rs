//! `taskyard task cancel`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard task cancel ID
  taskyard task cancel ID -o json | jq .cancel_requested";

/// Cancel a task; one that runs is told to stop
///
/// Does not ask first: `taskyard task retry` queues a cancelled task again.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Cancel {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
}

impl Cancel {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        caller
            .output
            .show(&caller.client.cancel_task(&self.id).await?)
    }
}
