//! Nodes over HTTP: one file a verb.
//!
//! A handler reads the request, calls the store and shows the answer; what a session or a lease
//! means is decided in the scripts. A claim waits here (`checked_claim`), woken by the dispatcher,
//! and `exchange` puts the reports of `api/tasks` and a claim into one request.

mod checked_claim;
mod claim;
mod claimed;
mod drain;
mod exchange;
mod exchange_reports;
mod get;
mod heartbeat;
mod parents;
mod register;
mod remove;
mod rotate_secret;

pub(crate) use claim::*;
pub use claimed::task_body;
pub(crate) use drain::*;
pub(crate) use exchange::*;
pub(crate) use get::*;
pub(crate) use heartbeat::*;
pub(crate) use register::*;
pub(crate) use remove::*;
pub(crate) use rotate_secret::*;

use super::problem::{Code, Problem};
use crate::domain::SessionId;

/// What a node is to do: it goes on, or finishes what it holds and claims no more.
const fn directive(draining: bool) -> &'static str {
    if draining { "drain" } else { "continue" }
}

/// The session that a body names. What cannot be a session is not the node's.
fn session(text: &str) -> Result<SessionId, Problem> {
    SessionId::parse(text).ok_or_else(|| Problem::of(Code::NodeUnknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of<A, B, C, F>(_: impl FnOnce(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_claim_that_waits_takes_less_than_a_kilobyte() {
        let (claim, exchange) = (bytes_of(claim_tasks), bytes_of(exchange_tasks));
        assert!(claim < 1_024, "{claim} bytes, as often as claims wait");
        assert!(exchange < 2_560, "{exchange} bytes, with what was reported");
    }
}
