//! Queues over HTTP.

mod get;
mod pause;
mod stats;

pub(crate) use get::*;
pub(crate) use pause::*;
pub(crate) use stats::*;
