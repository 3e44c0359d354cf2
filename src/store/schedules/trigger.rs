//! Trigger: a schedule fires now.

use super::{Schedules, TRIES};
use crate::domain::ScheduleName;
use crate::domain::schedule::Schedule;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// What became of it.
#[derive(Debug)]
pub enum TriggerOutcome {
    /// It has fired; what the queue said stands in its last outcome.
    Triggered(Box<Schedule>),
    /// There is no such schedule.
    NotFound,
}

impl Schedules {
    /// Fires a schedule now, paused or not, whatever runs of it. Its moments stay as they are.
    pub async fn trigger(&self, name: &ScheduleName) -> Result<TriggerOutcome, StoreError> {
        if self.core.is_full() {
            return Err(StoreError::Full);
        }
        let partition = self.core.partition_of_schedule(name);
        for _ in 0..TRIES {
            let Some(schedule) = self.get(name).await? else {
                return Ok(TriggerOutcome::NotFound);
            };
            let (id, row) = self.row(&schedule).await?;
            let mut args = Args::default();
            args.push(name.as_str())
                .push_number(schedule.revision)
                .push(id.compact())
                .push(&row);
            let mut reply = self
                .core
                .call(&scripts::TRIGGER, partition, "", &args)
                .await?;
            if reply.text()? == "done" {
                // The row would be brought by a sweep as well; so the answer can name a task that is there.
                self.core.deliver_fire(&row).await?;
                let schedule = self.get(name).await?;
                return Ok(schedule.map_or(TriggerOutcome::NotFound, |schedule| {
                    TriggerOutcome::Triggered(Box::new(schedule))
                }));
            }
        }
        Err(StoreError::not_done())
    }
}
