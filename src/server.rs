//! The composition root: puts the parts together and serves until told to stop.
//!
//! It is handed what the command line decided (settings, a Redis that was checked, a
//! token that ends everything) and knows neither signals nor processes.

mod connections;
pub mod epoch;
mod head_clock;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use connections::Patience;

use crate::api::{self, state::ApiState};
use crate::config::{SecretUrl, Settings};
use crate::dispatcher;
use crate::store::redis_check::RedisFacts;
use crate::store::{OpenError, Store, StoreOptions};

/// A stop that takes longer is cut off: orchestrators usually kill after 30 s.
const PATIENCE: Patience = Patience {
    head: Duration::from_secs(5),
    idle: Duration::from_secs(75),
    stop: Duration::from_secs(25),
};

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
    /// Requests were still running at the hard stop.
    #[error("{connections} connections were cut off {} s after the stop was asked for", PATIENCE.stop.as_secs())]
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

/// Takes the listen address. Early, so that one that is taken is told before Redis starts.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Bind { address, source })
}

/// Serves until `shutdown`, which long polls and streams watch as well, then lets
/// requests in flight end. The first line on stdout names the URL.
pub async fn serve(
    listener: TcpListener,
    settings: &Settings,
    redis: &Redis,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let store = open(settings, redis).await?;
    tracing::info!(
        redis = %redis.facts.version,
        durability = %redis.facts.durability,
        "Taskyard is starting",
    );
    // The background work outlives the requests: those in flight may wait for its wake-ups.
    let background = CancellationToken::new();
    let (wakeups, tracker) = dispatcher::start(&store, &background);
    tracker.spawn(epoch::watch(
        store.clone(),
        settings.data_dir.clone(),
        background.clone(),
    ));
    let router = api::router(ApiState::new(api::state::Inner {
        store,
        wakeups,
        limits: settings.limits,
        durability: redis.facts.durability.as_str(),
        shutdown: shutdown.clone(),
    }));
    announce(&listener);
    let cut_off = connections::serve(listener, router, &shutdown, PATIENCE).await;
    background.cancel();
    tracker.wait().await;
    if cut_off == 0 {
        Ok(())
    } else {
        Err(ServeError::HardStop {
            connections: cut_off,
        })
    }
}

async fn open(settings: &Settings, redis: &Redis) -> Result<Store, ServeError> {
    let known_epoch = epoch::read(&settings.data_dir).map_err(ServeError::Epoch)?;
    let store = Store::open(StoreOptions {
        url: redis.url.expose().to_owned(),
        partitions: settings.partitions,
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

fn announce(listener: &TcpListener) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut stdout = io::stdout().lock();
    // Nobody may be reading; that is no reason not to serve.
    let _ = writeln!(stdout, "Taskyard listens on http://{address}").and_then(|()| stdout.flush());
    tracing::info!(%address, "listening");
}
