//! Get: tasks as they are.

use super::Tasks;
use super::report::decode_record;
use crate::domain::{Task, TaskId};
use crate::store::StoreError;
use crate::store::args::Args;
use crate::store::lanes::{Slice, Verb};
use crate::store::reply::Reply;

impl Tasks {
    /// The task, or `None` when there is none with that id.
    pub async fn get(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let Some((word, mut reply)) = self.look_up(id).await? else {
            return Ok(None);
        };
        match word.as_str() {
            "done" => decode_record(id, &mut reply).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether there was a task with that id that was deleted in the last 10 minutes.
    pub async fn was_purged(&self, id: TaskId) -> Result<bool, StoreError> {
        let found = self.look_up(id).await?;
        Ok(found.is_some_and(|(word, _)| word == "purged"))
    }

    async fn look_up(&self, id: TaskId) -> Result<Option<(String, Reply)>, StoreError> {
        if !self.core.knows(id) {
            return Ok(None);
        }
        let mut args = Args::default();
        args.push(id.compact());
        let slice = Slice::new(args, 1);
        let mut reply = self
            .core
            .one_through_lane(Verb::Get, id.partition(), slice)
            .await?;
        Ok(Some((reply.text()?, reply)))
    }
}
