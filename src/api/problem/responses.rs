//! Which problems an operation may answer with, as its part of the document.
//!
//! A group stands behind the successes in a handler's `responses(...)`. Its codes come from the
//! one table of codes, and those of one status share one response.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::Code::{
    self, AlreadyFinished, BatchRejected, BatchTooLarge, CyclicDependency, DuplicateTask,
    DurabilityUnconfirmed, Forbidden, IdempotencyInProgress, IdempotencyKeyReused, Internal,
    InvalidCursor, InvalidJson, InvalidRequest, InvalidState, JobNotFound, LeaseLost, NodeUnknown,
    NotAcceptable, NotFound, OperationNotFound, Overloaded, PayloadTooLarge, PreconditionFailed,
    Purged, QueueFull, QueueNotFound, RequestTimeout, ScheduleNotFound, ShuttingDown, StoreFull,
    StoreReset, StoreUnavailable, TaskActive, TaskNotFinished, TaskNotFound, TooManyWaiters,
    Unauthenticated, UnsupportedMediaType, ValidationFailed,
};

/// Every operation of the API.
const CALL: &[Code] = &[
    Unauthenticated,
    Forbidden,
    NotAcceptable,
    Internal,
    StoreUnavailable,
    StoreReset,
];
/// What takes a JSON body.
const BODY: &[Code] = &[
    InvalidRequest,
    InvalidJson,
    RequestTimeout,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
];
/// What changes something.
const WRITE: &[Code] = &[StoreFull, DurabilityUnconfirmed, Overloaded];

/// Declares groups of problems.
macro_rules! groups {
    ($($name:ident: $($code:ident)* $(, $common:expr)*;)*) => {$(
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[&[$($code),*][..], $($common),*].concat())
            }
        }
    )*};
}

groups! {
    SubmitTaskProblems: IdempotencyKeyReused Purged DuplicateTask QueueFull, CALL, BODY, WRITE;
    SubmitTasksProblems: IdempotencyKeyReused Purged QueueFull BatchTooLarge BatchRejected, CALL, BODY, WRITE;
    GetTaskProblems: InvalidRequest TaskNotFound Purged TooManyWaiters, CALL;
    ExplainTaskProblems: TaskNotFound Purged, CALL;
    GetTaskResultProblems: TaskNotFound TaskNotFinished Purged, CALL;
    ReportTaskProblems: TaskNotFound LeaseLost, CALL, BODY, WRITE;
    ReleaseTaskProblems: TaskNotFound LeaseLost InvalidState, CALL, BODY, WRITE;
    CancelTaskProblems: TaskNotFound AlreadyFinished, CALL, WRITE;
    RetryTaskProblems: TaskNotFound InvalidState DuplicateTask, CALL, WRITE;
    RunTaskNowProblems: TaskNotFound InvalidState, CALL, WRITE;
    DeleteTaskProblems: TaskNotFound TaskActive, CALL, WRITE;
    UpdateTaskProblems: TaskNotFound InvalidState PreconditionFailed, CALL, BODY, WRITE;
    TaskPageProblems: InvalidRequest InvalidCursor TaskNotFound, CALL;
    PageProblems: InvalidRequest InvalidCursor, CALL;
    GetNodeProblems: NodeUnknown, CALL;
    ChangeNodeProblems: NodeUnknown, CALL, WRITE;
    NodeCallProblems: NodeUnknown, CALL, BODY, WRITE;
    ClaimTasksProblems: NodeUnknown TooManyWaiters ShuttingDown, CALL, BODY, WRITE;
    BulkTasksProblems: , CALL, BODY, WRITE;
    GetOperationProblems: InvalidRequest OperationNotFound TooManyWaiters, CALL;
    SteerOperationProblems: OperationNotFound InvalidState, CALL, WRITE;
    GetQueueProblems: QueueNotFound, CALL;
    ChangeQueueProblems: QueueNotFound, CALL, WRITE;
    ConfigureQueueProblems: QueueNotFound InvalidState PreconditionFailed, CALL, BODY, WRITE;
    RotateQueueSecretProblems: QueueNotFound InvalidState, CALL, WRITE;
    RotateNodeSecretProblems: NodeUnknown InvalidState, CALL, WRITE;
    DeleteQueueProblems: QueueNotFound InvalidState, CALL, WRITE;
    CreateScheduleProblems: InvalidState IdempotencyKeyReused, CALL, BODY, WRITE;
    GetScheduleProblems: ScheduleNotFound, CALL;
    ReplaceScheduleProblems: ScheduleNotFound, CALL, BODY, WRITE;
    UpdateScheduleProblems: ScheduleNotFound, CALL, BODY, WRITE;
    ChangeScheduleProblems: ScheduleNotFound, CALL, WRITE;
    TriggerScheduleProblems: ScheduleNotFound QueueFull, CALL, WRITE;
    PreviewScheduleProblems: InvalidRequest ScheduleNotFound, CALL;
    PreviewProblems:, CALL, BODY;
    SubmitJobProblems: CyclicDependency IdempotencyInProgress IdempotencyKeyReused Purged InvalidState QueueFull BatchTooLarge ShuttingDown, CALL, BODY, WRITE;
    GetJobProblems: InvalidRequest JobNotFound TooManyWaiters, CALL;
    ListJobTasksProblems: InvalidRequest InvalidCursor JobNotFound, CALL;
    CancelJobProblems: JobNotFound AlreadyFinished, CALL, WRITE;
    RetryJobProblems: JobNotFound InvalidState, CALL, WRITE;
    ReadinessProblems: Internal StoreUnavailable StoreReset ShuttingDown;
    ProblemPageProblems: NotFound;
}

fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), response(status, &codes).into()))
        .collect()
}

fn response(status: u16, codes: &[Code]) -> Response {
    let lines: Vec<String> = codes
        .iter()
        .map(|code| format!("- `{}`: {}", code.word(), code.title()))
        .collect();
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(lines.join("\n"))
        .content("application/problem+json", body);
    if !super::is_to_be_repeated(status) {
        return response.build();
    }
    let seconds = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
        .description(Some("Seconds after which to repeat the request."));
    response.header("Retry-After", seconds.build()).build()
}
