//! Operations over HTTP: changes of many tasks, and how far they are.
//!
//! `POST /v1/tasks/bulk` (in `api/tasks/bulk`) begins one, the dispatcher does its steps; here it
//! is looked at and steered. Start with [`OperationView`], the form in which it is shown.

mod get;
mod list;
mod steer;

pub(crate) use get::*;
pub(crate) use list::*;
pub(crate) use steer::*;

use std::collections::BTreeMap;

use serde::Serialize;

use super::openapi::schemas;
use crate::domain::UnixMillis;
use crate::domain::operation::{Operation, OperationId, OperationState};
use crate::domain::score::Priority;
use crate::domain::task_filter::TaskFilter;

/// An operation as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Operation)]
pub(crate) struct OperationView<'a> {
    #[schema(value_type = Uuid)]
    id: OperationId,
    #[schema(value_type = schemas::BulkAction)]
    action: &'static str,
    /// The new priority, of `reprioritise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, minimum = -100, maximum = 100)]
    priority: Option<Priority>,
    /// Which tasks are meant; not there for those that were named by their ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::TaskFilter>)]
    filter: Option<&'a TaskFilter>,
    /// There, and true, when it only counts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    dry_run: bool,
    /// Tasks a second at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_per_s: Option<u32>,
    #[schema(value_type = schemas::OperationState)]
    state: OperationState,
    /// Tasks found so far that were named or fit.
    matched: u64,
    /// Tasks that were changed; of a dry run: that would be.
    done: u64,
    /// Tasks that were left as they are.
    skipped: u64,
    /// Why, and how many for that reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    skipped_reasons: &'a BTreeMap<String, u64>,
    /// Tasks whose record cannot be read.
    failed: u64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    /// When it ended; it is shown for 24 hours more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<UnixMillis>,
}

impl<'a> From<&'a Operation> for OperationView<'a> {
    fn from(operation: &'a Operation) -> Self {
        Self {
            id: operation.id,
            action: operation.action.word(),
            priority: operation.action.priority(),
            filter: operation.filter.as_ref(),
            dry_run: operation.dry_run,
            rate_per_s: operation.rate_per_s,
            state: operation.state,
            matched: operation.matched,
            done: operation.done,
            skipped: operation.skipped.values().sum(),
            skipped_reasons: &operation.skipped,
            failed: operation.failed,
            created_at: operation.created_at,
            finished_at: operation.finished_at,
        }
    }
}
