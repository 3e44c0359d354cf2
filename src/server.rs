//! The composition root: puts the parts together and serves until told to stop.
//!
//! It is handed what the command line decided (settings, a Redis that was checked, a
//! token that ends everything) and knows neither signals nor processes.

mod connections;
mod head_clock;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use connections::Patience;

use crate::config::{SecretUrl, Settings};
use crate::store::redis_check::RedisFacts;

/// A stop that takes longer is cut off: orchestrators usually kill after 30 s.
const PATIENCE: Patience = Patience {
    head: Duration::from_secs(10),
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
    tracing::info!(
        redis = %redis.facts.version,
        durability = %redis.facts.durability,
        partitions = settings.partitions,
        "Taskyard is starting",
    );
    announce(&listener);
    let cut_off = connections::serve(listener, router(), &shutdown, PATIENCE).await;
    if cut_off == 0 {
        Ok(())
    } else {
        Err(ServeError::HardStop {
            connections: cut_off,
        })
    }
}

fn router() -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" }))
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
