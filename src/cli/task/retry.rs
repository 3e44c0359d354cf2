//! `taskyard task retry`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard task retry ID";

/// Queue a finished task once more, whatever its end was
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Retry {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
}

impl Retry {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        caller
            .output
            .show(&caller.client.retry_task(&self.id).await?)
    }
}
