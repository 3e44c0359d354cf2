//! Cuts off clients that do not finish a request's head.
//!
//! hyper has one timer for an unfinished head and for a kept connection between two
//! requests. The first must be short, or half-sent heads pile up; the second must be
//! long, or well-behaved clients lose their connections. So the short one is here: a
//! stream that fails once a head is overdue.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// What a connection is doing; both the stream and the service behind it say so.
#[derive(Debug, Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    const IDLE: u8 = 0;
    const HEAD: u8 = 1;
    const REQUEST: u8 = 2;

    /// A client that connects and says nothing is late as well.
    pub(super) fn at_connect() -> Self {
        Self(Arc::new(AtomicU8::new(Self::HEAD)))
    }

    /// The head is there; the body may take its time.
    pub(super) fn request_begins(&self) {
        self.0.store(Self::REQUEST, Ordering::Relaxed);
    }

    /// The answer began; what is read next is another head.
    pub(super) fn request_ends(&self) {
        self.0.store(Self::IDLE, Ordering::Relaxed);
    }

    fn is(&self, phase: u8) -> bool {
        self.0.load(Ordering::Relaxed) == phase
    }
}

/// A stream that fails with `TimedOut` when a head is overdue.
#[derive(Debug)]
pub(super) struct HeadClock<S> {
    stream: S,
    phase: Phase,
    limit: Duration,
    overdue: Pin<Box<Sleep>>,
}

impl<S> HeadClock<S> {
    pub(super) fn new(stream: S, phase: Phase, limit: Duration) -> Self {
        Self {
            stream,
            phase,
            limit,
            overdue: Box::pin(sleep(limit)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadClock<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if this.phase.is(Phase::IDLE) {
                this.phase.0.store(Phase::HEAD, Ordering::Relaxed);
                this.overdue.as_mut().reset(Instant::now() + this.limit);
            }
            return Poll::Ready(read);
        }
        if !this.phase.is(Phase::HEAD) {
            return Poll::Pending;
        }
        ready!(this.overdue.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadClock<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
