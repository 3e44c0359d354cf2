//! The command line.

use std::process::ExitCode;

/// Parses the arguments and runs the command they name.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
