//! Schedules over HTTP: one file a verb.
//!
//! A schedule submits its task again and again, by a cron rule or an interval. Here is the form in which
//! one is shown; `request` has what a client says, checked as its task would be by a submit. When a
//! schedule fires is decided in `domain::schedule`, never here. Start with `create`.

mod create;
mod get;
mod pause;
mod preview;
mod remove;
mod replace;
mod request;
mod trigger;

pub(crate) use create::*;
pub(crate) use get::*;
pub(crate) use pause::*;
pub(crate) use preview::*;
pub(crate) use remove::*;
pub(crate) use replace::*;
pub(crate) use trigger::*;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::json;
use super::openapi::schemas;
use crate::domain::placement::{Preference, Requirements};
use crate::domain::retry::RetryPolicy;
use crate::domain::schedule::{CatchUp, FireOutcome, Overlap, Schedule};
use crate::domain::task_template::TaskTemplate;
use crate::domain::uniqueness::Uniqueness;
use crate::domain::{Document, QueueName, ScheduleName, TaskId, TaskType, UnixMillis};

/// A schedule as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleView<'a> {
    #[schema(value_type = schemas::Name)]
    name: &'a ScheduleName,
    /// The cron expression, for one that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cron: Option<&'a str>,
    /// Milliseconds between two moments, for one that has no cron expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    every_ms: Option<u64>,
    /// The zone in which the cron expression is read.
    timezone: &'a str,
    #[schema(value_type = schemas::Overlap)]
    overlap: Overlap,
    #[schema(value_type = schemas::CatchUp)]
    catch_up: CatchUp,
    /// How late a moment may be fired: the same each time it is asked.
    jitter_ms: u64,
    /// What it submits.
    task: ScheduledTaskView<'a>,
    /// Whether it lets its moments pass.
    paused: bool,
    /// When it fires next, jitter included; absent while it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_fire_at: Option<UnixMillis>,
    /// The moment that it fired last, jitter included, or when it was last triggered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_fire_at: Option<UnixMillis>,
    /// The task of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    last_task_id: Option<TaskId>,
    /// What became of its latest moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::FireOutcome>)]
    last_outcome: Option<FireOutcome>,
    /// Moments and triggers that it has fired.
    fires: u64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
}

/// What a schedule submits; each member means what it does in a submit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ScheduledTask)]
pub(crate) struct ScheduledTaskView<'a> {
    #[schema(value_type = schemas::Name)]
    queue: &'a QueueName,
    #[schema(value_type = schemas::Name)]
    r#type: &'a TaskType,
    /// The worker's input. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    payload: Option<&'a Document>,
    #[schema(minimum = -100, maximum = 100)]
    priority: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_losses: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::RetryPolicy>)]
    retry: Option<&'a RetryPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_ms: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a Document>,
    #[serde(skip_serializing_if = "Requirements::is_empty")]
    #[schema(value_type = schemas::Requirements, required = false)]
    requires: &'a Requirements,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<schemas::Preference>, required = false)]
    prefers: &'a [Preference],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Uniqueness>)]
    unique: Option<&'a Uniqueness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fairness_key: Option<&'a str>,
}

impl<'a> From<&'a TaskTemplate> for ScheduledTaskView<'a> {
    fn from(task: &'a TaskTemplate) -> Self {
        Self {
            queue: &task.queue,
            r#type: &task.task_type,
            payload: task.payload.as_ref(),
            priority: task.priority,
            delay_ms: task.delay_ms,
            max_attempts: task.max_attempts,
            max_losses: task.max_losses,
            retry: task.retry.as_ref(),
            timeout_ms: task.timeout_ms,
            expires_in_ms: task.expires_in_ms,
            tags: &task.tags,
            metadata: task.metadata.as_ref(),
            requires: &task.requires,
            prefers: &task.prefers,
            unique: task.unique.as_ref(),
            fairness_key: task.fairness_key.as_deref(),
        }
    }
}

impl<'a> From<&'a Schedule> for ScheduleView<'a> {
    fn from(schedule: &'a Schedule) -> Self {
        let rule = &schedule.rule;
        Self {
            name: &schedule.name,
            cron: rule.cron.as_deref(),
            every_ms: rule.every_ms,
            timezone: &rule.timezone,
            overlap: rule.overlap,
            catch_up: rule.catch_up,
            jitter_ms: rule.jitter_ms,
            task: ScheduledTaskView::from(&schedule.task),
            paused: schedule.paused,
            next_fire_at: schedule.next.map(|next| schedule.with_jitter(next)),
            last_fire_at: schedule.last_fire_at,
            last_task_id: schedule.last_task,
            last_outcome: schedule.last_outcome,
            fires: schedule.fires,
            created_at: schedule.created_at,
        }
    }
}

fn answer(status: StatusCode, schedule: &Schedule) -> Response {
    json::answer(status, &ScheduleView::from(schedule))
}
