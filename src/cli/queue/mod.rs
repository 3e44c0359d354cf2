//! `taskyard queue`: look at queues, set, stop, start and empty them.
//!
//! The verbs that take a name and nothing else stand here; `set.rs` has options of its
//! own. Deliberately not here: the tasks in a queue, which are `taskyard task`.

mod set;

use clap::{Args, Subcommand};

use super::call::{CallArgs, Caller};
use super::exit::Failure;
use super::input::name;
use super::output::Confirm;
use super::paging::Paging;

const EXAMPLES: &str = "\
Examples:
  taskyard queue list
  taskyard queue stats mail
  taskyard queue pause mail";
const LIST_EXAMPLES: &str = "\
Examples:
  taskyard queue list
  taskyard queue list -o ndjson | jq -r .name";
const GET_EXAMPLES: &str = "\
Examples:
  taskyard queue get mail -o json";
const STATS_EXAMPLES: &str = "\
Examples:
  taskyard queue stats mail
  taskyard queue stats mail -o json | jq .backlog";
const PAUSE_EXAMPLES: &str = "\
Examples:
  taskyard queue pause mail";
const RESUME_EXAMPLES: &str = "\
Examples:
  taskyard queue resume mail";
const PURGE_EXAMPLES: &str = "\
Examples:
  taskyard queue purge mail
  taskyard queue purge mail --yes    # in a script";
const ROTATE_EXAMPLES: &str = "\
Examples:
  taskyard queue rotate-secret mail -o json | jq -r .secret";
const DELETE_EXAMPLES: &str = "\
Examples:
  taskyard queue delete mail
  taskyard queue delete mail --yes    # in a script";

/// Look at queues and steer them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Queue {
    #[command(flatten)]
    call: CallArgs,
    #[command(subcommand)]
    command: QueueCommand,
}

#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// List queues by name
    #[command(after_help = LIST_EXAMPLES)]
    List(Paging),
    /// Show a queue and its settings
    #[command(after_help = GET_EXAMPLES)]
    Get(QueueName),
    /// Set how a queue treats its tasks; what is not given stays
    #[command(after_help = set::EXAMPLES)]
    Set(set::Set),
    /// Show the exact numbers of a queue's tasks
    #[command(after_help = STATS_EXAMPLES)]
    Stats(QueueName),
    /// Give out no more tasks; new ones are still taken
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause(QueueName),
    /// Give out tasks again
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(QueueName),
    /// Delete the tasks that wait in a queue
    #[command(after_help = PURGE_EXAMPLES)]
    Purge(Sure),
    /// Sign what is pushed to a queue's target with another secret, which is shown this once
    #[command(after_help = ROTATE_EXAMPLES)]
    RotateSecret(QueueName),
    /// Delete an empty queue
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(Sure),
}

/// A queue, and whether that is meant.
#[derive(Debug, Args)]
struct Sure {
    #[command(flatten)]
    queue: QueueName,
    #[command(flatten)]
    confirm: Confirm,
}

#[derive(Debug, Args)]
struct QueueName {
    /// The queue's name
    #[arg(value_parser = name)]
    name: String,
}

impl Queue {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| run(&caller, command).await)
    }
}

async fn run(caller: &Caller, command: QueueCommand) -> Result<(), Failure> {
    let client = &caller.client;
    let document = match command {
        QueueCommand::List(paging) => {
            let page = client.list_queues(&paging.page()).await?;
            let columns = ["name", "paused", "created_at"];
            return caller.output.list(&page, &columns);
        }
        QueueCommand::Get(QueueName { name }) => client.get_queue(&name).await?,
        QueueCommand::Stats(QueueName { name }) => client.get_queue_stats(&name).await?,
        QueueCommand::Pause(QueueName { name }) => client.pause_queue(&name).await?,
        QueueCommand::Resume(QueueName { name }) => client.resume_queue(&name).await?,
        QueueCommand::RotateSecret(QueueName { name }) => client.rotate_queue_secret(&name).await?,
        QueueCommand::Set(set) => return set.run(caller).await,
        QueueCommand::Purge(Sure { queue, confirm }) => {
            let name = queue.name;
            confirm.ask(&format!("Delete all tasks that wait in {name}, for good?"))?;
            client.purge_queue(&name).await?
        }
        QueueCommand::Delete(Sure { queue, confirm }) => {
            let name = queue.name;
            confirm.ask(&format!("Delete the queue {name} and its settings?"))?;
            client.delete_queue(&name).await?;
            caller.output.tell(&format!("deleted {name}"));
            return Ok(());
        }
    };
    caller.output.show(&document)
}
