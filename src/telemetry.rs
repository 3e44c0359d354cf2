//! Logging: on stderr, for people or as JSON.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::LogFormat;

/// The filter is not one.
#[derive(Debug, thiserror::Error)]
#[error(
    "the log filter {filter:?} cannot be read; a filter is such as `debug` or `taskyard=debug,info`"
)]
pub struct LogFilterError {
    filter: String,
    source: ParseError,
}

/// Sends this process's log lines to stderr. Stdout is left to what a command answers.
pub fn init(filter: &str, format: LogFormat) -> Result<(), LogFilterError> {
    let parsed = EnvFilter::try_new(filter).map_err(|source| LogFilterError {
        filter: filter.to_owned(),
        source,
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr);
    // Setting up twice happens only in a test process, where the first one stays.
    let _ = match format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        // Colours are the subscriber's choice (it heeds NO_COLOR), but never go to a file.
        LogFormat::Pretty if io::stderr().is_terminal() => lines.try_init(),
        LogFormat::Pretty => lines.with_ansi(false).try_init(),
    };
    Ok(())
}
