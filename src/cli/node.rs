//! `taskyard node`: look at nodes, drain them, and take away one that is gone.

use clap::{Args, Subcommand};

use super::call::{CallArgs, Caller};
use super::exit::Failure;
use super::input::name;
use super::output::Confirm;
use super::paging::Paging;
use crate::client::DrainNode;

const EXAMPLES: &str = "\
Examples:
  taskyard node list
  taskyard node get worker-1
  taskyard node remove worker-1 --yes";
const LIST_EXAMPLES: &str = "\
Examples:
  taskyard node list
  taskyard node list -o ndjson | jq -r 'select(.state == \"dead\") | .id'";
const GET_EXAMPLES: &str = "\
Examples:
  taskyard node get worker-1
  taskyard node get worker-1 -o json | jq .used";
const DRAIN_EXAMPLES: &str = "\
Examples:
  taskyard node drain worker-1 --reason 'new kernel'
  taskyard node drain worker-1 --deadline-ms 600000";
const RESUME_EXAMPLES: &str = "\
Examples:
  taskyard node resume worker-1";
const ROTATE_EXAMPLES: &str = "\
Examples:
  taskyard node rotate-secret worker-1 -o json | jq -r .secret";
const REMOVE_EXAMPLES: &str = "\
Examples:
  taskyard node remove worker-1
  taskyard node remove worker-1 --yes    # in a script";

/// Look at nodes and steer them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Node {
    #[command(flatten)]
    call: CallArgs,
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Debug, Subcommand)]
enum NodeCommand {
    /// List nodes by name
    #[command(after_help = LIST_EXAMPLES)]
    List(Paging),
    /// Show a node
    #[command(visible_alias = "show", after_help = GET_EXAMPLES)]
    Get(NodeName),
    /// Let a node finish what it holds, and give it nothing more
    #[command(after_help = DRAIN_EXAMPLES)]
    Drain(Drain),
    /// Give a drained or quarantined node tasks again
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(NodeName),
    /// Sign what is pushed to a node's endpoint with another secret, which is shown this once
    #[command(after_help = ROTATE_EXAMPLES)]
    RotateSecret(NodeName),
    /// End a node's session; the tasks it holds go back at once
    #[command(after_help = REMOVE_EXAMPLES)]
    Remove(Remove),
}

#[derive(Debug, Args)]
struct NodeName {
    /// The node's name
    #[arg(value_parser = name)]
    node: String,
}

#[derive(Debug, Args)]
struct Drain {
    #[command(flatten)]
    name: NodeName,
    /// After so long what it still holds goes back
    #[arg(long, value_name = "MS")]
    deadline_ms: Option<u64>,
    /// Why, for people
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
struct Remove {
    #[command(flatten)]
    name: NodeName,
    #[command(flatten)]
    confirm: Confirm,
}

impl Node {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| run(&caller, command).await)
    }
}

async fn run(caller: &Caller, command: NodeCommand) -> Result<(), Failure> {
    let client = &caller.client;
    match command {
        NodeCommand::List(paging) => {
            let page = client.list_nodes(&paging.page()).await?;
            let columns = [
                "id",
                "state",
                "slots",
                "used",
                "speed",
                "failures",
                "version",
                "last_seen",
            ];
            caller.output.list(&page, &columns)
        }
        NodeCommand::Get(NodeName { node }) => caller.output.show(&client.get_node(&node).await?),
        NodeCommand::Drain(drain) => {
            let how = DrainNode {
                deadline_ms: drain.deadline_ms,
                reason: drain.reason,
            };
            let node = client.drain_node(&drain.name.node, &how).await?;
            caller.output.show(&node)
        }
        NodeCommand::Resume(NodeName { node }) => {
            caller.output.show(&client.resume_node(&node).await?)
        }
        NodeCommand::RotateSecret(NodeName { node }) => {
            caller.output.show(&client.rotate_node_secret(&node).await?)
        }
        NodeCommand::Remove(Remove { name, confirm }) => {
            let node = name.node;
            confirm.ask(&format!(
                "Remove node {node}, and give its tasks to others?"
            ))?;
            client.delete_node(&node).await?;
            caller.output.tell(&format!("removed {node}"));
            Ok(())
        }
    }
}
