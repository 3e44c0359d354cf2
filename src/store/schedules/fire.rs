//! Fire: what is due becomes tasks, each moment once.
//!
//! A step reads the clock and the schedules that are due, asks the domain what is to happen, and sends
//! one script a moment. A script that finds the schedule moved on by another replica does nothing.

use super::Schedules;
use super::codec::push_moment;
use super::get::named;
use super::set::read_timing;
use crate::domain::schedule::due::Fate;
use crate::domain::schedule::{FireOutcome, Overlap, Schedule};
use crate::domain::{Partition, TaskId, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::{Edges, encode_submission};
use crate::store::outbox::encode_fire;
use crate::store::tasks::Tasks;
use crate::store::{StoreError, scripts};

/// Schedules of one pass; each may have a large payload.
const PAGE: u64 = 50;
/// How soon a moment that waits for a task to finish is looked at again.
const LOOK_AGAIN_MS: u64 = 1_000;

/// A schedule on its way through the moments that are due.
struct Passage {
    schedule: Schedule,
    now: UnixMillis,
    /// Whether the task that it submitted last is unfinished.
    unfinished: bool,
}

impl Schedules {
    /// Fires all that is due in a partition.
    pub(crate) async fn fire_due(&self, partition: Partition) -> Result<(), StoreError> {
        // Not before there is room for tasks again: then what was missed is caught up with, or not.
        while !self.core.is_full() {
            let mut args = Args::default();
            args.push_number(PAGE);
            let mut reply = self
                .core
                .call(&scripts::SCHEDULES_DUE, partition, "", &args)
                .await?;
            let now = UnixMillis::new(reply.count()?);
            let full = reply.left() as u64 == PAGE;
            // The tasks that these schedules have fired before are where they can be looked at.
            while self.core.deliver_outbox(partition).await? > 0 {}
            let mut moved = false;
            while reply.left() > 0 {
                let fired = match named(&mut reply) {
                    Ok(schedule) => self.pass_through(schedule, now).await,
                    Err(error) => Err(error),
                };
                match fired {
                    Ok(()) => moved = true,
                    // It will not become readable; those behind it must not wait for it.
                    Err(StoreError::Corrupt(what)) => {
                        tracing::error!(%partition, what, "a schedule cannot be fired");
                    }
                    Err(error) => return Err(error),
                }
            }
            while self.core.deliver_outbox(partition).await? > 0 {}
            if !full || !moved {
                break;
            }
        }
        Ok(())
    }

    async fn pass_through(&self, schedule: Schedule, now: UnixMillis) -> Result<(), StoreError> {
        let plan = schedule.plan(&read_timing(&schedule.rule)?, now);
        let asks = schedule.rule.overlap != Overlap::Allow || schedule.waiting.is_some();
        let mut passage = Passage {
            unfinished: asks && self.is_unfinished(schedule.last_task).await?,
            schedule,
            now,
        };
        let (next, waiting) = (passage.schedule.next, passage.schedule.waiting);
        let mut stands = match waiting {
            Some(moment) if !passage.unfinished => {
                self.fire(&mut passage, moment, next, None).await?
            }
            // To be looked at again a little later.
            Some(_) => self.step(&mut passage, next, waiting, None).await?,
            None => true,
        };
        if stands && plan.drops_missed {
            let next = plan.moments.first().copied().or(plan.next);
            let waiting = passage.schedule.waiting;
            let missed = Some(FireOutcome::Missed);
            stands = self.step(&mut passage, next, waiting, missed).await?;
        }
        for (index, moment) in plan.moments.iter().enumerate() {
            if !stands {
                break;
            }
            let next = plan.moments.get(index + 1).copied().or(plan.next);
            stands = self.deal_with(&mut passage, *moment, next).await?;
        }
        Ok(())
    }

    /// One moment, by the policy for overlaps; whether the schedule stood as it was known.
    async fn deal_with(
        &self,
        passage: &mut Passage,
        moment: UnixMillis,
        next: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        let (overlap, waiting) = (passage.schedule.rule.overlap, passage.schedule.waiting);
        match overlap.fate(passage.unfinished, waiting.is_some()) {
            Fate::Fire => self.fire(passage, moment, next, waiting).await,
            Fate::CancelAndFire => {
                if let Some(task) = passage.schedule.last_task {
                    self.tasks().cancel(task).await?;
                }
                self.fire(passage, moment, next, waiting).await
            }
            Fate::Wait => {
                let outcome = Some(FireOutcome::Waiting);
                self.step(passage, next, Some(moment), outcome).await
            }
            Fate::Skip => {
                let outcome = Some(FireOutcome::Skipped);
                self.step(passage, next, waiting, outcome).await
            }
        }
    }

    /// Submits the task of a moment.
    async fn fire(
        &self,
        passage: &mut Passage,
        moment: UnixMillis,
        next: Option<UnixMillis>,
        waiting: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        let (id, row) = self.row(&passage.schedule).await?;
        let mut args = passage.args(next, waiting, None);
        args.push_number(passage.schedule.with_jitter(moment).get())
            .push(id.compact())
            .push(row);
        let stood = self.send_step(passage, &args, next, waiting).await?;
        if stood {
            passage.schedule.last_task = Some(id);
            passage.unfinished = true;
        }
        Ok(stood)
    }

    /// Moves on without a task.
    async fn step(
        &self,
        passage: &mut Passage,
        next: Option<UnixMillis>,
        waiting: Option<UnixMillis>,
        outcome: Option<FireOutcome>,
    ) -> Result<bool, StoreError> {
        let args = passage.args(next, waiting, outcome);
        self.send_step(passage, &args, next, waiting).await
    }

    async fn send_step(
        &self,
        passage: &mut Passage,
        args: &Args,
        next: Option<UnixMillis>,
        waiting: Option<UnixMillis>,
    ) -> Result<bool, StoreError> {
        let partition = self.core.partition_of_schedule(&passage.schedule.name);
        let mut reply = self.core.call(&scripts::FIRE, partition, "", args).await?;
        let stood = reply.text()? == "done";
        (passage.schedule.next, passage.schedule.waiting) = (next, waiting);
        Ok(stood)
    }

    /// A task's id, and the row of the outbox that brings it.
    pub(super) async fn row(&self, schedule: &Schedule) -> Result<(TaskId, String), StoreError> {
        let submission = schedule
            .task
            .submission()
            .map_err(|fault| StoreError::corrupt(fault.to_string()))?;
        let id = self
            .core
            .mint_id(self.core.settle(&submission.queue).await?);
        let item = encode_submission(
            &submission,
            id,
            "schedule",
            Edges::Ask,
            self.core.inline_bytes,
        )?;
        let row = encode_fire(&schedule.name, &submission.queue, &item)?;
        Ok((id, row))
    }

    /// One that is gone has finished: what was fired before is delivered by now.
    async fn is_unfinished(&self, task: Option<TaskId>) -> Result<bool, StoreError> {
        let Some(id) = task else { return Ok(false) };
        let task = self.tasks().get(id).await?;
        Ok(task.is_some_and(|task| !task.state.is_final()))
    }

    fn tasks(&self) -> Tasks {
        Tasks {
            core: std::sync::Arc::clone(&self.core),
        }
    }
}

impl Passage {
    /// The arguments of a step, up to what became of the moment.
    fn args(
        &self,
        next: Option<UnixMillis>,
        waiting: Option<UnixMillis>,
        outcome: Option<FireOutcome>,
    ) -> Args {
        let schedule = &self.schedule;
        let due = next.map(|next| schedule.with_jitter(next));
        let again = waiting.map(|_| self.now.plus(LOOK_AGAIN_MS));
        let mut args = Args::default();
        args.push(schedule.name.as_str())
            .push_number(schedule.revision);
        for moment in [
            schedule.next,
            schedule.waiting,
            next,
            waiting,
            due.into_iter().chain(again).min(),
        ] {
            push_moment(&mut args, moment);
        }
        args.push(outcome.map_or("", FireOutcome::word));
        args
    }
}
