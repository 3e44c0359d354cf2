//! `taskyard config`: the settings, without starting anything.

use std::io::{self, Write};

use clap::ArgMatches;

use super::exit::Failure;
use crate::config::{ClientArgs, ClientSettings, Settings, SettingsArgs};

const SHOW_EXAMPLES: &str = "\
Examples:
  taskyard config show
  taskyard config show --listen 127.0.0.1:9000 | grep listen
  taskyard config show > taskyard.toml    # a settings file to begin with";

#[derive(Debug, clap::Args)]
pub(super) struct Config {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigCommand {
    /// Print the effective settings as TOML, each with its origin
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    client: ClientArgs,
}

impl Config {
    pub(super) fn run(self, matches: &ArgMatches) -> Result<(), Failure> {
        let ConfigCommand::Show(Show { settings, client }) = self.command;
        let config = settings.config().map(ToOwned::to_owned);
        let settings = Settings::resolve(settings, matches).map_err(Failure::usage)?;
        let client =
            ClientSettings::to_toml(client, config.as_deref(), matches).map_err(Failure::usage)?;
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = io::stdout().write_all((settings.to_toml() + &client).as_bytes());
        Ok(())
    }
}
