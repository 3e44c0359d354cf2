//! The store's door: one verb a file.

mod cancel;
mod claim;
mod class_limit;
mod cluster;
mod complete;
mod dependencies;
mod faults;
mod graphs;
mod jobs;
mod lifecycle;
mod list;
mod loss;
mod operations;
mod ordering;
mod outbox;
mod queues;
mod release;
mod retry;
mod schedules;
mod schema;
mod submit;
mod sweeps;
mod unique;
mod update;
