//! The arguments of `taskyard worker run`.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use crate::cli::connection::Connection;
use crate::cli::input::name;
use crate::config::LogFormat;

/// What to run, for which queues, and as which node.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A queue to take tasks from; may be given more than once
    #[arg(long = "queue", required = true, value_parser = name)]
    pub(super) queues: Vec<String>,

    /// The shell command that does a task
    #[arg(long, value_name = "COMMAND")]
    pub(super) exec: String,

    /// The node's name [default: this machine's name and a random end]
    #[arg(long, value_parser = name)]
    pub(super) node: Option<String>,

    /// How many tasks to work on at once
    #[arg(long, default_value = "1", value_name = "N")]
    pub(super) concurrency: NonZeroU32,

    /// A label that tasks may require; may be given more than once
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub(super) labels: Vec<(String, String)>,

    /// A task type to take; may be given more than once [default: all]
    #[arg(long = "type", value_name = "TYPE", value_parser = name)]
    pub(super) types: Vec<String>,

    /// How many seconds running tasks get to finish after SIGTERM
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = seconds)]
    pub(super) grace: Duration,

    /// What to log, such as `debug` or `taskyard=debug,info`
    #[arg(
        long,
        env = "TASKYARD_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub(super) log: String,

    /// How log lines look
    #[arg(
        long,
        env = "TASKYARD_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "pretty"
    )]
    pub(super) log_format: LogFormat,

    #[command(flatten)]
    pub(super) connection: Connection,
}

impl RunArgs {
    /// The node's name: the one given, else one that no other worker has.
    pub(super) fn node_name(&self) -> String {
        self.node.clone().unwrap_or_else(|| {
            let system = rustix::system::uname();
            unique_name(&system.nodename().to_string_lossy())
        })
    }
}

/// The machine's name made fit to stand in a URL, with an end that differs between
/// workers on the machine and between restarts (a reused name would end the session
/// of a worker that still runs).
fn unique_name(machine: &str) -> String {
    let fit: String = machine
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(100)
        .collect();
    let end = getrandom::u32().unwrap_or_else(|_| std::process::id());
    format!("{fit}-{end:08x}")
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("a label is written key=value, such as gpu=a100")?;
    Ok((name(key)?, value.to_owned()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: u32 = text
        .parse()
        .map_err(|_| "a whole number of seconds, such as 20")?;
    Ok(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::{label, seconds, unique_name};
    use crate::cli::input::name;

    #[test]
    fn a_default_name_is_a_valid_name_and_differs_each_time() {
        let first = unique_name("web 1.example");
        assert!(first.starts_with("web-1-example-"), "{first}");
        assert_eq!(name(&first), Ok(first.clone()));
        assert_ne!(first, unique_name("web 1.example"));
    }

    #[test]
    fn arguments_that_cannot_be_are_refused() {
        assert!(label("gpu").is_err());
        assert!(seconds("-1").is_err());
        assert_eq!(label("gpu=a=b"), Ok(("gpu".to_owned(), "a=b".to_owned())));
    }
}
