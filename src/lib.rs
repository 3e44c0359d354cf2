//! Taskyard: the HTTP control plane for distributed work.
//!
//! Anyone POSTs tasks; nodes in any language claim them over HTTP and report
//! results; all state lives in Redis. The folders are the architecture, and each
//! layer knows only those to its right:
//!
//! ```text
//! main -> cli -> server -> { api, dispatcher } -> { store, egress } -> domain
//! ```
//!
//! Start with [`domain`] for the words, then `migrations-lua/README.md` for what
//! is stored, then follow one verb (`rg claim`) through every layer.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod dispatcher;
pub mod domain;
pub mod egress;
pub mod server;
pub mod store;
pub mod telemetry;
