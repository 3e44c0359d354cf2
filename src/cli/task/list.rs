//! `taskyard task list`.

use super::filter::FilterArgs;
use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::paging::Paging;
use crate::client::TaskFilter;

const EXAMPLES: &str = "\
Examples:
  taskyard task list --queue mail --state failed
  taskyard task list --tag nightly --limit 500 -o ndjson | jq -r .id
  taskyard task list --created-after 2030-01-01T00:00:00Z --cursor CURSOR";

/// List tasks, without their payloads and results
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    paging: Paging,
}

impl List {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let filter = TaskFilter::from(self.filter);
        let page = caller
            .client
            .list_tasks(&filter, &self.paging.page())
            .await?;
        let columns = [
            "id",
            "queue",
            "type",
            "state",
            "priority",
            "attempt",
            "created_at",
        ];
        caller.output.list(&page, &columns)
    }
}
