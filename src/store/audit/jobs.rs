//! Jobs: each counts what its tasks say.
//!
//! The tasks of a large job are read page by page, and move meanwhile: a job is judged by a reading
//! at whose beginning and end it counted the same, and only when a second reading finds the same.

use std::collections::BTreeMap;

use super::facts::pairs;
use super::{Audit, Finding};
use crate::domain::{Partition, TaskState};
use crate::store::args::Args;
use crate::store::{StoreError, scripts};

/// Tasks that one call reads: a command each.
const PAGE: u64 = 1_000;
/// Readings of a job that does not stand still.
const READINGS: usize = 5;

/// What a job counts, and what its tasks say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Reading {
    is_recorded: bool,
    /// Whether it is a graph, whose tasks may be in several partitions: no moment shows all of them.
    is_graph: bool,
    /// Tasks in its index.
    listed: u64,
    /// The numbers of its record.
    counted: BTreeMap<String, u64>,
    /// Its tasks by what they are counted as: `waiting`, `running`, `succeeded`, `failed`, `cancelled`.
    found: BTreeMap<&'static str, u64>,
}

impl Audit<'_> {
    pub(super) async fn look_at_jobs(&mut self) -> Result<(), StoreError> {
        let jobs: Vec<(Partition, String)> = self.jobs.iter().cloned().collect();
        self.report.jobs = jobs.len() as u64;
        for (partition, id) in jobs {
            let mut before = None;
            for _ in 0..READINGS {
                let Some(reading) = self.read_job(partition, &id).await? else {
                    continue;
                };
                let findings = reading.findings(&id);
                if findings.is_empty() {
                    break;
                }
                if before.as_ref() == Some(&reading) {
                    self.report.note(findings);
                    break;
                }
                before = Some(reading);
            }
        }
        Ok(())
    }

    /// A whole reading; `None` when the job moved while it was read.
    async fn read_job(
        &self,
        partition: Partition,
        id: &str,
    ) -> Result<Option<Reading>, StoreError> {
        let (mut after, mut reading) = ("-1".to_owned(), None::<Reading>);
        loop {
            let mut args = Args::default();
            args.push(id).push(&after).push_number(PAGE);
            let mut reply = self
                .core
                .call(&scripts::AUDIT_JOB, partition, "", &args)
                .await?;
            let recorded = reply.text()?;
            let mut page = Reading {
                is_recorded: recorded != "0",
                is_graph: recorded == "graph",
                listed: reply.count()?,
                counted: numbers(pairs(&mut reply)?)?,
                found: reading
                    .as_ref()
                    .map(|so_far| so_far.found.clone())
                    .unwrap_or_default(),
            };
            if reading.is_some_and(|so_far| {
                (so_far.listed, &so_far.counted) != (page.listed, &page.counted)
            }) {
                return Ok(None);
            }
            after = reply.text()?;
            for (state, count) in numbers(pairs(&mut reply)?)? {
                *page.found.entry(counted_as(&state)).or_default() += count;
            }
            if after.is_empty() {
                return Ok(Some(page));
            }
            reading = Some(page);
        }
    }
}

fn numbers(pairs: BTreeMap<String, String>) -> Result<BTreeMap<String, u64>, StoreError> {
    let number = |(name, text): (String, String)| Some((name, text.parse().ok()?));
    let numbers: Option<_> = pairs.into_iter().map(number).collect();
    numbers.ok_or_else(|| StoreError::corrupt("a job's number"))
}

fn counted_as(state: &str) -> &'static str {
    match TaskState::from_word(state) {
        Some(TaskState::Running) => "running",
        Some(TaskState::Succeeded) => "succeeded",
        Some(TaskState::Failed | TaskState::Expired) => "failed",
        Some(TaskState::Cancelled) => "cancelled",
        Some(_) => "waiting",
        // Its record is missing, which the judgement of the index says.
        None => "missing",
    }
}

impl Reading {
    fn findings(&self, id: &str) -> Vec<Finding> {
        let job = id.to_owned();
        if !self.is_recorded {
            let is_gone = self.listed == 0;
            return if is_gone {
                Vec::new()
            } else {
                vec![Finding::JobWithoutRecord { job }]
            };
        }
        if self.is_graph {
            return Vec::new();
        }
        let counted = |name: &str| self.counted.get(name).copied().unwrap_or_default();
        let moved = ["running", "succeeded", "failed", "cancelled"];
        let waiting = i128::from(counted("made"))
            - moved
                .iter()
                .map(|name| i128::from(counted(name)))
                .sum::<i128>();
        let all_listed = self.listed == counted("made");
        let mut findings = Vec::new();
        for what in ["waiting", "running", "succeeded", "failed", "cancelled"] {
            let counts = if what == "waiting" {
                waiting
            } else {
                i128::from(counted(what))
            };
            let found = i128::from(self.found.get(what).copied().unwrap_or_default());
            // Finished tasks are deleted by and by, and still count.
            let may_be_more = !all_listed && !matches!(what, "waiting" | "running");
            if counts == found || may_be_more && counts > found {
                continue;
            }
            findings.push(Finding::JobMiscounted {
                job: job.clone(),
                what: what.to_owned(),
                counted: counts.to_string(),
                found: found.to_string(),
            });
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(listed: u64, counted: [u64; 5], found: [u64; 5]) -> Reading {
        let counted = ["made", "running", "succeeded", "failed", "cancelled"]
            .map(str::to_owned)
            .into_iter()
            .zip(counted);
        let found = ["waiting", "running", "succeeded", "failed", "cancelled"]
            .into_iter()
            .zip(found);
        Reading {
            is_recorded: true,
            is_graph: false,
            listed,
            counted: counted.collect(),
            found: found.collect(),
        }
    }

    #[test]
    fn counts_are_those_of_the_tasks_and_only_deleted_ones_may_be_missing() {
        let sound = reading(10, [10, 2, 3, 1, 0], [4, 2, 3, 1, 0]);
        assert_eq!(sound.findings("j"), []);
        let trimmed = reading(7, [10, 2, 3, 1, 0], [4, 2, 1, 0, 0]);
        assert_eq!(trimmed.findings("j"), []);
        let what = |reading: Reading| -> Vec<String> {
            let findings = reading.findings("j").into_iter();
            findings
                .map(|finding| match finding {
                    Finding::JobMiscounted { what, .. } => what,
                    other => other.to_string(),
                })
                .collect()
        };
        let lost = reading(10, [10, 2, 3, 1, 0], [5, 1, 3, 1, 0]);
        assert_eq!(what(lost), ["waiting", "running"]);
        let one_too_few = reading(10, [10, 2, 3, 1, 0], [4, 2, 2, 1, 0]);
        assert_eq!(what(one_too_few), ["succeeded"]);
        let too_many = reading(7, [10, 2, 3, 1, 0], [4, 2, 1, 2, 0]);
        assert_eq!(what(too_many), ["failed"]);
    }
}
