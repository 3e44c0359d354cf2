//! Where the service is: the arguments every client-side command shares.

use clap::Args;

use crate::client::{BadUrl, Client, Token};

/// Which service to talk to.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// The service's base URL
    #[arg(long, env = "TASKYARD_URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,

    /// The bearer token; give it by the variable, since arguments are seen by everyone
    /// on the machine
    #[arg(long, env = "TASKYARD_TOKEN", hide = true, hide_env_values = true)]
    pub(crate) token: Option<Token>,
}

impl Connection {
    /// A client of that service.
    pub(crate) fn client(&self) -> Result<Client, BadUrl> {
        Client::new(&self.url, self.token.clone())
    }
}
