//! One integration binary with three doors: the store (seed, act, read every state back), the
//! api (HTTP through the router) and the process (`ops`, `worker`, `cli`). Each test owns a real
//! Redis. Beside them `model` compares random sequences with a pure reference, `docs` runs the
//! commands that the documents show, and `contract` and `architecture` read the sources.

// Marked as tests, so that helpers may unwrap as well.
#[cfg(test)]
mod support;

#[cfg(test)]
mod store;

#[cfg(test)]
mod api;

#[cfg(test)]
mod openapi;

#[cfg(test)]
mod ops;

#[cfg(test)]
mod worker;

#[cfg(test)]
mod cli;

#[cfg(test)]
mod docs;

#[cfg(test)]
mod model;

#[cfg(test)]
mod contract;

#[cfg(test)]
mod architecture;
