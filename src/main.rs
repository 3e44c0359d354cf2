//! The `taskyard` binary: everything it does starts in [`taskyard::cli`].

use std::process::ExitCode;

/// A request makes some hundred small allocations, most of them on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    taskyard::cli::run()
}
