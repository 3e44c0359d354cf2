//! Queues over HTTP: one file a verb.
//!
//! A queue is not made here: it comes into being with the first task that is submitted to it.
//! Start with `get`, which has the form in which a queue is shown.

mod get;
mod pause;
mod stats;

pub(crate) use get::*;
pub(crate) use pause::*;
pub(crate) use stats::*;
