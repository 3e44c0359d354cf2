//! The command line.

mod bench;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "taskyard", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure rates, latencies and memory of the service on this machine
    Bench(bench::BenchArgs),
}

/// Parses the arguments and runs the command they name.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Bench(args) => bench::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("taskyard: {error:#}");
            ExitCode::FAILURE
        }
    }
}
