//! Sweeps, singly or as time goes by, on the store and on the model.

use taskyard::domain::Partition;
use taskyard::domain::queue::Retention;
use taskyard::store::{Store, Work};

use super::text;
use crate::model::action::Sweep;
use crate::model::world::{PARTITIONS, World};

impl World {
    pub(super) async fn sweep(
        &mut self,
        store: &Store,
        number: u16,
        sweep: Sweep,
    ) -> Result<(), String> {
        let partition = Partition::new(number);
        let sweeps = &store.sweeps;
        match sweep {
            Sweep::Promote => {
                self.model.promote(number);
                sweeps.run(Work::Promote, partition).await
            }
            Sweep::ReturnLost => {
                self.model.return_lost(number);
                sweeps.run(Work::ReturnLost, partition).await
            }
            Sweep::EndDead => {
                self.model.end_dead(number);
                sweeps.run(Work::EndDead, partition).await
            }
            Sweep::Expire => {
                self.model.expire(number);
                sweeps.run(Work::Expire, partition).await
            }
            Sweep::Deliver => {
                self.learn_last_tasks(number).await?;
                self.model.deliver(number);
                sweeps.run(Work::Deliver, partition).await
            }
            Sweep::EndJobs => {
                self.model.end_jobs(number);
                sweeps.run(Work::EndJobs, partition).await
            }
            Sweep::OpenLimits => {
                self.model.open_limits(number);
                sweeps.run(Work::OpenLimits, partition).await
            }
            Sweep::Trim {
                keep_ms,
                keep_count,
            } => {
                self.model.trim(number, keep_ms, usize::from(keep_count));
                let retention = Retention {
                    succeeded_ms: keep_ms,
                    failed_ms: keep_ms,
                    max_finished: u64::from(keep_count),
                    ..Retention::default()
                };
                sweeps.trim(partition, &retention).await
            }
        }
        .map_err(text)?;
        self.model.settle_jobs();
        Ok(())
    }

    /// Time goes by in seconds; in each, every partition is swept as the service does it.
    pub(super) async fn pass(&mut self, store: &Store, millis: u64) -> Result<(), String> {
        let mut left = millis;
        while left > 0 {
            let step = left.min(1_000);
            left -= step;
            self.advance(step);
            for number in 0..PARTITIONS {
                if self.model.watches(number) {
                    self.model.look(number);
                }
                let due = store
                    .sweeps
                    .due(Partition::new(number), "replica", 5_000, &[])
                    .await
                    .map_err(text)?;
                if !due.work.contains(&Work::OpenLimits) {
                    self.model.open_limits(number);
                }
                for work in due.work {
                    let sweep = match work {
                        Work::Promote => Sweep::Promote,
                        Work::ReturnLost => Sweep::ReturnLost,
                        Work::EndDead => Sweep::EndDead,
                        Work::Expire => Sweep::Expire,
                        Work::Deliver => Sweep::Deliver,
                        Work::OpenLimits => Sweep::OpenLimits,
                        Work::EndDrains | Work::Operate => {
                            return Err("no action drains a node or begins an operation".to_owned());
                        }
                        Work::FireSchedules => return Err("the model has no schedules".into()),
                        Work::EndJobs => Sweep::EndJobs,
                        Work::ExtendJobs | Work::PlantJobs => {
                            return Err(
                                "ranges are made at once, and there are no graphs".to_owned()
                            );
                        }
                    };
                    self.sweep(store, number, sweep).await?;
                    // Moments that were drawn must be known before the next step needs them.
                    self.compare_tasks(false).await?;
                }
            }
        }
        Ok(())
    }
}
