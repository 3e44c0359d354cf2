//! Schedules: each is listed, and looked at just when it has a moment to come.

use super::{Audit, Finding, pages};
use crate::domain::Partition;
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Schedules that one call reads: a few commands each.
const PAGE: usize = 200;

impl Audit<'_> {
    pub(super) async fn look_at_schedules(&mut self) -> Result<(), StoreError> {
        let schedules: Vec<(Partition, String)> = self.schedules.iter().cloned().collect();
        for (partition, page) in pages(&schedules, PAGE, |schedule| schedule.0) {
            let mut args = Args::default();
            for (_, name) in page {
                args.push(name);
            }
            let call = self
                .core
                .call(&scripts::AUDIT_SCHEDULE, partition, "", &args);
            let mut reply = call.await?;
            for (_, name) in page {
                let mut holds = [false; 4];
                for fact in &mut holds {
                    *fact = reply.text()? == "1";
                }
                self.report.note(finding(name, holds).into_iter().collect());
            }
        }
        Ok(())
    }
}

/// What does not hold, by whether it is recorded, listed, looked at, and has a moment to come. One that
/// is nothing of these was removed in the meantime.
fn finding(name: &str, [recorded, listed, watched, awaits]: [bool; 4]) -> Option<Finding> {
    let schedule = name.to_owned();
    if !recorded && (listed || watched) {
        Some(Finding::ScheduleWithoutRecord { schedule })
    } else if recorded && !listed {
        Some(Finding::ScheduleNotListed { schedule })
    } else if recorded && watched != awaits {
        Some(Finding::ScheduleNotWatched { schedule })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_listed_and_looked_at_while_it_has_a_moment_to_come() {
        let schedule = || "s".to_owned();
        for (holds, found) in [
            ([true, true, true, true], None),
            ([true, true, false, false], None),
            ([false, false, false, false], None),
            (
                [false, true, false, false],
                Some(Finding::ScheduleWithoutRecord {
                    schedule: schedule(),
                }),
            ),
            (
                [false, false, true, false],
                Some(Finding::ScheduleWithoutRecord {
                    schedule: schedule(),
                }),
            ),
            (
                [true, false, true, true],
                Some(Finding::ScheduleNotListed {
                    schedule: schedule(),
                }),
            ),
            (
                [true, true, false, true],
                Some(Finding::ScheduleNotWatched {
                    schedule: schedule(),
                }),
            ),
            (
                [true, true, true, false],
                Some(Finding::ScheduleNotWatched {
                    schedule: schedule(),
                }),
            ),
        ] {
            assert_eq!(finding("s", holds), found, "{holds:?}");
        }
    }
}
