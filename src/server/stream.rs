//! Cuts off clients that do not finish a request's head, or do not take their answer, and gives
//! hyper's refusals of what is no request the form of all others.
//!
//! hyper has one timer for an unfinished head and for a kept connection between two
//! requests. The first must be short, or half-sent heads pile up; the second must be
//! long, or well-behaved clients lose their connections. So the short one is here: a
//! stream that fails once a head is overdue. For answers hyper has none.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::patience::Patience;
use crate::api;

/// How long, and how much, is read of what a refused client goes on sending. A connection that
/// is closed with bytes unread is reset, and the answer may be lost on its way.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// What a connection is doing; both the stream and the service behind it say so.
#[derive(Debug, Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    const IDLE: u8 = 0;
    const HEAD: u8 = 1;
    const REQUEST: u8 = 2;
    const REFUSED: u8 = 3;

    /// A client that connects and says nothing is late as well.
    pub(super) fn at_connect() -> Self {
        Self(Arc::new(AtomicU8::new(Self::HEAD)))
    }

    /// The head is there; the body has a limit of its own.
    pub(super) fn request_begins(&self) {
        self.0.store(Self::REQUEST, Ordering::Relaxed);
    }

    /// The answer began; what is read next is another head.
    pub(super) fn request_ends(&self) {
        self.0.store(Self::IDLE, Ordering::Relaxed);
    }

    /// The answer began, perhaps before the client has sent all of its body.
    pub(super) fn request_is_refused(&self) {
        self.0.store(Self::REFUSED, Ordering::Relaxed);
    }

    fn is(&self, phase: u8) -> bool {
        self.0.load(Ordering::Relaxed) == phase
    }

    fn is_between_requests(&self) -> bool {
        self.is(Self::IDLE) || self.is(Self::REFUSED)
    }
}

/// A stream that fails with `TimedOut` when a head is overdue or an answer is not taken.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    phase: Phase,
    patience: Patience,
    /// Since the rest of a head is waited for: most come in one piece.
    overdue: Option<Pin<Box<Sleep>>>,
    /// Since the client takes nothing of what is to be written.
    stuck: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
    /// What is written instead of hyper's own words.
    instead: Option<Instead>,
}

#[derive(Debug)]
struct Instead {
    answer: Vec<u8>,
    written: usize,
}

#[derive(Debug)]
struct Lingering {
    over: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, phase: Phase, patience: Patience) -> Self {
        Self {
            stream,
            phase,
            patience,
            overdue: None,
            stuck: None,
            lingering: None,
            instead: None,
        }
    }

    /// Whether these bytes are hyper's refusal of a head that it cannot read: it has a status only,
    /// where each answer of the api has a request id.
    fn is_bare_refusal(&self, bytes: &[u8]) -> bool {
        self.phase.is(Phase::HEAD)
            && bytes.starts_with(b"HTTP/1.1 4")
            && bytes.ends_with(b"\r\n\r\n")
            && !contains(bytes, b"x-request-id")
            && contains(bytes, b"content-length: 0\r\n")
    }

    /// Lets a write take its time, but not for ever.
    fn written(
        &mut self,
        cx: &mut Context<'_>,
        write: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if write.is_ready() {
            self.stuck = None;
            return write;
        }
        let limit = self.patience.answer;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    /// Writes the api's words for hyper's, and says that hyper's are written.
    fn write_instead(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Option<Poll<io::Result<usize>>> {
        if self.instead.is_none() && self.is_bare_refusal(bytes) {
            let status = std::str::from_utf8(&bytes[9..12]).ok();
            let status = status.and_then(|status| status.parse().ok()).unwrap_or(400);
            self.instead = Some(Instead {
                answer: api::unreadable(status),
                written: 0,
            });
            self.phase.request_is_refused();
        }
        let instead = self.instead.as_mut()?;
        while instead.written < instead.answer.len() {
            let rest = &instead.answer[instead.written..];
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Ready(Ok(count)) if count > 0 => instead.written += count,
                other => return Some(self.written(cx, other)),
            }
        }
        Some(Poll::Ready(Ok(bytes.len())))
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if this.phase.is_between_requests() {
                this.phase.0.store(Phase::HEAD, Ordering::Relaxed);
                this.overdue = None;
            }
            return Poll::Ready(read);
        }
        if !this.phase.is(Phase::HEAD) {
            return Poll::Pending;
        }
        let limit = this.patience.head;
        let overdue = this.overdue.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(overdue.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(write) = this.write_instead(cx, bytes) {
            return write;
        }
        let write = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.written(cx, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let [bytes] = parts
            && let Some(write) = this.write_instead(cx, bytes)
        {
            return write;
        }
        let write = Pin::new(&mut this.stream).poll_write_vectored(cx, parts);
        this.written(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            let refused = this.phase.is(Phase::REFUSED);
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if !refused {
                return Poll::Ready(Ok(()));
            }
        }
        let lingering = this.lingering.get_or_insert_with(|| Lingering {
            over: Box::pin(sleep(LINGER)),
            bytes: 0,
        });
        let mut space = [0; 4_096];
        while lingering.bytes < LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    lingering.bytes += buffer.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(lingering.over.as_mut().poll(cx));
                    return Poll::Ready(Ok(()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
