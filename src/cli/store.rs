//! `taskyard store`: decisions about the data that only an operator can make.

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, anyhow};
use clap::ArgMatches;

use super::exit::{Exit, Failure};
use crate::config::{SecretUrl, Settings, SettingsArgs};
use crate::server::epoch;
use crate::store::Store as DataStore;
use crate::store::private_redis;

/// What `taskyard store accept --help` says.
const ACCEPT_HELP: &str = "\
Work on with a Redis that was emptied or swapped

A service whose Redis holds another data set than its data directory knows answers every
request with 503 store_reset, so that nothing is lost twice: restore the data, or decide
with this command that what Redis holds now is right. Give it the same settings as the
service (--data-dir, REDIS_URL); a running service takes it over within seconds.

The private Redis of a data directory is reached while its service runs.";

const ACCEPT_EXAMPLES: &str = "\
Examples:
  taskyard store accept --data-dir /var/lib/taskyard
  REDIS_URL=redis://127.0.0.1:6379 taskyard store accept";

/// Decide what data to work with
#[derive(Debug, clap::Args)]
pub(super) struct Store {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Debug, clap::Subcommand)]
enum StoreCommand {
    /// Work on with a Redis that was emptied or swapped
    #[command(long_about = ACCEPT_HELP, after_help = ACCEPT_EXAMPLES)]
    Accept(SettingsArgs),
}

impl Store {
    pub(super) fn run(self, matches: &ArgMatches) -> Result<(), Failure> {
        let StoreCommand::Accept(args) = self.command;
        let settings = Settings::resolve(args, matches).map_err(Failure::usage)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        runtime.block_on(accept(&settings))
    }
}

async fn accept(settings: &Settings) -> Result<(), Failure> {
    let data_dir = settings.data_dir.display();
    if !settings.data_dir.is_dir() {
        return Err(Failure::usage(anyhow!(
            "there is no data directory {data_dir}: name the service's own with --data-dir"
        )));
    }
    let url = redis_url(settings)?;
    let epoch = DataStore::accept(url.expose(), settings.partitions)
        .await
        .map_err(|error| Failure::new(Exit::Unavailable, error))?;
    epoch::write(&settings.data_dir, &epoch)
        .with_context(|| format!("the data directory {data_dir} cannot remember it"))?;
    let _ = writeln!(
        io::stdout(),
        "The store as it is now is accepted; a running service serves it within seconds."
    );
    Ok(())
}

/// The Redis that the settings name, or the private one of a service that runs.
fn redis_url(settings: &Settings) -> Result<SecretUrl, Failure> {
    if let Some(url) = &settings.redis_url {
        return Ok(url.clone());
    }
    let file = private_redis::url_file(&settings.data_dir);
    let url = fs::read_to_string(&file)
        .with_context(|| {
            format!(
                "{} names no private Redis; start the service first, or set REDIS_URL",
                file.display()
            )
        })
        .map_err(Failure::usage)?;
    Ok(SecretUrl::new(url.trim()))
}
