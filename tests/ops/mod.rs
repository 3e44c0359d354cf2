//! The service as a process: what it prints, how it ends, and that its Redis never
//! outlives it.

pub(crate) mod service;

mod bench;
mod doctor;
mod jobs;
mod life;
mod refusals;
mod secrets;
mod stopping;
mod walk_through;
