//! `taskyard task attempts`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;
use crate::cli::paging::Paging;

const EXAMPLES: &str = "\
Examples:
  taskyard task attempts ID
  taskyard task attempts ID -o ndjson";

/// List the attempts of a task: who had it, and what came of it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Attempts {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
    #[command(flatten)]
    paging: Paging,
}

impl Attempts {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let page = self.paging.page();
        let attempts = caller.client.list_attempts(&self.id, &page).await?;
        caller.output.list_whole(&attempts)
    }
}
