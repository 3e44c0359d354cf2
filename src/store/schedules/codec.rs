//! Schedules as Redis holds them.

use crate::domain::schedule::{FireOutcome, Rule, Schedule};
use crate::domain::task_template::TaskTemplate;
use crate::domain::{ScheduleName, TaskId, UnixMillis};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::codec::Record;

/// What a list reads of a record: all but the payload, which may be long.
pub(super) const LISTED: [&str; 12] = [
    "rule",
    "task",
    "paused",
    "anchor",
    "next",
    "waiting",
    "last_fire",
    "last_task",
    "last_outcome",
    "fires",
    "created",
    "revision",
];

/// The fields that say what a schedule is and does.
pub(super) fn encode_definition(
    args: &mut Args,
    rule: &Rule,
    task: &TaskTemplate,
) -> Result<(), StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::corrupt(error.to_string());
    let payload = task.payload.as_ref().map_or("", |payload| payload.as_str());
    args.push("rule")
        .push(serde_json::to_string(rule).map_err(corrupt)?)
        .push("task")
        .push(serde_json::to_string(task).map_err(corrupt)?)
        .push("payload")
        .push(payload);
    Ok(())
}

/// A moment, or the empty string for none.
pub(super) fn push_moment(args: &mut Args, moment: Option<UnixMillis>) {
    args.push_optional(moment.map(UnixMillis::get));
}

/// The schedule that a record holds.
pub(super) fn decode(name: ScheduleName, mut record: Record) -> Result<Schedule, StoreError> {
    let corrupt = |field: &str| StoreError::corrupt(format!("the {field} of schedule {name}"));
    let json = |record: &mut Record, field: &str| record.take(field).ok_or_else(|| corrupt(field));
    let rule = serde_json::from_str(&json(&mut record, "rule")?).map_err(|_| corrupt("rule"))?;
    let mut task: TaskTemplate =
        serde_json::from_str(&json(&mut record, "task")?).map_err(|_| corrupt("task"))?;
    task.payload = record.document("payload")?;
    let last_task = record
        .take("last_task")
        .map(|text| TaskId::from_compact(text.as_bytes()).ok_or_else(|| corrupt("last_task")))
        .transpose()?;
    Ok(Schedule {
        rule,
        task,
        paused: record.take("paused").is_some(),
        anchor: record.moment("anchor")?.ok_or_else(|| corrupt("anchor"))?,
        next: record.moment("next")?,
        waiting: record.moment("waiting")?,
        last_fire_at: record.moment("last_fire")?,
        last_task,
        last_outcome: record
            .take("last_outcome")
            .and_then(|word| FireOutcome::from_word(&word)),
        fires: record.number("fires")?.unwrap_or_default(),
        created_at: record
            .moment("created")?
            .ok_or_else(|| corrupt("created"))?,
        revision: record.number("revision")?.unwrap_or_default(),
        name,
    })
}
