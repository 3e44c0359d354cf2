//! The store's door: one verb a file.

mod cancel;
mod claim;
mod cluster;
mod complete;
mod faults;
mod jobs;
mod lifecycle;
mod loss;
mod ordering;
mod outbox;
mod queues;
mod release;
mod retry;
mod schema;
mod submit;
mod sweeps;
