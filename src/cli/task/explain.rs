//! `taskyard task explain`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;

const EXAMPLES: &str = "\
Examples:
  taskyard task explain 019ab0a5c0d07a4b8c1d2e3f4a5b6000
  taskyard task explain ID -o json | jq -r '.reasons[].message'";

/// Show why a task runs, waits or has ended
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
}

impl Explain {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let explanation = caller.client.explain_task(&self.id).await?;
        caller.output.show(&explanation)
    }
}
