//! What the commands that ask the service something have in common.

use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::connection::Connection;
use super::exit::Failure;
use super::output::Output;
use crate::client::Client;

/// Which service, and how its answers look. They stand at any place of a command line.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

/// What a command needs to do its work.
pub(crate) struct Caller {
    /// The service. Calls are made once: whoever types a command had rather know at once.
    pub(crate) client: Client,
    /// Where answers go.
    pub(crate) output: Output,
}

impl CallArgs {
    /// Runs `command` to its end.
    pub(crate) fn run(
        &self,
        command: impl AsyncFnOnce(Caller) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let caller = Caller {
            client: self.connection.client()?.patient(Duration::ZERO),
            output: self.output,
        };
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?
            .block_on(command(caller))
    }
}
