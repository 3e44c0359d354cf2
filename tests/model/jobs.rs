//! After a step: every job is as the model says, and its results are those of its tasks, in their order.

use deadpool_redis::redis;
use taskyard::domain::task::TaskError;
use taskyard::domain::{Document, TaskState, UnixMillis};
use taskyard::store::jobs::{Behind, JobResult};
use taskyard::store::keys::Keys;

use super::reference::{Counts, JobNo, Next, OutboxRow, Place};
use super::world::World;

/// Tasks of a page of results: so few that there are several pages.
const PAGE: u64 = 4;

impl World {
    /// Compares with the model the jobs that it has changed since they were compared last; `all` of
    /// them when asked.
    pub(crate) async fn compare_jobs(&mut self, all: bool) -> Result<(), String> {
        self.jobs_compared.resize(self.jobs.len(), None);
        for job in 0..self.jobs.len() {
            let known = Some((self.model.jobs[job].clone(), self.model.job_counts(job)));
            if !all && self.jobs_compared[job] == known {
                continue;
            }
            let compared = async {
                self.compare_job(job).await?;
                self.compare_results(job).await
            };
            let compared = compared.await;
            compared.map_err(|difference| format!("job {job}: {difference}"))?;
            self.jobs_compared[job] = known;
        }
        Ok(())
    }

    async fn compare_job(&self, number: JobNo) -> Result<(), String> {
        let model = &self.model.jobs[number];
        let found = self.stores[0].jobs.get(self.jobs[number]).await;
        let found = found.map_err(|error| error.to_string())?;
        let job = found.ok_or("it is not there")?;
        let counts = Counts {
            total: job.total,
            waiting: job.queued(),
            running: job.running,
            succeeded: job.succeeded,
            failed: job.failed,
            cancelled: job.cancelled,
        };
        let expected = self.model.job_counts(number);
        if counts != expected {
            return Err(format!("it counts {counts:?} instead of {expected:?}"));
        }
        let found = (
            (job.state, job.open, job.items),
            (job.stopped_by, job.cancel_requested),
            job.finished_at.map(UnixMillis::get),
        );
        let expected = (
            (model.state, model.open, model.items),
            (model.stopped_by, model.stops()),
            model.finished,
        );
        if found != expected {
            return Err(format!("it is {found:?} instead of {expected:?}"));
        }
        Ok(())
    }

    /// Reads the results page by page.
    async fn compare_results(&self, job: JobNo) -> Result<(), String> {
        let (expected, next) = self.model.results(job);
        let mut expected = expected.iter();
        let mut from = 0;
        loop {
            let page = self.stores[0].jobs.results(self.jobs[job], from, PAGE);
            let page = page.await.map_err(|error| error.to_string())?;
            let page = page.ok_or("it has no results")?;
            for result in &page.results {
                let (place, state) = expected.next().ok_or("it has too many results")?;
                self.compare_result(result, *place, *state)?;
            }
            from = match page.behind {
                Behind::More(next) if next > from => next,
                Behind::More(next) => return Err(format!("behind {from} it goes on at {next}")),
                behind => {
                    let left = expected.len();
                    return match (behind, next) {
                        _ if left > 0 => Err(format!("{left} results are missing")),
                        (Behind::Unfinished(id), Next::Unfinished(task)) if self.id(task) == id => {
                            Ok(())
                        }
                        (Behind::Unmade, Next::Unmade) | (Behind::End, Next::End) => Ok(()),
                        _ => Err(format!(
                            "behind its results stands {behind:?}, not {next:?}"
                        )),
                    };
                }
            };
        }
    }

    fn compare_result(
        &self,
        result: &JobResult,
        place: Place,
        state: TaskState,
    ) -> Result<(), String> {
        let found = (result.task, result.place.offset, result.place.count);
        let expected = (self.id(place.task), place.offset, place.count);
        if (found, result.state) != (expected, state) {
            return Err(format!(
                "{found:?} {:?} is a result instead of {expected:?} {state:?}",
                result.state
            ));
        }
        let document = result.document.as_ref().map(Document::as_str);
        let is_due = match state {
            TaskState::Succeeded => document.is_some_and(|text| text.starts_with("\"x")),
            // What was lost too often may never have said why.
            TaskState::Failed => document.is_none_or(is_error),
            _ => document.is_none(),
        };
        if is_due {
            return Ok(());
        }
        Err(format!("a {state:?} task has {document:?}"))
    }

    /// Learns in which order the outbox of a partition brings what follows the ends of jobs: those
    /// that end in one step have none among them.
    pub(crate) async fn learn_last_tasks(&mut self, partition: u16) -> Result<(), String> {
        let keys = Keys::of(taskyard::domain::Partition::new(partition));
        let rows: Vec<(String, Vec<String>)> = redis::cmd("XRANGE")
            .arg(keys.outbox())
            .arg(&["-", "+"])
            .query_async(&mut self.redis)
            .await
            .map_err(|error| error.to_string())?;
        let mut jobs: Vec<(usize, usize)> = Vec::new();
        for job in 0..self.jobs.len() {
            let Some(task) = self.model.jobs[job].last_task else {
                continue;
            };
            let id = self.last_task_of(job).await?;
            // Other rows may name it as well, such as one that tells its node to stop it.
            let brings_it = |(_, fields): &(String, Vec<String>)| {
                let is = |word: &str| fields.iter().any(|field| field == word);
                is("submit") && fields.iter().any(|field| field.contains(&id))
            };
            if let Some(row) = rows.iter().position(brings_it) {
                jobs.push((row, task));
            }
        }
        jobs.sort_unstable();
        let outbox = &mut self.model.partitions[usize::from(partition)].outbox;
        let is_last = |row: &&mut OutboxRow| matches!(row, OutboxRow::LastTask(_));
        let places = outbox.iter_mut().filter(is_last);
        let mut learnt = jobs.into_iter().map(|(_, task)| OutboxRow::LastTask(task));
        for place in places {
            *place = learnt
                .next()
                .ok_or("what follows a job's end is not on its way")?;
        }
        match learnt.next() {
            Some(row) => Err(format!("{row:?} follows no job's end")),
            None => Ok(()),
        }
    }

    /// The id of the task that follows a job's end.
    async fn last_task_of(&self, job: JobNo) -> Result<String, String> {
        let found = self.stores[0].jobs.get(self.jobs[job]).await;
        let found = found.map_err(|error| error.to_string())?;
        let id = found.and_then(|job| job.on_finish);
        Ok(id.ok_or("the task behind a job is not known")?.compact())
    }
}

fn is_error(text: &str) -> bool {
    serde_json::from_str::<TaskError>(text).is_ok()
}
