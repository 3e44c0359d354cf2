//! `taskyard worker run` as a process, against a service that keeps the contract.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test relies on and does not get fails the test, also in what tests share"
)]

mod fake_service;
mod handlers;
mod process;
mod stopping;
