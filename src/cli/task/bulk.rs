//! `taskyard task bulk`.

use clap::{ArgGroup, Args, ValueEnum};

use super::filter::FilterArgs;
use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::name;
use crate::cli::output::Confirm;
use crate::client::{BulkTasks, TaskFilter};

const EXAMPLES: &str = "\
Examples:
  taskyard task bulk retry --queue mail --state failed --dry-run
  taskyard task bulk retry --queue mail --state failed --rate-per-s 100
  taskyard task bulk cancel ID ID ID --yes
  taskyard task bulk reprioritise --tag nightly --priority -10
  taskyard task bulk delete --state succeeded --created-before 2030-01-01T00:00:00Z";

/// What says which tasks are meant.
const MEANT: [&str; 10] = [
    "ids",
    "queue",
    "state",
    "kind",
    "tag",
    "job_id",
    "node_id",
    "created_after",
    "created_before",
    "all",
];

/// Retry, cancel, delete or reprioritise many tasks
///
/// Which ones is said by their ids or by a filter; --all means every task there is. What
/// takes longer goes on as an operation, whose id is printed: see `taskyard operation`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("meant").args(MEANT).required(true).multiple(true))]
pub(super) struct Bulk {
    /// What to do
    action: Action,
    /// The tasks' ids
    #[arg(value_parser = name, value_name = "ID", conflicts_with_all = &MEANT[1..])]
    ids: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Every task there is
    #[arg(long, conflicts_with_all = &MEANT[1..9])]
    all: bool,
    /// Only tell how many it would be
    #[arg(long)]
    dry_run: bool,
    /// At most so many tasks a second
    #[arg(long, value_name = "N")]
    rate_per_s: Option<u32>,
    /// The new priority, to reprioritise
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        required_if_eq("action", "reprioritise")
    )]
    priority: Option<i64>,
    #[command(flatten)]
    confirm: Confirm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    Retry,
    Cancel,
    Delete,
    Reprioritise,
}

impl Action {
    /// The contract's word.
    const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::Reprioritise => "reprioritise",
        }
    }
}

impl Bulk {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let action = self.action.word();
        if matches!(self.action, Action::Cancel | Action::Delete) && !self.dry_run {
            let which = match self.ids.len() {
                0 if self.all => "every task there is".to_owned(),
                0 => "all tasks that fit".to_owned(),
                count => format!("{count} tasks"),
            };
            self.confirm.ask(&format!(
                "Really {action} {which}? --dry-run only counts them."
            ))?;
        }
        let bulk = BulkTasks {
            action,
            filter: self.ids.is_empty().then(|| TaskFilter::from(self.filter)),
            ids: self.ids,
            all: self.all,
            dry_run: self.dry_run,
            rate_per_s: self.rate_per_s,
            priority: self.priority,
        };
        caller.output.show(&caller.client.bulk_tasks(&bulk).await?)
    }
}
