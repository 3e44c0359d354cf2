//! Queues over HTTP: one file a verb.
//!
//! A queue comes into being with the first task that is submitted to it, or here, by `configure`.
//! Start with `get`, which has the form in which a queue is shown.

mod configure;
mod get;
mod pause;
mod purge;
mod remove;
mod rotate_secret;
mod stats;

pub(crate) use configure::*;
pub(crate) use get::*;
pub(crate) use pause::*;
pub(crate) use purge::*;
pub(crate) use remove::*;
pub(crate) use rotate_secret::*;
pub(crate) use stats::*;
