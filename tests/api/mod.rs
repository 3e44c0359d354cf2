//! The api's door: HTTP on a real socket, through the real router. One file a noun.
//!
//! Every failure that any of these tests sees is checked whole by [`service::Caller`]: its
//! form, its request id and the page that its type leads to.

pub(crate) mod receiver;
pub(crate) mod service;

mod access;
mod batches;
mod bodies;
mod claims;
mod codes;
mod dependencies;
mod drains;
mod edits;
mod exchanges;
mod explain;
mod fleet;
mod idempotency;
mod internal;
mod jobs;
mod limits;
mod lists;
mod names;
mod nodes;
mod operations;
mod outages;
mod people;
mod placement;
mod places;
mod protocol;
mod push;
mod queue_limits;
mod queue_settings;
mod queues;
mod quiet;
mod schedules;
mod stopping;
mod tasks;
mod unique;
mod waiting;
