//! Ids in paths. What cannot be an id names nothing: 404, as for one that is not known.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::openapi::schemas;
use super::problem::{Code, Problem};
use super::state::ApiState;
use crate::domain::operation::OperationId;
use crate::domain::{JobId, NodeId, QueueName, ScheduleName, TaskId};

/// Something that a path can name.
pub(crate) trait InPath: Sized {
    /// The answer for what names nothing.
    const MISSING: Code;
    /// Reads the decoded segment.
    fn parse(segment: &str) -> Option<Self>;
}

impl InPath for TaskId {
    const MISSING: Code = Code::TaskNotFound;
    fn parse(segment: &str) -> Option<Self> {
        Self::parse(segment)
    }
}

impl InPath for OperationId {
    const MISSING: Code = Code::OperationNotFound;
    fn parse(segment: &str) -> Option<Self> {
        Self::parse(segment)
    }
}

impl InPath for JobId {
    const MISSING: Code = Code::JobNotFound;
    fn parse(segment: &str) -> Option<Self> {
        Self::parse(segment)
    }
}

impl InPath for NodeId {
    const MISSING: Code = Code::NodeUnknown;
    fn parse(segment: &str) -> Option<Self> {
        Self::parse(segment).ok()
    }
}

impl InPath for QueueName {
    const MISSING: Code = Code::QueueNotFound;
    fn parse(segment: &str) -> Option<Self> {
        Self::parse(segment).ok()
    }
}

impl InPath for ScheduleName {
    const MISSING: Code = Code::ScheduleNotFound;
    fn parse(segment: &str) -> Option<Self> {
        Self::parse(segment).ok()
    }
}

/// A task in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct TaskPath {
    /// The task's id.
    id: uuid::Uuid,
}

/// An operation in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct OperationPath {
    /// The operation's id.
    id: uuid::Uuid,
}

/// A job in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct JobPath {
    /// The job's id.
    id: uuid::Uuid,
}

/// A node in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct NodePath {
    /// The node's name, which it chooses itself.
    #[param(value_type = schemas::Name)]
    node_id: NodeId,
}

/// A queue in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct QueuePath {
    /// The queue's name.
    #[param(value_type = schemas::Name)]
    name: QueueName,
}

/// A schedule in a path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only the generator of the document reads it")]
pub(crate) struct SchedulePath {
    /// The schedule's name.
    #[param(value_type = schemas::Name)]
    name: ScheduleName,
}

/// The id that the path names.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: InPath + Send> FromRequestParts<ApiState> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let missing = || Problem::of(T::MISSING);
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| missing())?;
        let (_, segment) = params.iter().next().ok_or_else(missing)?;
        T::parse(segment).map(Self).ok_or_else(missing)
    }
}
