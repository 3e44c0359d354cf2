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
    self, AlreadyFinished, BatchRejected, BatchTooLarge, Forbidden, IdempotencyInProgress,
    IdempotencyKeyReused, Internal, InvalidCursor, InvalidJson, InvalidRequest, InvalidState,
    JobNotFound, LeaseLost, NodeUnknown, NotFound, Overloaded, PayloadTooLarge, Purged, QueueFull,
    QueueNotFound, RequestTimeout, ShuttingDown, StoreFull, StoreReset, StoreUnavailable,
    TaskNotFinished, TaskNotFound, TooManyWaiters, Unauthenticated, UnsupportedMediaType,
    ValidationFailed,
};

/// Every operation of the API.
const CALL: &[Code] = &[
    Unauthenticated,
    Forbidden,
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
const WRITE: &[Code] = &[StoreFull, Overloaded];

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
    SubmitTaskProblems: IdempotencyKeyReused Purged, CALL, BODY, WRITE;
    SubmitTasksProblems: IdempotencyKeyReused Purged BatchTooLarge BatchRejected, CALL, BODY, WRITE;
    GetTaskProblems: InvalidRequest TaskNotFound, CALL;
    GetTaskResultProblems: TaskNotFound TaskNotFinished, CALL;
    ReportTaskProblems: TaskNotFound LeaseLost, CALL, BODY, WRITE;
    ReleaseTaskProblems: TaskNotFound LeaseLost InvalidState, CALL, BODY, WRITE;
    CancelTaskProblems: TaskNotFound AlreadyFinished, CALL, WRITE;
    RetryTaskProblems: TaskNotFound InvalidState, CALL, WRITE;
    PageProblems: InvalidRequest InvalidCursor, CALL;
    GetNodeProblems: NodeUnknown, CALL;
    DeleteNodeProblems: NodeUnknown, CALL, WRITE;
    NodeCallProblems: NodeUnknown, CALL, BODY, WRITE;
    ClaimTasksProblems: NodeUnknown TooManyWaiters, CALL, BODY, WRITE;
    GetQueueProblems: QueueNotFound, CALL;
    ChangeQueueProblems: QueueNotFound, CALL, WRITE;
    SubmitJobProblems: IdempotencyInProgress IdempotencyKeyReused Purged InvalidState QueueFull BatchTooLarge ShuttingDown, CALL, BODY, WRITE;
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
