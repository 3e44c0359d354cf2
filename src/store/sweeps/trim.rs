//! Finished tasks go: by age, number and bytes, and before their time while Redis is short of memory.

use super::{PAGE, Sweeps};
use crate::domain::queue::Retention;
use crate::domain::{Partition, TaskState};
use crate::store::args::Args;
use crate::store::codec::Record;
use crate::store::{StoreError, queues, scripts};

/// Pages that one relief deletes, so that other sweeps get their turn.
const RELIEF_PAGES: usize = 10;

/// The final states, in the order in which their tasks go when there are too many bytes.
const TRIM_ORDER: [TaskState; 4] = [
    TaskState::Succeeded,
    TaskState::Cancelled,
    TaskState::Expired,
    TaskState::Failed,
];

impl Sweeps {
    /// Deletes finished tasks that are too old, too many or too large together, in every queue of a
    /// partition. `retention` holds where a queue's own settings say nothing.
    pub async fn trim(
        &self,
        partition: Partition,
        retention: &Retention,
    ) -> Result<(), StoreError> {
        let mut queues = self
            .core
            .call(&scripts::GET_QUEUE, partition, "", &Args::default())
            .await?;
        while queues.left() > 0 {
            let mut queue = queues.next_list()?;
            if queue.left() == 0 {
                continue;
            }
            let name = queue.text()?;
            let own = queues::retention(&Record::read(queue.value()?)?, retention)?;
            // One after the other: succeeded tasks make room first, failed ones last.
            for state in TRIM_ORDER {
                self.trim_state(partition, &name, state, &own).await?;
            }
        }
        Ok(())
    }

    /// While Redis is short of memory: deletes finished tasks of a partition before their time, the
    /// oldest of the fullest queue first, until there is room again or a bounded share is done.
    /// Failed ones go only while submits are refused and there are no others.
    pub async fn relieve(&self, partition: Partition) -> Result<(), StoreError> {
        for _ in 0..RELIEF_PAGES {
            if !self.core.shared.condition.is_pressed() {
                return Ok(());
            }
            let mut args = Args::default();
            args.push_number(PAGE);
            for state in TRIM_ORDER {
                if state != TaskState::Failed || self.core.is_full() {
                    args.push(state.word());
                }
            }
            let mut reply = self
                .core
                .call(&scripts::RELIEVE, partition, "", &args)
                .await?;
            if reply.count()? == 0 {
                return Ok(());
            }
            self.core.look().await?;
        }
        Ok(())
    }

    async fn trim_state(
        &self,
        partition: Partition,
        queue: &str,
        state: TaskState,
        retention: &Retention,
    ) -> Result<(), StoreError> {
        let mut args = Args::default();
        args.push(queue)
            .push(state.word())
            .push_number(retention.keeps_ms(state))
            .push_number(retention.max_finished)
            .push_optional(retention.max_bytes)
            .push_number(PAGE);
        while self
            .core
            .call(&scripts::TRIM, partition, "", &args)
            .await?
            .count()?
            == PAGE
        {}
        Ok(())
    }
}
