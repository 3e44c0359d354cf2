//! The composition root: puts the parts together and serves until told to stop.
//!
//! It is handed what the command line decided (settings, a Redis that was checked, a
//! token that ends everything) and knows neither signals nor processes.

pub mod connections;
pub mod epoch;
pub mod patience;
mod stream;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use patience::Patience;

use crate::api::{self, state::ApiState};
use crate::config::{SecretUrl, Settings};
use crate::dispatcher;
use crate::domain::Limits;
use crate::domain::egress::EgressRules;
use crate::domain::fleet::QuarantineRule;
use crate::egress::{Egress, Roots, SystemNames};
use crate::store::redis_check::RedisFacts;
use crate::store::{OpenError, Store, StoreOptions};

/// From the signal to the end of the last request. A stop that takes longer is cut off, since
/// orchestrators usually kill after 30 s, and what follows takes its time too.
const STOP: Duration = Duration::from_secs(20);
/// From the signal until pushes that have no answer are broken off and their tasks given back.
const PUSHES: Duration = Duration::from_secs(15);
/// How long the background work may take to notice the stop: it can be lost at any instant.
const BACKGROUND: Duration = Duration::from_secs(2);

/// Open files beside clients' connections: logs, sockets, the pool, and the lanes of each partition.
const OTHER_FILES: usize = 192;
const FILES_A_PARTITION: usize = 9;

/// How long connections may take.
fn patience(settings: &Settings) -> Patience {
    let farewell = Duration::from_millis(settings.shutdown_delay_ms);
    Patience {
        head: Duration::from_secs(5),
        idle: Duration::from_secs(75),
        answer: Duration::from_secs(30),
        farewell,
        stop: STOP.saturating_sub(farewell),
    }
}

/// Why serving could not begin, or did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The data directory cannot remember which data set this is.
    #[error("the file `epoch` in the data directory cannot be used")]
    Epoch(#[source] io::Error),
    /// The certificates of `egress_ca` cannot be used.
    #[error("the certificates in {} cannot be used", .path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Requests were still running at the hard stop.
    #[error("{connections} connections were cut off {} s after the stop was asked for", STOP.as_secs())]
    HardStop {
        /// How many.
        connections: usize,
    },
}

/// The Redis that the service runs on, reached and checked.
#[derive(Debug)]
pub struct Redis {
    /// Where it is.
    pub url: SecretUrl,
    /// What it is.
    pub facts: RedisFacts,
}

/// The OpenAPI document of what is served (3.1), as indented JSON.
pub fn openapi_document() -> String {
    api::document()
}

/// The same document in OpenAPI 3.0.3.
pub fn openapi_document_v30() -> String {
    api::document_v30()
}

/// When a node is quarantined.
fn quarantine(settings: &Settings) -> QuarantineRule {
    let number = |whole: u64| f64::from(u32::try_from(whole).unwrap_or(u32::MAX));
    QuarantineRule {
        share: number(settings.quarantine_percent) / 100.0,
        attempts: number(settings.quarantine_attempts),
    }
}

/// Takes the listen address. Early, so that one that is taken is told before Redis starts.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind { address, source })
}

