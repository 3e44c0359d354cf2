//! Which tasks of all: what lists and changes of many tasks ask for.

use uuid::Uuid;

use super::{NodeId, QueueName, Task, TaskState, TaskType, UnixMillis};

/// All that is given has to fit; a filter that gives nothing fits every task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskFilter {
    /// Where it waits, or waited.
    pub queue: Option<QueueName>,
    /// Where it stands.
    pub state: Option<TaskState>,
    /// What kind of work it is.
    pub task_type: Option<TaskType>,
    /// One of its tags.
    pub tag: Option<String>,
    /// The job it belongs to.
    pub job_id: Option<Uuid>,
    /// The node of its latest attempt.
    pub node_id: Option<NodeId>,
    /// Stored after this moment.
    pub created_after: Option<UnixMillis>,
    /// Stored before this moment.
    pub created_before: Option<UnixMillis>,
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
