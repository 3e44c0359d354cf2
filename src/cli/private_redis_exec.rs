//! The hidden `taskyard private-redis-exec`: becomes the private Redis.

use std::path::PathBuf;

use anyhow::{Context, anyhow};

use super::exit::Failure;
use crate::store::private_redis::exec::{ExecOrders, become_server};

#[derive(Debug, clap::Args)]
pub(super) struct PrivateRedisExec {
    /// The process that started this one
    #[arg(long)]
    parent: u32,
    /// The file to keep locked while the server lives
    #[arg(long)]
    lock: PathBuf,
    /// The server program and its configuration
    #[arg(last = true, num_args = 2, required = true)]
    command: Vec<PathBuf>,
}

impl PrivateRedisExec {
    /// Returns only when it failed. No thread may have been started before.
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self {
            parent,
            lock,
            command,
        } = self;
        let Ok([server, conf]) = <[PathBuf; 2]>::try_from(command) else {
            return Err(Failure::usage(anyhow!(
                "a server and its configuration are needed"
            )));
        };
        let error = become_server(&ExecOrders {
            parent,
            lock,
            server,
            conf,
        });
        Err(error).context("the private Redis cannot be run")?
    }
}
