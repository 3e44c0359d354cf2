//! The steps of operations, as the sweep takes them.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{decode, read_id};
use crate::domain::lease::CANCEL_GRACE_MS;
use crate::domain::operation::{Operation, OperationId};
use crate::domain::task_filter::TaskFilter;
use crate::domain::{Partition, TaskId};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::reply::Reply;
use crate::store::tasks::list::ListPlace;
use crate::store::{StoreError, Sweeps, Tasks, scripts};

/// Steps of one pass; then the other sweeps of the partition have their turn.
const STEPS: usize = 20;
/// How long a step that was not reported is left to whoever planned it, milliseconds.
const PATIENCE_MS: u64 = 1_000;
/// Tasks that are looked up at once: not more than any step has.
const PAGE: usize = 200;

/// A step, as it was planned.
#[derive(Debug)]
pub struct Step {
    operation: Operation,
    number: u64,
    /// Where the next page of the filter begins; `None` when all of it has been seen.
    place: Option<String>,
    ids: Vec<TaskId>,
}

/// How many tasks were changed, or left for which reason.
type Tally = BTreeMap<String, u64>;

impl Sweeps {
    /// Takes steps of the partition's operations, those that are due first.
    pub async fn operate(&self, partition: Partition) -> Result<(), StoreError> {
        for _ in 0..STEPS {
            let Some(step) = self.plan_step(partition).await? else {
                return Ok(());
            };
            self.take_step(&step).await?;
        }
        Ok(())
    }

    /// The step that is due first; `None` when nothing is.
    pub async fn plan_step(&self, partition: Partition) -> Result<Option<Step>, StoreError> {
        let mut args = Args::default();
        args.push_number(PATIENCE_MS);
        loop {
            let mut reply = self
                .core
                .call(&scripts::PLAN_STEP, partition, "", &args)
                .await?;
            match reply.text()?.as_str() {
                "step" => return decode_step(&mut reply).map(Some),
                "forgotten" => {}
                _ => return Ok(None),
            }
        }
    }

    /// Does a step and counts it. May be cut off anywhere, and done again.
    pub async fn take_step(&self, step: &Step) -> Result<(), StoreError> {
        if let (true, Some(place), Some(filter)) =
            (step.ids.is_empty(), &step.place, &step.operation.filter)
        {
            return self.fill(step, place, filter).await;
        }
        match self.apply_step(step).await? {
            Some(tally) => self.advance(step, &tally).await,
            None => Ok(()),
        }
    }

    /// Notes the next page of the tasks that fit.
    async fn fill(&self, step: &Step, place: &str, filter: &TaskFilter) -> Result<(), StoreError> {
        let created_at = step.operation.created_at;
        // What came after the operation is none of its business, or it might never end.
        let before = filter
            .created_before
            .map_or(created_at.plus(1), |before| before.min(created_at.plus(1)));
        let filter = TaskFilter {
            created_before: Some(before),
            ..filter.clone()
        };
        let tasks = Tasks {
            core: std::sync::Arc::clone(&self.core),
        };
        let page = tasks
            .scan(&filter, read_place(place)?.as_ref(), PAGE)
            .await?;
        let behind = page
            .next
            .map(|place| format!("{} {}", place.score, place.id));
        let id = step.operation.id;
        let mut args = Args::default();
        args.push(id.compact())
            .push(place)
            .push(behind.unwrap_or_default());
        for task in page.tasks {
            args.push(task.id.compact());
        }
        self.core
            .call(&scripts::FILL_OPERATION, id.partition(), "", &args)
            .await
            .map(drop)
    }

    /// Changes the step's tasks; `None` when others have gone on in the meantime.
    pub async fn apply_step(&self, step: &Step) -> Result<Option<Tally>, StoreError> {
        let mut tally = Tally::new();
        let mut by_partition: BTreeMap<Partition, Vec<TaskId>> = BTreeMap::new();
        for id in &step.ids {
            if self.core.knows(*id) {
                by_partition.entry(id.partition()).or_default().push(*id);
            } else {
                *tally.entry("not_found".to_owned()).or_default() += 1;
            }
        }
        let applied = by_partition
            .into_iter()
            .map(|(partition, ids)| self.apply_in(step, partition, ids));
        for outcome in join_all(applied).await {
            let Some(counts) = outcome? else {
                return Ok(None);
            };
            for (word, count) in counts {
                *tally.entry(word).or_default() += count;
            }
        }
        Ok(Some(tally))
    }

    async fn apply_in(
        &self,
        step: &Step,
        partition: Partition,
        ids: Vec<TaskId>,
    ) -> Result<Option<Tally>, StoreError> {
        let operation = &step.operation;
        let mut args = Args::default();
        args.push(operation.id.compact())
            .push_number(step.number)
            .push(operation.action.word())
            .push_number(CANCEL_GRACE_MS);
        match operation.action.priority() {
            Some(priority) => args.push_number(priority.get()),
            None => args.push(""),
        };
        for id in &ids {
            args.push(id.compact());
        }
        let mode = if operation.dry_run { "dry" } else { "" };
        let call = self
            .core
            .call(&scripts::APPLY_STEP, partition, mode, &args)
            .await;
        let mut reply = match call {
            Ok(reply) => reply,
            // It would break off again, and the operation would never end.
            Err(error @ (StoreError::Broken(_) | StoreError::Corrupt(_))) => {
                tracing::error!(operation = %operation.id, %error, "a step of an operation broke off");
                return Ok(Some(Tally::from([("failed".to_owned(), ids.len() as u64)])));
            }
            Err(error) => return Err(error),
        };
        if reply.text()? == "stale" {
            return Ok(None);
        }
        let mut tally = Tally::new();
        while reply.left() > 0 {
            let word = reply.text()?;
            tally.insert(word, reply.count()?);
        }
        Ok(Some(tally))
    }

    async fn advance(&self, step: &Step, tally: &Tally) -> Result<(), StoreError> {
        let id: OperationId = step.operation.id;
        let mut args = Args::default();
        args.push(id.compact())
            .push_number(step.number)
            .push_number(step.ids.len() as u64);
        for (word, count) in tally {
            args.push(word).push_number(*count);
        }
        self.core
            .call(&scripts::ADVANCE_OPERATION, id.partition(), "", &args)
            .await
            .map(drop)
    }
}

fn decode_step(reply: &mut Reply) -> Result<Step, StoreError> {
    let id = read_id(reply)?;
    let mut record = Record::read(reply.value()?)?;
    let mut members = reply.next_list()?;
    let mut ids = Vec::with_capacity(members.left());
    while members.left() > 0 {
        ids.push(
            TaskId::from_compact(members.text()?.as_bytes())
                .ok_or_else(|| StoreError::corrupt("a task's id in an operation"))?,
        );
    }
    let place = record.take("place").unwrap_or_default();
    Ok(Step {
        number: record
            .number("step")?
            .ok_or_else(|| StoreError::corrupt("an operation without a step"))?,
        place: record.take("scanned").is_none().then_some(place),
        operation: decode(id, record)?,
        ids,
    })
}

/// The place that a record keeps as `SCORE ID`; empty for the beginning.
fn read_place(text: &str) -> Result<Option<ListPlace>, StoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    let place = text.split_once(' ').and_then(|(score, id)| {
        Some(ListPlace {
            score: score.parse().ok()?,
            id: id.to_owned(),
        })
    });
    place
        .map(Some)
        .ok_or_else(|| StoreError::corrupt("an operation's place"))
}
