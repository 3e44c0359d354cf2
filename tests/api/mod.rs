//! The api's door: HTTP on a real socket, through the real router. One file a noun.
//!
//! Every failure that any of these tests sees is checked whole by [`service::Caller`]: its
//! form, its request id and the page that its type leads to.

pub(crate) mod service;

mod access;
mod batches;
mod bodies;
mod claims;
mod codes;
mod exchanges;
mod idempotency;
mod internal;
mod jobs;
mod limits;
mod names;
mod nodes;
mod outages;
mod protocol;
mod queue_settings;
mod queues;
mod stopping;
mod tasks;
