//! A small HTTP client of the service's own contract, for the commands that talk
//! to a running service.
//!
//! One method per operation the commands need, named like the operation. What a
//! worker calls is safe to repeat: a claim carries a `claim_id`, a report its
//! `lease_token`, and a batch an `Idempotency-Key`. So the client repeats calls by
//! itself while its patience lasts (see [`Client::patient`]). A client for calls
//! that are not safe to repeat has no patience.
//!
//! Deliberately not here: the domain types. A client must understand a service
//! newer than itself, so its replies ignore what they do not know, or are kept as
//! the service wrote them ([`Document`]).
//!
//! Start with [`Client`] in `call.rs`, then `tasks.rs`, `nodes.rs` and `queues.rs`.

mod backoff;
mod call;
mod error;
mod health;
mod jobs;
mod nodes;
mod operations;
mod page;
mod plain;
mod problem;
mod queues;
mod reports;
mod schedules;
mod task_records;
mod tasks;
mod token;

pub use backoff::Backoff;
pub use call::{BadUrl, Client};
pub use error::ClientError;
pub use jobs::{JobResults, JobUpload, SubmitGraph};
pub use nodes::{
    ClaimTasks, Claimed, ClaimedTask, Directive, DrainNode, Heartbeat, HeartbeatReply,
    RegisterNode, Registered,
};
pub use operations::BulkTasks;
pub use page::{Document, Page, PageOf};
pub use plain::{BadRequest, PlainReply, PlainRequest};
pub use problem::{FieldError, Problem};
pub use queues::QueueSettings;
pub use reports::TaskFailure;
pub use schedules::CreateSchedule;
pub use task_records::{TaskFilter, UpdateTask};
pub use tasks::{DependsOn, SubmitTask, Task, TaskError, TaskState};
pub use token::Token;
