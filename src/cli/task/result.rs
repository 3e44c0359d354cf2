//! `taskyard task result`.

use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;
use crate::cli::output;

const EXAMPLES: &str = "\
Examples:
  taskyard task result ID
  taskyard task result ID > result.json";

/// Print the result of a finished task, as JSON
///
/// Exit 5 when the task is not finished. A task without a result, such as a failed one, has
/// the result null.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TaskResult {
    /// The task's id
    #[arg(value_parser = name)]
    id: String,
}

impl TaskResult {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        output::write(caller.client.get_task_result(&self.id).await?.get())
    }
}
