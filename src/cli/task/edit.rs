//! `taskyard task edit`.

use clap::{ArgGroup, Args};

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::{name, pair};
use crate::client::UpdateTask;

const EXAMPLES: &str = "\
Examples:
  taskyard task edit ID --priority 50
  taskyard task edit ID --at 2030-01-01T06:00:00Z --max-attempts 5
  taskyard task edit ID --tag nightly --tag urgent --metadata owner=ada";

/// At least one of these has to be there.
const CHANGES: [&str; 5] = ["priority", "run_at", "tags", "metadata", "max_attempts"];

/// Change a task that is not finished
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("change").args(CHANGES).required(true).multiple(true))]
pub(super) struct Edit {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
    /// Higher goes first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i64>,
    /// Not before this time
    #[arg(long = "at", visible_alias = "run-at", value_name = "TIME")]
    run_at: Option<String>,
    /// The words to find it by, in place of those it has; may be given more than once
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// What is kept with it, in place of what is; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// How many failures and time-outs end it
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
}

impl Edit {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let change = UpdateTask {
            priority: self.priority,
            run_at: self.run_at,
            tags: (!self.tags.is_empty()).then_some(self.tags),
            metadata: (!self.metadata.is_empty()).then(|| self.metadata.into_iter().collect()),
            max_attempts: self.max_attempts,
        };
        caller
            .output
            .show(&caller.client.update_task(&self.id, &change).await?)
    }
}
