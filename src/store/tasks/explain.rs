//! Explain: what decides when a task runs.

use super::Tasks;
use crate::domain::explanation::{HeldBy, Situation};
use crate::domain::placement::TaskClass;
use crate::domain::push::PushOwner;
use crate::domain::{TaskId, TaskState, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::{Record, decode_task};
use crate::store::queues::{FINISHED_WINDOW_MS, per_second};
use crate::store::{StoreError, scripts};

/// Parents of a blocked task that are named.
const NAMED_PARENTS: u32 = 20;

impl Tasks {
    /// The task and its queue as of one moment, or `None` when there is no such task.
    pub async fn explain(&self, id: TaskId) -> Result<Option<Situation>, StoreError> {
        if !self.core.knows(id) {
            return Ok(None);
        }
        let finals: Vec<TaskState> = TaskState::ALL
            .into_iter()
            .filter(|state| state.is_final())
            .collect();
        let mut args = Args::default();
        args.push(id.compact())
            .push_number(FINISHED_WINDOW_MS)
            .push_number(NAMED_PARENTS)
            .push_number(finals.len() as u64);
        for state in finals {
            args.push(state.word());
        }
        let mut reply = self
            .core
            .call(&scripts::EXPLAIN, id.partition(), "", &args)
            .await?
            .next_list()?;
        if reply.text()? != "done" {
            return Ok(None);
        }
        let now = UnixMillis::new(reply.count()?);
        reply.text()?;
        let record = Record::read(reply.value()?)?;
        let number: usize = record.number("class")?.unwrap_or_default();
        let task = decode_task(id, record)?;
        let paused = reply.text()? == "1";
        let ahead = u64::try_from(reply.number()?).ok();
        let last_given_at = match reply.count()? {
            0 => None,
            millis => Some(UnixMillis::new(millis)),
        };
        let ended = reply.count()?;
        let mut limits = Vec::new();
        let mut held = reply.next_list()?;
        while held.left() > 0 {
            limits.push(HeldBy {
                limit: held.text()?,
                until: Some(held.count()?)
                    .filter(|at| *at > 0)
                    .map(UnixMillis::new),
            });
        }
        let mut pending = reply.next_list()?;
        let waits_for = pending.count()?;
        let mut waits_for_some = Vec::new();
        while pending.left() > 0 {
            waits_for_some.extend(TaskId::from_compact(pending.text()?.as_bytes()));
        }
        // A new class is a signal away; without it the type alone is known.
        let classes = self.core.classes_of(&task.queue).await?;
        let class = classes.and_then(|known| known.all.get(number).map(|class| (**class).clone()));
        let owner = PushOwner::Queue(task.queue.clone());
        let owners = std::slice::from_ref(&owner);
        let target = self
            .core
            .health(id.partition(), owners)
            .await?
            .remove(&owner);
        Ok(Some(Situation {
            target,
            class: class.unwrap_or_else(|| TaskClass {
                task_type: task.task_type.clone(),
                ..TaskClass::default()
            }),
            task,
            now,
            paused,
            ahead,
            last_given_at,
            limits,
            waits_for,
            waits_for_some,
            finished_per_s: per_second(ended, u64::from(FINISHED_WINDOW_MS)),
        }))
    }
}
