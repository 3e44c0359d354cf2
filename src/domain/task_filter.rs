//! Which tasks of all: what lists and changes of many tasks ask for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{NodeId, QueueName, Task, TaskState, TaskType, UnixMillis};

/// All that is given has to fit; a filter that gives nothing fits every task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFilter {
    /// Where it waits, or waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TaskState>,
    /// What kind of work it is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<TaskType>,
    /// One of its tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The job it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "job_text")]
    pub job_id: Option<Uuid>,
    /// The node of its latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
    /// Stored after this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_after: Option<UnixMillis>,
    /// Stored before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<UnixMillis>,
}

/// A job's id as text: the hyphenated form of a UUID.
mod job_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
    use uuid::Uuid;

    #[expect(clippy::ref_option, reason = "the form that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        id: &Option<Uuid>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        id.map(|id| id.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Uuid>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse())
            .transpose()
            .map_err(|_| de::Error::custom("a job's id is a UUID"))
    }
}

impl TaskFilter {
    /// Whether it fits every task.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a task fits, but for its job: a task does not change that.
    pub fn fits(&self, task: &Task) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| Some(wanted) == found)
        }
        is(self.queue.as_ref(), Some(&task.queue))
            && is(self.state.as_ref(), Some(&task.state))
            && is(self.task_type.as_ref(), Some(&task.task_type))
            && is(self.node_id.as_ref(), task.node_id.as_ref())
            && self.tag.as_ref().is_none_or(|tag| task.tags.contains(tag))
            && self
                .created_after
                .is_none_or(|after| task.created_at > after)
            && self
                .created_before
                .is_none_or(|before| task.created_at < before)
    }
}
