//! One integration binary with three doors: the store (seed, act, read every state back), the
//! api (HTTP through the router) and the process (`ops`, `worker`). Each test owns a real Redis.

// Marked as tests, so that helpers may unwrap as well.
#[cfg(test)]
mod support;

#[cfg(test)]
mod api;

#[cfg(test)]
mod openapi;

#[cfg(test)]
mod store;

#[cfg(test)]
mod ops;

#[cfg(test)]
mod worker;
