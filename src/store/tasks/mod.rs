//! Tasks: one file a verb, each the one transition that the verb names.
//!
//! A file encodes the arguments of its script, sends them through the verb's lane or as a plain
//! call, and decodes the answer into an outcome. No decision is made here that the script makes,
//! and nothing is known of HTTP. What the reports share is in `report`. Start with `submit`,
//! `claim` and `complete`.

pub(crate) mod attempts;
pub(crate) mod cancel;
pub(crate) mod claim;
pub(crate) mod claimed;
pub(crate) mod classes;
pub(crate) mod complete;
pub(crate) mod delete;
pub(crate) mod explain;
pub(crate) mod fail;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod missing;
mod placed;
pub(crate) mod progress;
mod questions;
pub(crate) mod quiet;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod retry;
mod room;
pub(crate) mod run_now;
pub(crate) mod submit;
pub(crate) mod update;

use std::sync::Arc;

use super::core::Core;

/// The tasks of the store.
#[derive(Clone)]
pub struct Tasks {
    pub(crate) core: Arc<Core>,
}
