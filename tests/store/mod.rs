//! The store's door: one verb a file.

mod lifecycle;
