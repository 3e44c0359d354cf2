//! `taskyard schedule create`.

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::ScheduleName;
use crate::cli::call::Caller;
use crate::cli::exit::Failure;
use crate::cli::input::{Content, name};
use crate::client::CreateSchedule;

pub(super) const EXAMPLES: &str = "\
Examples:
  taskyard schedule create nightly --cron '30 2 * * *' --timezone Europe/Berlin --queue reports
  taskyard schedule create poll --every-ms 60000 --queue mail --payload '{\"box\": \"in\"}'
  taskyard schedule create cleanup --cron @daily --overlap queue --task @cleanup.json";

/// A rule, and the task that it submits: --queue with --type and --payload, or --task.
#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    schedule: ScheduleName,
    /// When it fires: 5 fields, 6 with seconds first, or a word such as @daily
    #[arg(long, value_name = "CRON", required_unless_present = "every_ms")]
    cron: Option<String>,
    /// Milliseconds between two fires, counted from now
    #[arg(long, value_name = "MS", conflicts_with = "cron")]
    every_ms: Option<u64>,
    /// The time zone in which --cron is read, such as Europe/Berlin; the service's own default is UTC
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// While the task before is unfinished: skip (the default), allow, queue or `cancel_running`
    #[arg(long, value_parser = name)]
    overlap: Option<String>,
    /// What was missed while nothing could fire: none (the default), one or all
    #[arg(long, value_parser = name)]
    catch_up: Option<String>,
    /// Fires up to so many milliseconds late
    #[arg(long, value_name = "MS")]
    jitter_ms: Option<u64>,
    /// The queue of its tasks
    #[arg(long, value_parser = name, required_unless_present = "task")]
    queue: Option<String>,
    /// What kind of work its tasks are
    #[arg(long = "type", value_name = "TYPE", value_parser = name, conflicts_with = "task")]
    kind: Option<String>,
    /// What the worker gets: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON", conflicts_with = "task")]
    payload: Option<Content>,
    /// The whole task as for POST /v1/tasks: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON", conflicts_with = "queue")]
    task: Option<Content>,
    /// Makes it safe to create again: the same key makes one schedule
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Serialize)]
struct Task {
    queue: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Box<RawValue>>,
}

impl Create {
    pub(super) async fn run(self, caller: &Caller) -> Result<(), Failure> {
        let key = self.idempotency_key.clone();
        let schedule = self.schedule()?;
        let created = caller.client.create_schedule(&schedule, key.as_deref());
        caller.output.show(&created.await?)
    }

    fn schedule(self) -> Result<CreateSchedule, Failure> {
        let task = if let Some(task) = &self.task {
            task.read_json()?
        } else {
            let payload = self.payload.as_ref().map(Content::read_json).transpose()?;
            let (queue, kind) = (self.queue, self.kind);
            let task = Task {
                queue,
                kind,
                payload,
            };
            to_raw_value(&task).context("the task cannot be written")?
        };
        Ok(CreateSchedule {
            name: self.schedule.name,
            cron: self.cron,
            every_ms: self.every_ms,
            timezone: self.timezone,
            overlap: self.overlap,
            catch_up: self.catch_up,
            jitter_ms: self.jitter_ms,
            task,
        })
    }
}
