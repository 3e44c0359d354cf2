//! Update: changes of a task by those who look after it, not by its worker.

use super::Tasks;
use super::report::decode_record;
use crate::domain::score::Priority;
use crate::domain::{Document, Task, TaskId, TaskState, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::encode_document;
use crate::store::document_kind::DocumentKind;
use crate::store::{StoreError, scripts};

/// What to change; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct TaskChange {
    /// Higher goes first. A queued task goes to the place that it would have, had it been queued
    /// with this priority when it was queued.
    pub priority: Option<Priority>,
    /// Not before this moment.
    pub run_at: Option<UnixMillis>,
    /// Attempts that may fail.
    pub max_attempts: Option<u32>,
    /// Words to find it by, instead of those before.
    pub tags: Option<Vec<String>>,
    /// The submitter's own notes, instead of those before: a JSON object.
    pub metadata: Option<Document>,
}

/// Which of its forms a task has: any change of the task makes it another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskVersion(String);

/// What became of a change.
#[derive(Debug)]
pub enum UpdateOutcome {
    /// The task as it is now.
    Updated(Box<Task>),
    /// Something of the change does not apply to a task in this state; nothing was changed.
    InvalidState(TaskState),
    /// It had another version.
    Changed,
    /// There is no such task.
    NotFound,
}

impl Tasks {
    /// Changes a task, if it still has that version. Of a finished task only tags and metadata
    /// change; `run_at` only of a queued or scheduled one.
    pub async fn update(
        &self,
        id: TaskId,
        change: &TaskChange,
        version: Option<&TaskVersion>,
    ) -> Result<UpdateOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(UpdateOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact())
            .push(version.map_or("", |version| &version.0));
        match change.priority {
            Some(priority) => args.push_number(priority.get()),
            None => args.push(""),
        };
        args.push_optional(change.run_at.map(UnixMillis::get))
            .push_optional(change.max_attempts.map(u64::from));
        let tags = change.tags.as_ref().map(serde_json::to_string).transpose();
        let tags = tags.map_err(|error| StoreError::corrupt(error.to_string()))?;
        args.push(tags.unwrap_or_default());
        encode_document(
            &mut args,
            DocumentKind::Metadata,
            change.metadata.as_ref(),
            self.core.inline_bytes,
        );
        let call = self
            .core
            .call(&scripts::UPDATE_TASK, id.partition(), "", &args);
        let mut reply = call.await?.next_list()?;
        Ok(match reply.text()?.as_str() {
            "done" => UpdateOutcome::Updated(Box::new(decode_record(id, &mut reply)?)),
            "invalid_state" => UpdateOutcome::InvalidState(reply.state()?),
            "changed" => UpdateOutcome::Changed,
            _ => UpdateOutcome::NotFound,
        })
    }

    /// The task and its version, or `None` when there is none with that id.
    pub async fn version(&self, id: TaskId) -> Result<Option<(Task, TaskVersion)>, StoreError> {
        if !self.core.knows(id) {
            return Ok(None);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let call = self.core.call(&scripts::VERSION, id.partition(), "", &args);
        let mut reply = call.await?.next_list()?;
        if reply.text()? != "done" {
            return Ok(None);
        }
        let version = reply.text()?;
        let record = crate::store::codec::Record::read(reply.value()?)?;
        let task = crate::store::codec::decode_task(id, record)?;
        Ok(Some((task, TaskVersion(version))))
    }
}
