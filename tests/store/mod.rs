//! The store's door: one verb a file.

mod faults;
mod lifecycle;
