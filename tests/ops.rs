//! The service as a process: what it prints, how it ends, and that its Redis never
//! outlives it.

// Marked as tests, so that helpers may unwrap as well.
#[cfg(test)]
mod ops {
    mod service;

    mod life;
    mod refusals;
    mod secrets;
}
