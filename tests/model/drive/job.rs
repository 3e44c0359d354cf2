//! Jobs, on the store and on the model: begun, brought, closed or broken off, cancelled, run again.

use std::mem::ManuallyDrop;

use deadpool_redis::redis;
use taskyard::domain::job::{JobRange, JobState, NewJob};
use taskyard::domain::score::Priority;
use taskyard::domain::task::IdempotencyKey;
use taskyard::domain::{Document, JobId, Submission, TaskId, TaskType};
use taskyard::store::jobs::{BeginOutcome, CancelJobOutcome, RetryJobOutcome};
use taskyard::store::keys::Keys;
use taskyard::store::{Store, SubmitOutcome};

use super::submit::submission;
use super::text;
use crate::model::action::{Action, Pick, QUEUES};
use crate::model::reference::{Answer, JobNo, JobWish};
use crate::model::world::World;
use crate::support::queue;

impl World {
    pub(super) async fn begin_job(
        &mut self,
        store: &Store,
        wish: &JobWish,
    ) -> Result<(Answer, Answer), String> {
        // The task that follows its end is told its own number, by which it is known again.
        let last_task = self.model.tasks.len();
        let expected = self.model.begin_job(wish);
        let outcome = store.jobs.begin(new_job(wish, last_task)).await;
        let found = match outcome.map_err(text)? {
            BeginOutcome::Made(id) => {
                let number = self.know_job(id, None);
                self.learn_job_tasks(number).await?;
                Answer::Begun(number)
            }
            BeginOutcome::Open(upload) => {
                let (id, items) = (upload.id(), upload.items());
                let upload = ManuallyDrop::new(upload);
                match self.number_of(id) {
                    Ok(number) => {
                        self.uploads[number] = Some(upload);
                        Answer::Resumed(number, items)
                    }
                    Err(_) => Answer::Begun(self.know_job(id, Some(upload))),
                }
            }
            BeginOutcome::Replayed(id) => Answer::Replayed(self.number_of(id)?),
            BeginOutcome::InProgress(id) => Answer::InProgress(self.number_of(id)?),
            BeginOutcome::KeyReused => Answer::KeyReused,
            BeginOutcome::Gone => return Err("no job is as old as that".to_owned()),
        };
        Ok((expected, found))
    }

    fn know_job(
        &mut self,
        id: JobId,
        upload: Option<ManuallyDrop<taskyard::store::jobs::Upload>>,
    ) -> JobNo {
        self.jobs.push(id);
        self.uploads.push(upload);
        self.jobs.len() - 1
    }

    fn number_of(&self, id: JobId) -> Result<JobNo, String> {
        let known = self.jobs.iter().position(|known| *known == id);
        known.ok_or_else(|| format!("the store answers with an unknown job {id}"))
    }

    /// Learns the ids of the tasks that have joined: those at the end of the job's index.
    async fn learn_job_tasks(&mut self, job: JobNo) -> Result<(), String> {
        self.ids.resize(self.model.tasks.len(), None);
        let places = self.model.jobs[job].tasks.iter().map(|place| place.task);
        let new: Vec<_> = places.filter(|task| self.ids[*task].is_none()).collect();
        let id = self.jobs[job];
        let keys = Keys::of(id.as_run().partition());
        let members: Vec<String> = redis::cmd("ZRANGE")
            .arg(keys.job_tasks(&id.compact()))
            .arg(0)
            .arg(-1)
            .query_async(&mut self.redis)
            .await
            .map_err(|error| error.to_string())?;
        let first = members.len().checked_sub(new.len());
        let first = first.ok_or("tasks that have joined are not listed")?;
        for (task, member) in new.into_iter().zip(&members[first..]) {
            self.ids[task] = TaskId::from_compact(member.as_bytes());
        }
        Ok(())
    }

