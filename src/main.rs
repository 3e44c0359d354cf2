//! The `taskyard` binary: everything it does starts in [`taskyard::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    taskyard::cli::run()
}
