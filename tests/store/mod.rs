//! The store's door: one verb a file.

mod cancel;
mod claim;
mod claim_queues;
mod class_limit;
mod cluster;
mod complete;
mod fairness;
mod faults;
mod jobs;
mod lifecycle;
mod limit_attack;
mod limits;
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
