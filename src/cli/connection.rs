//! Where the service is: the arguments every client-side command shares.

use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use crate::client::{Client, Token};
use crate::config::{ClientArgs, ClientSettings};

/// Which service to talk to.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    #[command(flatten)]
    client: ClientArgs,

    /// The settings file, whose [client] table may name url and token [default:
    /// taskyard.toml, if there is one]
    #[arg(
        long,
        env = "TASKYARD_CONFIG",
        value_name = "FILE",
        global = true,
        help_heading = "Service"
    )]
    config: Option<PathBuf>,
}

impl Connection {
    /// A client of that service.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let settings = ClientSettings::resolve(self.client.clone(), self.config.as_deref())
            .map_err(Failure::usage)?;
        let token = settings.token.map(|token| Token::new(token.expose()));
        Client::new(&settings.url, token).map_err(Failure::usage)
    }
}