    /// What the upload of a job does, if it goes on.
    pub(super) async fn upload(
        &mut self,
        job: Pick,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let nothing = Ok((Answer::Nothing, Answer::Nothing));
        let Some(job) = job.of(self.jobs.len()) else {
            return nothing;
        };
        let Some(mut upload) = self.uploads[job].take() else {
            return nothing;
        };
        self.story.push(format!("  on job {job}"));
        match action {
            Action::Bring { tasks, .. } => {
                let home = self.model.jobs[job].queue;
                let mut wishes = tasks.clone();
                for (_, wish) in &mut wishes {
                    (wish.queue, wish.key, wish.unique) = (home, None, None);
                }
                let expected = self.model.bring(job, &wishes);
                let tasks = wishes.iter().map(|(count, wish)| Submission {
                    place: Some(upload.next_place(*count)),
                    ..submission(wish)
                });
                let tasks = tasks.collect();
                let early = upload.submit(tasks).await.map_err(text)?;
                let refusal = upload.settle().await.map_err(text)?;
                let found = match early.or(refusal) {
                    None => true,
                    Some(SubmitOutcome::JobClosed) => false,
                    Some(other) => {
                        return Err(format!("a part of an upload is answered {other:?}"));
                    }
                };
                if found {
                    self.uploads[job] = Some(upload);
                    self.learn_job_tasks(job).await?;
                }
                Ok((expected, Answer::Flag(found)))
            }
            Action::CloseJob { .. } => {
                self.model.close_job(job);
                let closed = ManuallyDrop::into_inner(upload).close().await;
                closed.map_err(text)?;
                nothing
            }
            Action::BreakUpload { noticed, .. } => {
                if *noticed {
                    let was_open = self.model.jobs[job].open;
                    self.model.abandon_job(job);
                    drop(ManuallyDrop::into_inner(upload));
                    if was_open {
                        self.wait_for_the_end_of_upload(job).await?;
                    }
                }
                nothing
            }
            other => unreachable!("{other:?} is not done by an upload"),
        }
    }

    /// A dropped upload says so by itself, a moment later.
    async fn wait_for_the_end_of_upload(&mut self, job: JobNo) -> Result<(), String> {
        let id = self.jobs[job];
        let key = Keys::of(id.as_run().partition()).job(&id.compact());
        let is_over = |open: &Option<String>, until: &Option<String>, now: u64| {
            open.is_none() || until.as_deref() == Some(now.to_string().as_str())
        };
        loop {
            let (open, until) = redis::cmd("HMGET")
                .arg(&key)
                .arg(&["open", "upload_until"])
                .query_async::<(Option<String>, Option<String>)>(&mut self.redis)
                .await
                .map_err(|error| error.to_string())?;
            if is_over(&open, &until, self.model.now) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn operate_job(
        &mut self,
        store: &Store,
        job: Pick,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        let Some(job) = job.of(self.jobs.len()) else {
            return Ok((Answer::Nothing, Answer::Nothing));
        };
        self.story.push(format!("  on job {job}"));
        let id = self.jobs[job];
        if matches!(action, Action::CancelJob { .. }) {
            let found = match store.jobs.cancel(id).await.map_err(text)? {
                CancelJobOutcome::Done => Answer::Flag(true),
                CancelJobOutcome::AlreadyFinished(word) => {
                    let state = JobState::from_word(&word);
                    Answer::JobFinished(state.ok_or("an unknown state of a job")?)
                }
                CancelJobOutcome::NotFound => Answer::NotFound,
            };
            return Ok((self.model.cancel_job(job), found));
        }
        let found = match store.jobs.retry(id).await.map_err(text)? {
            RetryJobOutcome::Done(again) => Answer::Again(again),
            RetryJobOutcome::InvalidState => Answer::Flag(false),
            RetryJobOutcome::NotFound => Answer::NotFound,
        };
        Ok((self.model.retry_job(job), found))
    }
}

/// What the wish means for the store.
fn new_job(wish: &JobWish, last_task: usize) -> NewJob {
    let digest = |one: usize, other: u8| {
        let mut digest = [other; 16];
        digest[0] = u8::try_from(one).unwrap();
        // Tasks have keys of their own.
        digest[1] = u8::MAX;
        digest
    };
    let range = |tasks: u8| JobRange {
        from: 0,
        to: i64::from(tasks),
        step: 1,
    };
    let last = |number: usize| Submission {
        payload: Document::parse(last_task.to_string()).unwrap(),
        ..Submission::new(queue(QUEUES[number]))
    };
    NewJob {
        range: wish
            .range
            .map(|tasks| (range(tasks), TaskType::default(), Priority::default())),
        stop_after: wish.stop_after,
        deadline_ms: wish.deadline_ms,
        on_finish: wish.on_finish.map(last),
        idempotency: wish.key.map(|(key, body)| IdempotencyKey {
            scope: digest(wish.queue, key),
            body: digest(0, body),
        }),
        ..NewJob::new(queue(QUEUES[wish.queue]))
    }
}
