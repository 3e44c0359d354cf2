//! Remove: a schedule is no more.

use super::Schedules;
use crate::domain::ScheduleName;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

impl Schedules {
    /// Removes a schedule; the tasks that it has submitted stay. False when there is none of that name.
    pub async fn remove(&self, name: &ScheduleName) -> Result<bool, StoreError> {
        let mut args = Args::default();
        args.push(name.as_str());
        let partition = self.core.partition_of_schedule(name);
        let mut reply = self
            .core
            .call(&scripts::REMOVE_SCHEDULE, partition, "", &args)
            .await?;
        Ok(reply.text()? == "done")
    }
}
