//! Begin: a job comes into being, or one that its key has made before goes on.

use super::get::parse_id;
use super::{Jobs, Upload};
use crate::domain::job::{JobRange, NewJob};
use crate::domain::placement::TaskClass;
use crate::domain::{Document, JobId, Submission, TaskId, TaskType};
use crate::store::args::Args;
use crate::store::codec::{Edges, digests, encode_submission};
use crate::store::outbox::encode_submit;
use crate::store::{StoreError, random_hex, scripts};

/// What became of it.
#[derive(Debug)]
pub enum BeginOutcome {
    /// A range that is there now and makes its tasks itself.
    Made(JobId),
    /// A job that takes tasks; those behind its first items, when an earlier upload brought some.
    Open(Upload),
    /// The key has made this job before, and it is whole.
    Replayed(JobId),
    /// Another upload with this key is on its way.
    InProgress(JobId),
    /// The key came with another request before.
    KeyReused,
    /// The key's job is no more.
    Gone,
}

impl Jobs {
    /// Begins a job. A range is complete with it; others are brought by the upload.
    pub async fn begin(&self, new: NewJob) -> Result<BeginOutcome, StoreError> {
        if self.core.is_full() {
            return Err(StoreError::Full);
        }
        let partition = self.core.place(&new.queue).await?;
        let id = JobId::new(self.core.mint_id(partition));
        let uploader = if new.range.is_some() {
            String::new()
        } else {
            random_hex()
        };
        let args = self.encode(id, &uploader, &new).await?;
        let mut reply = self
            .core
            .call(&scripts::BEGIN_JOB, partition, "", &args)
            .await?;
        let word = reply.text()?;
        let upload = |id, items| Upload::new(self.clone(), id, uploader.clone(), items);
        Ok(match word.as_str() {
            "created" if new.range.is_some() => {
                self.core.extend_jobs(partition).await?;
                BeginOutcome::Made(id)
            }
            "created" => BeginOutcome::Open(upload(id, 0)),
            "key_reused" => BeginOutcome::KeyReused,
            "gone" => BeginOutcome::Gone,
            "replayed" | "in_progress" | "resumed" => {
                let known = parse_id(&reply.text()?)?;
                match word.as_str() {
                    "replayed" => BeginOutcome::Replayed(known),
                    "in_progress" => BeginOutcome::InProgress(known),
                    _ => BeginOutcome::Open(upload(known, reply.count()?)),
                }
            }
            "unplaced" => return Err(StoreError::not_done()),
            other => {
                return Err(StoreError::corrupt(format!(
                    "an unknown word from begin: {other}"
                )));
            }
        })
    }

    async fn encode(&self, id: JobId, uploader: &str, new: &NewJob) -> Result<Args, StoreError> {
        let fields = self.fields(id, new).await?;
        let (scope, body) = digests(new.idempotency.as_ref());
        let mut args = Args::default();
        args.push(id.compact())
            .push(new.queue.as_str())
            .push(uploader)
            .push(scope)
            .push(body)
            .push(
                new.deadline_ms
                    .map_or_else(String::new, |millis| millis.to_string()),
            )
            .push_number(u32::try_from(fields.len()).unwrap_or_default());
        for (name, value) in fields {
            args.push(name).push(value);
        }
        Ok(args)
    }

    /// What the record keeps of the request.
    async fn fields(
        &self,
        id: JobId,
        new: &NewJob,
    ) -> Result<Vec<(&'static str, String)>, StoreError> {
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        if new.is_graph {
            fields.push(("graph", "1".to_owned()));
        }
        if let Some(name) = &new.name {
            fields.push(("name", name.to_string()));
        }
        if let Some(stop_after) = new.stop_after {
            fields.push(("stop_after", stop_after.to_string()));
        }
        if let Some(on_finish) = &new.on_finish {
            let partition = self.core.settle(&on_finish.queue).await?;
            let task = self.core.mint_id(partition);
            fields.push(("on_finish", self.encode_on_finish(id, task, on_finish)?));
            fields.push(("on_finish_id", task.compact()));
        }
        if let Some((range, task_type, priority)) = &new.range {
            let JobRange { from, to, step } = range;
            let class = TaskClass {
                task_type: task_type.clone(),
                ..TaskClass::default()
            };
            let class = serde_json::to_string(&class)
                .map_err(|error| StoreError::corrupt(error.to_string()))?;
            fields.extend([
                ("total", range.tasks().to_string()),
                ("from", from.to_string()),
                ("to", to.to_string()),
                ("step", step.to_string()),
                ("class", class),
                ("priority", priority.get().to_string()),
                ("shown_id", id.to_string()),
            ]);
            if *task_type != TaskType::default() {
                fields.push(("type", task_type.to_string()));
            }
        }
        Ok(fields)
    }

    /// The row that makes the last task. One without a payload of its own is told the job's id.
    fn encode_on_finish(
        &self,
        id: JobId,
        task: TaskId,
        on_finish: &Submission,
    ) -> Result<String, StoreError> {
        let mut on_finish = on_finish.clone();
        if on_finish.payload == Document::empty_object() {
            on_finish.payload = Document::of(&serde_json::json!({ "job_id": id }))
                .map_err(|error| StoreError::corrupt(error.to_string()))?;
        }
        let item = encode_submission(
            &on_finish,
            task,
            "outbox",
            Edges::Ask,
            self.core.inline_bytes,
        )?;
        encode_submit(&on_finish.queue, &item)
    }
}
