//! The tasks that a claimed one has waited for, with what they handed in.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::openapi::schemas;
use crate::domain::dependency::Parent;
use crate::domain::{Document, TaskId, TaskState};

/// A task that a claimed one has waited for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Parent)]
pub(crate) struct ParentView<'a> {
    #[schema(value_type = Uuid)]
    task_id: TaskId,
    /// How it ended.
    #[schema(value_type = schemas::TaskState)]
    state: TaskState,
    /// What it handed in, if that has at most 64 KiB, and no more than 256 KiB come with one task.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    result: Option<&'a Document>,
    /// Bytes of a result that is left out here: `GET /v1/tasks/{task_id}/result` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_bytes: Option<u64>,
}

impl<'a> From<&'a Parent> for ParentView<'a> {
    fn from(parent: &'a Parent) -> Self {
        let is_left_out = parent.result.is_none()
            && parent.result_bytes > 0
            && parent.state == TaskState::Succeeded;
        Self {
            task_id: parent.dependency.parent,
            state: parent.state,
            result: parent.result.as_ref(),
            result_bytes: is_left_out.then_some(parent.result_bytes),
        }
    }
}

/// All that are told of, by name or id.
#[derive(Debug)]
pub(crate) struct ParentsView<'a>(&'a [Parent]);

impl<'a> ParentsView<'a> {
    /// Nothing for a task that has waited for none.
    pub(super) fn of(parents: &'a [Parent]) -> Option<Self> {
        (!parents.is_empty()).then_some(Self(parents))
    }
}

impl Serialize for ParentsView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for parent in self.0 {
            match &parent.dependency.name {
                Some(name) => map.serialize_key(name.as_str())?,
                None => map.serialize_key(&parent.dependency.parent)?,
            }
            map.serialize_value(&ParentView::from(parent))?;
        }
        map.end()
    }
}