/// Serves until `shutdown`, which `/readyz` and whoever waits watch as well; a little later nothing
/// is accepted any more, and requests in flight may end. The first line on stdout names the URL.
pub async fn serve(
    listener: TcpListener,
    settings: &Settings,
    redis: &Redis,
    egress: Egress,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let store = open(settings, redis).await?;
    tracing::info!(
        redis = %redis.facts.version,
        durability = %redis.facts.level(settings.is_replicated()),
        "Taskyard is starting",
    );
    // The background work outlives the requests: those in flight may wait for its wake-ups.
    let background = CancellationToken::new();
    let (wakeups, tracker) = dispatcher::start(&store, quarantine(settings), &background);
    tracker.spawn(epoch::watch(
        store.clone(),
        settings.data_dir.clone(),
        background.clone(),
    ));
    let limits = Limits {
        connections: fitting_connections(
            settings.limits.connections,
            getrlimit(Resource::Nofile).current,
            settings.limits.pushes,
            store.sweeps.partitions().count(),
        ),
        ..settings.limits
    };
    if limits.connections < settings.limits.connections {
        tracing::warn!(
            wanted = settings.limits.connections,
            served = limits.connections,
            "the limit of open files leaves room for fewer connections than the settings allow"
        );
    }
    let pushes = dispatcher::push::start(
        &store,
        &wakeups,
        &egress,
        api::task_body,
        &limits,
        &shutdown,
    );
    let surface = api::surface(ApiState::new(api::state::Inner {
        store,
        wakeups,
        egress,
        limits,
        shutdown: shutdown.clone(),
    }));
    announce(&listener);
    let (cut_off, ()) = tokio::join!(
        connections::serve(
            listener,
            surface,
            limits.connections,
            &shutdown,
            patience(settings),
        ),
        async {
            shutdown.cancelled().await;
            pushes.finish(PUSHES).await;
        },
    );
    background.cancel();
    // A sweep that waits for a Redis that hangs is left to itself.
    let _ = tokio::time::timeout(BACKGROUND, tracker.wait()).await;
    if cut_off == 0 {
        Ok(())
    } else {
        Err(ServeError::HardStop {
            connections: cut_off,
        })
    }
}

/// How many connections leave enough of the open files for Redis and everything else: a service
/// that can open no more files loses Redis with its next broken connection.
fn fitting_connections(
    wanted: usize,
    open_files: Option<u64>,
    pushes: usize,
    partitions: usize,
) -> usize {
    let Some(open_files) = open_files.and_then(|count| usize::try_from(count).ok()) else {
        return wanted;
    };
    let others = OTHER_FILES + pushes + partitions * FILES_A_PARTITION;
    wanted.min(open_files.saturating_sub(others).max(1))
}

async fn open(settings: &Settings, redis: &Redis) -> Result<Store, ServeError> {
    let known_epoch = epoch::read(&settings.data_dir).map_err(ServeError::Epoch)?;
    let store = Store::open(StoreOptions {
        url: redis.url.expose().to_owned(),
        partitions: settings.partitions,
        replicated: settings.is_replicated(),
        known_epoch: known_epoch.clone(),
        ..StoreOptions::default()
    })
    .await?;
    if known_epoch.is_none() {
        epoch::write(&settings.data_dir, &store.epoch()).map_err(ServeError::Epoch)?;
    }
    if let Err(crate::store::StoreError::Reset) = store.check().await {
        tracing::error!(
            "Redis was emptied or swapped: it does not hold the data that this data directory knows. Every request is \
             answered 503 store_reset until `taskyard store accept` makes the store, as it is, the one to work with"
        );
    }
    Ok(store)
}

/// The way out, under the rules of the settings.
pub fn egress(settings: &Settings) -> Result<Egress, ServeError> {
    let rules = EgressRules::new(settings.allow_egress.clone());
    let Some(path) = settings.egress_ca.clone() else {
        return Ok(Egress::new(rules, Roots::default(), SystemNames));
    };
    let read = || Ok(Roots::parse(&std::fs::read(&path)?)?);
    match read() {
        Ok(roots) => Ok(Egress::new(rules, roots, SystemNames)),
        Err(source) => Err(ServeError::Certificates { path, source }),
    }
}

fn announce(listener: &TcpListener) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut stdout = io::stdout().lock();
    // Nobody may be reading; that is no reason not to serve.
    let _ = writeln!(stdout, "Taskyard listens on http://{address}").and_then(|()| stdout.flush());
    tracing::info!(%address, "listening");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        assert_eq!(fitting_connections(16_384, None, 0, 16), 16_384);
        assert_eq!(fitting_connections(16_384, Some(1 << 20), 128, 16), 16_384);
        assert_eq!(fitting_connections(16_384, Some(1_024), 128, 16), 560);
        assert_eq!(fitting_connections(100, Some(1_024), 128, 16), 100);
        assert_eq!(fitting_connections(100, Some(64), 0, 16), 1);
    }
}
