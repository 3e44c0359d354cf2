//! The command line.

mod connection;
mod demo;
mod tied_exec;
mod worker;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "taskyard", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Worker(worker::Worker),
    Demo(demo::Demo),
    #[command(name = tied_exec::SUBCOMMAND, hide = true)]
    TiedExec(tied_exec::TiedExec),
}

/// Parses the arguments and runs the command they name.
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Worker(worker) => worker.run(),
        Command::Demo(demo) => demo.run(),
        Command::TiedExec(exec) => exec.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
