//! `taskyard task get`.

use std::time::Duration;

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard task get 019ab0a5c0d07a4b8c1d2e3f4a5b6000
  taskyard task get ID -o json | jq .state";

/// Show a task as it is
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Get {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
}

impl Get {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let task = caller.client.get_task(&self.id, Duration::ZERO).await?;
        caller.output.show(&task)
    }
}
