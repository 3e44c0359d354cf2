//! Operations: changes of many tasks, done by the sweeps a step at a time.
//!
//! An operation's keys stand in the partition that its id names, the tasks in any. So a step is
//! three calls: `plan` names its tasks, `apply` changes those of one partition and keeps what
//! became of them under the step's number, `advance` counts them and begins the next step. A
//! step that was cut off is planned again with the same tasks and the same number, and what it
//! did already is answered and not done again. Start with `start`, then `step`.

mod get;
mod start;
mod steer;
pub(super) mod step;

use std::sync::Arc;

pub use steer::SteerOutcome;

use super::StoreError;
use super::codec::Record;
use super::core::Core;
use super::reply::{Reply, parse_number};
use crate::domain::operation::{Action, Operation, OperationId, OperationState};
use crate::domain::score::Priority;
use crate::domain::task_filter::TaskFilter;

/// The operations of the store.
#[derive(Clone)]
pub struct Operations {
    pub(crate) core: Arc<Core>,
}

/// The operation that a record holds.
fn decode(id: OperationId, mut record: Record) -> Result<Operation, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt(format!("operation {id}: {what}"));
    let priority = record.number::<i64>("priority")?;
    let priority = priority
        .map(Priority::new)
        .transpose()
        .map_err(|_| corrupt("its priority"))?;
    let word = record.take("action").unwrap_or_default();
    Ok(Operation {
        id,
        action: Action::from_word(&word, priority).map_err(|_| corrupt("its action"))?,
        filter: filter(&mut record)?,
        dry_run: record.take("dry").is_some(),
        rate_per_s: record.number("rate")?,
        state: record
            .take("state")
            .and_then(|word| OperationState::from_word(&word))
            .ok_or_else(|| corrupt("its state"))?,
        matched: record.number("matched")?.unwrap_or_default(),
        done: record.number("done")?.unwrap_or_default(),
        failed: record.number("failed")?.unwrap_or_default(),
        created_at: record
            .moment("created")?
            .ok_or_else(|| corrupt("its beginning"))?,
        finished_at: record.moment("finished")?,
        skipped: record
            .prefixed("skipped_")
            .map(|(reason, count)| Ok((reason, parse_number(&count)?)))
            .collect::<Result<_, StoreError>>()?,
    })
}

fn filter(record: &mut Record) -> Result<Option<TaskFilter>, StoreError> {
    record
        .take("filter")
        .map(|text| {
            serde_json::from_str(&text).map_err(|_| StoreError::corrupt("an operation's filter"))
        })
        .transpose()
}

fn read_id(reply: &mut Reply) -> Result<OperationId, StoreError> {
    OperationId::from_compact(reply.text()?.as_bytes())
        .ok_or_else(|| StoreError::corrupt("an operation's id"))
}
