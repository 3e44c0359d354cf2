//! Tasks: those of a job in the order of their items.

use super::Jobs;
use crate::domain::job::{JobPlace, JobTask};
use crate::domain::{JobId, TaskId, TaskState, TaskType};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::{StoreError, scripts};

impl Jobs {
    /// Up to `most` tasks of a job whose first item stands behind `after`.
    pub async fn tasks(
        &self,
        id: JobId,
        after: Option<u64>,
        most: usize,
    ) -> Result<Vec<JobTask>, StoreError> {
        if !self.core.knows(id.as_run()) {
            return Ok(Vec::new());
        }
        let mut args = Args::default();
        args.push(id.compact());
        match after {
            Some(after) => args.push_number(after),
            None => args.push("-1"),
        };
        args.push_number(most as u64);
        let mut reply = self
            .core
            .call(&scripts::JOB_TASKS, id.as_run().partition(), "", &args)
            .await?;
        let mut tasks = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            let mut row = reply.next_list()?;
            let task = TaskId::from_compact(row.text()?.as_bytes())
                .ok_or_else(|| StoreError::corrupt("an ill-formed id"))?;
            tasks.push(decode(task, Record::rest(row)?)?);
        }
        Ok(tasks)
    }
}

fn decode(id: TaskId, mut record: Record) -> Result<JobTask, StoreError> {
    let missing = |what: &str| StoreError::corrupt(format!("a job's task without {what}"));
    Ok(JobTask {
        id,
        place: record
            .take("job")
            .and_then(|text| JobPlace::unpack(&text))
            .ok_or_else(|| missing("a place"))?,
        task_type: record
            .take("type")
            .and_then(|text| TaskType::parse(&text).ok())
            .unwrap_or_default(),
        state: record
            .take("state")
            .and_then(|word| TaskState::from_word(&word))
            .ok_or_else(|| missing("a state"))?,
        attempt: record.number("attempt")?.unwrap_or_default(),
        created_at: record
            .moment("created")?
            .ok_or_else(|| missing("its beginning"))?,
        finished_at: record.moment("finished")?,
    })
}
