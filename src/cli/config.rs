//! `taskyard config`: the settings, without starting anything.

use std::io::{self, Write};

use clap::ArgMatches;

use super::exit::Failure;
use crate::config::{Settings, SettingsArgs};

#[derive(Debug, clap::Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigCommand {
    /// Print the effective settings as TOML, each with its origin
    Show(SettingsArgs),
}

impl Config {
    pub(super) fn run(self, matches: &ArgMatches) -> Result<(), Failure> {
        let ConfigCommand::Show(args) = self.command;
        let settings = Settings::resolve(args, matches).map_err(Failure::usage)?;
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = io::stdout().write_all(settings.to_toml().as_bytes());
        Ok(())
    }
}
