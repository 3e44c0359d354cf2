//! Tasks: those of a job in the order of their items.

use std::collections::{BTreeMap, HashMap};

use super::Jobs;
use crate::domain::job::{JobPlace, JobTask};
use crate::domain::{JobId, Name, NodeId, Partition, QueueName, TaskId, TaskState, TaskType};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::reply::Reply;
use crate::store::{StoreError, scripts};

/// Tasks that one call looks at while it searches a state.
const LOOKS: u64 = 1_000;
/// Calls of one page: a state that hardly any task is in makes short pages rather than long waits.
const CALLS: usize = 10;

/// A page of a job's tasks.
#[derive(Debug)]
pub struct JobTasks {
    /// In the order of their items; while there is a next page perhaps few, or none.
    pub tasks: Vec<JobTask>,
    /// The item behind which the next page begins; `None` on the last.
    pub next: Option<u64>,
}

impl Jobs {
    /// Up to `most` tasks of a job whose first item stands behind `after`, of any state or of one.
    pub async fn tasks(
        &self,
        id: JobId,
        state: Option<TaskState>,
        after: Option<u64>,
        most: usize,
    ) -> Result<JobTasks, StoreError> {
        let mut page = JobTasks {
            tasks: Vec::new(),
            next: after,
        };
        if !self.core.knows(id.as_run()) {
            page.next = None;
            return Ok(page);
        }
        for _ in 0..CALLS {
            self.add_tasks(id, state, most, &mut page).await?;
            if page.next.is_none() || page.tasks.len() >= most {
                break;
            }
        }
        Ok(page)
    }

    async fn add_tasks(
        &self,
        id: JobId,
        state: Option<TaskState>,
        most: usize,
        page: &mut JobTasks,
    ) -> Result<(), StoreError> {
        let missing = most.saturating_sub(page.tasks.len()) as u64;
        let mut args = Args::default();
        args.push(id.compact());
        match page.next {
            Some(after) => args.push_number(after),
            None => args.push("-1"),
        };
        args.push_number(missing)
            .push(state.map_or("", TaskState::word))
            .push_number(state.map_or(missing, |_| LOOKS));
        let mut reply = self
            .core
            .call(&scripts::JOB_TASKS, id.as_run().partition(), "", &args)
            .await?;
        let next = reply.text()?;
        let next = (!next.is_empty()).then(|| next.parse());
        page.next = next
            .transpose()
            .map_err(|_| StoreError::corrupt("the index of an item"))?;
        let (mut rows, mut away) = (Vec::with_capacity(reply.left()), BTreeMap::new());
        while reply.left() > 0 {
            let (task, record) = read(reply.next_list()?)?;
            if task.partition() != id.as_run().partition() {
                let together: &mut Vec<TaskId> = away.entry(task.partition()).or_default();
                together.push(task);
            }
            rows.push((task, record));
        }
        let mut found = self.named(away).await?;
        for (task, record) in rows {
            let record = found.remove(&task).unwrap_or(record);
            // Of a graph, one that was deleted in another partition.
            if record.is_empty() {
                continue;
            }
            let task = decode(task, record)?;
            if state.is_none_or(|state| state == task.state) {
                page.tasks.push(task);
            }
        }
        Ok(())
    }

    /// The records of tasks in other partitions than their job's.
    async fn named(
        &self,
        away: BTreeMap<Partition, Vec<TaskId>>,
    ) -> Result<HashMap<TaskId, Record>, StoreError> {
        let mut found = HashMap::new();
        for (partition, ids) in away {
            let mut args = Args::default();
            for id in ids {
                args.push(id.compact());
            }
            let mut reply = self
                .core
                .call(&scripts::JOB_TASKS, partition, "named", &args)
                .await?;
            reply.text()?;
            while reply.left() > 0 {
                let (id, record) = read(reply.next_list()?)?;
                found.insert(id, record);
            }
        }
        Ok(found)
    }
}

fn read(mut row: Reply) -> Result<(TaskId, Record), StoreError> {
    let id = TaskId::from_compact(row.text()?.as_bytes())
        .ok_or_else(|| StoreError::corrupt("an ill-formed id"))?;
    Ok((id, Record::rest(row)?))
}

fn decode(id: TaskId, mut record: Record) -> Result<JobTask, StoreError> {
    let missing = |what: &str| StoreError::corrupt(format!("a job's task without {what}"));
    Ok(JobTask {
        id,
        place: record
            .take("job")
            .and_then(|text| JobPlace::unpack(&text))
            .ok_or_else(|| missing("a place"))?,
        name: record.take("name").and_then(|text| Name::parse(&text).ok()),
        queue: record
            .take("queue")
            .and_then(|text| QueueName::parse(&text).ok())
            .ok_or_else(|| missing("a queue"))?,
        task_type: record
            .take("type")
            .and_then(|text| TaskType::parse(&text).ok())
            .unwrap_or_default(),
        state: record
            .take("state")
            .and_then(|word| TaskState::from_word(&word))
            .ok_or_else(|| missing("a state"))?,
        attempt: record.number("attempt")?.unwrap_or_default(),
        node: record
            .take("node")
            .and_then(|name| NodeId::parse(&name).ok()),
        created_at: record
            .moment("created")?
            .ok_or_else(|| missing("its beginning"))?,
        finished_at: record.moment("finished")?,
    })
}
