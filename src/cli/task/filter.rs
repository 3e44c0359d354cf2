//! Which tasks are meant: the filter of `task list` and `task bulk`.

use clap::Args;

use crate::cli::input::name;
use crate::client::TaskFilter;

/// All that is given has to fit.
#[derive(Debug, Clone, Args)]
pub(super) struct FilterArgs {
    /// Of this queue
    #[arg(long, value_parser = name)]
    queue: Option<String>,
    /// In this state, such as queued, running or failed
    #[arg(long, value_parser = name)]
    state: Option<String>,
    /// Of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = name)]
    kind: Option<String>,
    /// With this tag
    #[arg(long)]
    tag: Option<String>,
    /// Of this job
    #[arg(long, value_parser = name)]
    job_id: Option<String>,
    /// That this node has, or had last
    #[arg(long, value_parser = name)]
    node_id: Option<String>,
    /// Submitted after this time, such as 2030-01-01T06:00:00Z
    #[arg(long, value_name = "TIME")]
    created_after: Option<String>,
    /// Submitted before this time
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
}

impl From<FilterArgs> for TaskFilter {
    fn from(args: FilterArgs) -> Self {
        Self {
            queue: args.queue,
            state: args.state,
            kind: args.kind,
            tag: args.tag,
            job_id: args.job_id,
            node_id: args.node_id,
            created_after: args.created_after,
            created_before: args.created_before,
        }
    }
}
