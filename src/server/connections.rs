//! The accept loop: HTTP/1.1 connections that cannot be held for nothing, and not too many.
//!
//! `axum::serve` has no time limit for a request's head, and a client that sends half of
//! one would keep its connection for ever.
//!
//! A stop has two steps. From `stop` on every answer ends its connection, so that clients go
//! elsewhere by themselves; after a while nothing is accepted any more, idle connections are
//! closed, and what is in flight may end.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody;
use axum::http::{HeaderValue, Request, header};
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::patience::Patience;
use super::stream::{Phase, Watched};
use crate::api::{self, Surface};

/// Connections beyond the limit that are told so at once; more wait to be accepted.
const REFUSALS: usize = 64;
/// Before accepting again when the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// From about where on hyper gives up on a head. The api refuses much smaller ones, and keeps
/// their connections.
const HEAD_BYTES: usize = 64 * 1024;
const HEADERS: usize = 256;

/// What every connection of a service has in common.
struct Door {
    patience: Patience,
    /// Every answer ends its connection.
    stopping: CancellationToken,
    /// No connection takes another request.
    closing: CancellationToken,
    /// The end, some time after `closing`.
    cut: CancellationToken,
    tracker: TaskTracker,
}

/// Serves at most `most` connections at once until `stop`, then lets them finish what they are
/// doing. Returns how many had to be cut off.
pub async fn serve(
    listener: TcpListener,
    surface: Surface,
    most: usize,
    stop: &CancellationToken,
    patience: Patience,
) -> usize {
    let door = Arc::new(Door {
        patience,
        stopping: stop.clone(),
        closing: CancellationToken::new(),
        cut: CancellationToken::new(),
        tracker: TaskTracker::new(),
    });
    tokio::select! {
        () = accept_all(&listener, &door, surface, most) => {}
        () = async {
            stop.cancelled().await;
            tokio::time::sleep(patience.farewell).await;
        } => {}
    }
    drop(listener);
    door.closing.cancel();
    door.tracker.close();
    if tokio::time::timeout(patience.stop, door.tracker.wait())
        .await
        .is_ok()
    {
        return 0;
    }
    let left = door.tracker.len();
    door.cut.cancel();
    door.tracker.wait().await;
    left
}

/// Takes connections for ever: those for which there is room are served, others told so.
async fn accept_all(listener: &TcpListener, door: &Arc<Door>, surface: Surface, most: usize) {
    let (room, refusals) = (
        Arc::new(Semaphore::new(most)),
        Arc::new(Semaphore::new(REFUSALS)),
    );
    let overloaded = api::overloaded();
    loop {
        let stream = accept(listener).await;
        if let Ok(permit) = Arc::clone(&room).try_acquire_owned() {
            open(door, stream, surface.clone(), true, permit);
        } else if let Ok(permit) = Arc::clone(&refusals).acquire_owned().await {
            open(door, stream, overloaded.clone(), false, permit);
        }
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
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

fn open(
    door: &Arc<Door>,
    stream: TcpStream,
    surface: Surface,
    keep: bool,
    permit: OwnedSemaphorePermit,
) {
    let this = Arc::clone(door);
    door.tracker.spawn(async move {
        // Pinned here, it stands once in this future, which each connection has.
        pin!(drive(&this, stream, surface, keep)).await;
        drop(permit);
    });
}

/// Serves one connection to its end; with `keep` for more than one request.
async fn drive(door: &Door, stream: TcpStream, surface: Surface, keep: bool) {
    // Small replies shall not wait for the client's acknowledgement of the last one.
    let _ = stream.set_nodelay(true);
    let phase = Phase::at_connect();
    let stream = TokioIo::new(Watched::new(stream, phase.clone(), door.patience));
    let service = service_fn(move |request: Request<Incoming>| {
        phase.request_begins();
        let brings_body = !request.body().is_end_stream();
        let phase = phase.clone();
        surface.answer(request).map(move |mut answer| {
            if brings_body && !answer.status().is_success() {
                phase.request_is_refused();
            } else {
                phase.request_ends();
            }
            if door.stopping.is_cancelled() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            Ok::<_, Infallible>(answer)
        })
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(door.patience.idle)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .keep_alive(keep)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    let mut ended = door.closing.run_until_cancelled(connection.as_mut()).await;
    if ended.is_none() {
        // No further request on this connection; the one in flight is answered.
        connection.as_mut().graceful_shutdown();
        ended = door.cut.run_until_cancelled(connection).await;
    }
    if let Some(Err(error)) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
