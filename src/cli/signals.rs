//! SIGTERM and SIGINT: the first asks for an orderly end, the second ends at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two signals that end a process.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on, neither signal ends the process by itself.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Cancels the token at the first signal and exits at the second, as shells report a
    /// process that a signal ended. The private Redis then ends by its parent's death.
    pub(super) async fn cancel(mut self, shutdown: CancellationToken) {
        self.next().await;
        tracing::info!("stopping: requests in flight are finished; a second signal ends at once");
        shutdown.cancel();
        let signal = self.next().await;
        std::process::exit(128 + signal.as_raw_value());
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}
