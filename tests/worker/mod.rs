//! The client-side commands as processes: `worker run` against a service that keeps the
//! contract and fails on demand, `demo` against the real one.

mod fake_service;
mod process;

mod demo;
mod handlers;
mod stopping;
