//! `taskyard schedule`: rules by which tasks are submitted again and again.
//!
//! The verbs that take a name and nothing else stand here; `create.rs` has options of its own.
//! Deliberately not here: the tasks that a schedule has submitted, which are `taskyard task`.

mod create;

use std::time::Duration;

use clap::{Args, Subcommand};

use super::call::{CallArgs, Caller};
use super::exit::Failure;
use super::input::name;
use super::output::Confirm;
use super::paging::Paging;

const EXAMPLES: &str = "\
Examples:
  taskyard schedule create nightly --cron '30 2 * * *' --timezone Europe/Berlin --queue reports
  taskyard schedule preview nightly
  taskyard schedule trigger nightly";
const LIST_EXAMPLES: &str = "\
Examples:
  taskyard schedule list
  taskyard schedule list -o ndjson | jq -r .name";
const GET_EXAMPLES: &str = "\
Examples:
  taskyard schedule get nightly -o json | jq -r .last_task_id";
const PREVIEW_EXAMPLES: &str = "\
Examples:
  taskyard schedule preview nightly --count 10";
const PAUSE_EXAMPLES: &str = "\
Examples:
  taskyard schedule pause nightly";
const RESUME_EXAMPLES: &str = "\
Examples:
  taskyard schedule resume nightly";
const TRIGGER_EXAMPLES: &str = "\
Examples:
  taskyard schedule trigger nightly";
const DELETE_EXAMPLES: &str = "\
Examples:
  taskyard schedule delete nightly
  taskyard schedule delete nightly --yes    # in a script";

/// Submit tasks again and again, by a cron rule or an interval
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Schedule {
    #[command(flatten)]
    call: CallArgs,
    #[command(subcommand)]
    command: ScheduleCommand,
}

#[derive(Debug, Subcommand)]
enum ScheduleCommand {
    /// Create a schedule
    #[command(after_help = create::EXAMPLES)]
    Create(Box<create::Create>),
    /// List schedules
    #[command(after_help = LIST_EXAMPLES)]
    List(Paging),
    /// Show a schedule, its task and what became of its latest moment
    #[command(after_help = GET_EXAMPLES)]
    Get(ScheduleName),
    /// Show when a schedule fires next
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(Preview),
    /// Let the moments of a schedule pass
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause(ScheduleName),
    /// Let a schedule fire again, from its next moment on
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(ScheduleName),
    /// Fire a schedule now, paused or not
    #[command(after_help = TRIGGER_EXAMPLES)]
    Trigger(ScheduleName),
    /// Delete a schedule; its tasks stay
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(Sure),
}

#[derive(Debug, Args)]
struct ScheduleName {
    /// The schedule's name
    #[arg(value_parser = name)]
    name: String,
}

#[derive(Debug, Args)]
struct Preview {
    #[command(flatten)]
    schedule: ScheduleName,
    /// How many moments; the service's own default is 5
    #[arg(long, value_name = "N")]
    count: Option<u32>,
}

/// A schedule, and whether that is meant.
#[derive(Debug, Args)]
struct Sure {
    #[command(flatten)]
    schedule: ScheduleName,
    #[command(flatten)]
    confirm: Confirm,
}

impl Schedule {
    pub(super) fn run(self) -> Result<(), Failure> {
        let command = self.command;
        self.call.run(async |caller| run(&caller, command).await)
    }
}

async fn run(caller: &Caller, command: ScheduleCommand) -> Result<(), Failure> {
    let client = &caller.client;
    let document = match command {
        ScheduleCommand::Create(create) => return create.run(caller).await,
        ScheduleCommand::List(paging) => {
            let page = client.list_schedules(&paging.page()).await?;
            let columns = [
                "name",
                "cron",
                "every_ms",
                "paused",
                "next_fire_at",
                "fires",
            ];
            return caller.output.list(&page, &columns);
        }
        ScheduleCommand::Get(ScheduleName { name }) => client.get_schedule(&name).await?,
        ScheduleCommand::Preview(Preview { schedule, count }) => {
            client.preview_schedule(&schedule.name, count).await?
        }
        ScheduleCommand::Pause(ScheduleName { name }) => client.pause_schedule(&name).await?,
        ScheduleCommand::Resume(ScheduleName { name }) => client.resume_schedule(&name).await?,
        ScheduleCommand::Trigger(ScheduleName { name }) => {
            // A repeat after a lost answer would fire twice.
            let once = client.patient(Duration::ZERO);
            once.trigger_schedule(&name).await?
        }
        ScheduleCommand::Delete(Sure { schedule, confirm }) => {
            let name = schedule.name;
            confirm.ask(&format!("Delete the schedule {name}?"))?;
            client.delete_schedule(&name).await?;
            caller.output.tell(&format!("deleted {name}"));
            return Ok(());
        }
    };
    caller.output.show(&document)
}
