//! The accept loop: HTTP/1.1 connections that cannot be held for nothing.
//!
//! `axum::serve` has no time limit for a request's head, and a client that sends half of
//! one would keep its connection for ever.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::head_clock::{HeadClock, Phase};

/// A node's long poll holds one connection; beyond this many, new ones wait to be accepted.
const CONNECTIONS: usize = 16_384;
/// Before accepting again when the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long connections may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From the first byte of a request's head (or the connect) to its last.
    pub(super) head: Duration,
    /// From one request to the next on a kept connection.
    pub(super) idle: Duration,
    /// From the shutdown to the end of the last request.
    pub(super) stop: Duration,
}

/// Accepts until `shutdown`, then waits for the connections to finish what they are
/// doing. Returns how many had to be cut off when `hard_stop` was over.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: &CancellationToken,
    patience: Patience,
) -> usize {
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some((stream, permit)) = shutdown.run_until_cancelled(accept(&listener, &room)).await
    {
        let connection = drive(stream, router.clone(), shutdown.clone(), patience);
        let cut = cut.clone();
        connections.spawn(async move {
            cut.run_until_cancelled(connection).await;
            drop(permit);
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(patience.stop, connections.wait())
        .await
        .is_ok()
    {
        return 0;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    left
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        // The semaphore is never closed, so this fails never and the loop ends.
        let Ok(permit) = Arc::clone(room).acquire_owned().await else {
            continue;
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

async fn drive(stream: TcpStream, router: Router, shutdown: CancellationToken, patience: Patience) {
    // Small replies shall not wait for the client's acknowledgement of the last one.
    let _ = stream.set_nodelay(true);
    let phase = Phase::at_connect();
    let stream = TokioIo::new(HeadClock::new(stream, phase.clone(), patience.head));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        phase.request_begins();
        let (phase, answer) = (phase.clone(), router.call(request));
        async move {
            let answer = answer.await;
            phase.request_ends();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.idle)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    let ended = if let Some(ended) = shutdown.run_until_cancelled(connection.as_mut()).await {
        ended
    } else {
        // No further request on this connection; the one in flight is answered.
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
