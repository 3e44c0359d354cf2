//! `taskyard task delete`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;
use crate::cli::output::Confirm;

const EXAMPLES: &str = "\
Examples:
  taskyard task delete ID
  taskyard task delete ID --yes    # in a script";

/// Delete a finished task, its payload and its result
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Delete {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
    #[command(flatten)]
    confirm: Confirm,
}

impl Delete {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let id = &self.id;
        self.confirm.ask(&format!("Delete task {id} for good?"))?;
        caller.client.delete_task(id).await?;
        caller.output.tell(&format!("deleted {id}"));
        Ok(())
    }
}
