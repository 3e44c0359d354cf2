//! The command line: what is asked for, and which file answers.
//!
//! A command is one variant of `Command` and one file with its arguments and a `run`.
//! The commands that ask a service share `call` (where it is) and `output` (how answers
//! look). Everything below this folder has errors with types; here they end as a sentence
//! on stderr and an exit code (`exit`).

mod api;
mod bench;
mod call;
mod completion;
mod config;
mod connection;
mod demo;
mod doctor;
mod exit;
mod explain;
mod health;
mod input;
mod job;
mod node;
mod openapi;
mod operation;
mod output;
mod paging;
mod private_redis_exec;
mod queue;
mod schedule;
mod serve;
mod signals;
mod store;
mod task;
mod tied_exec;
mod worker;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

/// The HTTP control plane for distributed work.
#[derive(Debug, Parser)]
#[command(name = "taskyard", version, after_long_help = exit::HELP, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service, with a Redis of its own unless `REDIS_URL` names one
    Serve(serve::Serve),
    Worker(worker::Worker),
    Demo(demo::Demo),
    Task(task::Task),
    Job(job::Job),
    Queue(queue::Queue),
    Node(node::Node),
    Schedule(schedule::Schedule),
    Operation(operation::Operation),
    Api(api::Api),
    Health(health::Health),
    /// Look at the settings
    Config(config::Config),
    /// Look whether everything stored fits together
    Doctor(doctor::Doctor),
    Store(store::Store),
    /// Print the OpenAPI document
    Openapi(openapi::Openapi),
    /// Measure rates, latencies and memory of the service on this machine
    Bench(bench::BenchArgs),
    Completion(completion::Completion),
    #[command(name = crate::store::private_redis::exec::SUBCOMMAND, hide = true)]
    PrivateRedisExec(private_redis_exec::PrivateRedisExec),
    #[command(name = tied_exec::SUBCOMMAND, hide = true)]
    TiedExec(tied_exec::TiedExec),
}

/// Parses the arguments and runs the command they name.
pub fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let matches = innermost(&matches);
    let result = match cli.command {
        Command::Serve(serve) => serve.run(matches),
        Command::Worker(worker) => worker.run(),
        Command::Demo(demo) => demo.run(),
        Command::Task(task) => task.run(),
        Command::Job(job) => job.run(),
        Command::Queue(queue) => queue.run(),
        Command::Node(node) => node.run(),
        Command::Schedule(schedule) => schedule.run(),
        Command::Operation(operation) => operation.run(),
        Command::Api(api) => api.run(),
        Command::Health(health) => health.run(),
        Command::Config(config) => config.run(matches),
        Command::Doctor(doctor) => doctor.run(matches),
        Command::Store(store) => store.run(matches),
        Command::Openapi(openapi) => openapi.run(),
        Command::Bench(args) => bench::run(args).map_err(exit::Failure::from),
        Command::Completion(completion) => completion.run(Cli::command()),
        Command::PrivateRedisExec(exec) => exec.run(),
        Command::TiedExec(exec) => exec.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The matches of the last subcommand: those know where its settings came from.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches
        .subcommand()
        .map_or(matches, |(_, inner)| innermost(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
