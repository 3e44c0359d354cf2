//! A small HTTP client of the service's own contract, for the commands that talk
//! to a running service.
//!
//! One method per operation the commands need, named like the operation. Every
//! call here is safe to repeat: a submit carries an `Idempotency-Key`, a claim a
//! `claim_id`, a report its `lease_token`. So the client repeats calls by itself
//! while its patience lasts (see [`Client::patient`]), and a caller never has to
//! ask whether a lost reply was also a lost request.
//!
//! Deliberately not here: the domain types. A client must understand a service
//! newer than itself, so its replies ignore what they do not know.
//!
//! Start with [`Client`] in `call.rs`, then `tasks.rs` and `nodes.rs`.

mod backoff;
mod call;
mod error;
mod nodes;
mod problem;
mod tasks;
mod token;

pub use backoff::Backoff;
pub use call::{BadUrl, Client};
pub use error::ClientError;
pub use nodes::{
    ClaimTasks, Claimed, ClaimedTask, Directive, Heartbeat, HeartbeatReply, RegisterNode,
    Registered,
};
pub use problem::{FieldError, Problem};
pub use tasks::{BatchItem, SubmitTask, Task, TaskError, TaskFailure, TaskState};
pub use token::Token;
