//! One keep-alive connection, with one request in flight.
//!
//! Deliberately not a general HTTP client: it sends bytes that were built before and
//! reads replies that carry a Content-Length. The load shares its cores with the service
//! and Redis, so each microsecond here is one they do not get: three requests cost 22 us of
//! processor time so, and 35 us through hyper's client.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More headers than the service sends.
const MAX_HEADERS: usize = 32;

/// How much of an unexpected reply an error message quotes.
const QUOTED_BYTES: usize = 400;

/// A connection to the service.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A reply, borrowed from the connection's buffer.
pub(super) struct Reply<'a> {
    status: u16,
    body: &'a [u8],
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends `request` and reads the whole reply.
    pub(super) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Reply<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the service closed the connection");
            let Some(head) = Head::parse(&self.received)? else {
                continue;
            };
            let end = head.length + head.body_length;
            self.read_until(end).await?;
            return Ok(Reply {
                status: head.status,
                body: &self.received[head.length..end],
            });
        }
    }

    async fn read_until(&mut self, end: usize) -> anyhow::Result<()> {
        self.received
            .reserve(end.saturating_sub(self.received.len()));
        while self.received.len() < end {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the service closed the connection in a reply");
        }
        Ok(())
    }
}

impl<'a> Reply<'a> {
    /// The body, if the status is the one wanted. A benchmark that goes on after an error
    /// would measure how fast the service refuses.
    pub(super) fn require(self, status: u16) -> anyhow::Result<&'a [u8]> {
        if self.status == status {
            return Ok(self.body);
        }
        let quoted = &self.body[..self.body.len().min(QUOTED_BYTES)];
        bail!(
            "the service answered {} where {status} was due: {}",
            self.status,
            String::from_utf8_lossy(quoted)
        )
    }
}

struct Head {
    status: u16,
    length: usize,
    body_length: usize,
}

impl Head {
    /// The head at the start of `received`, or `None` while it is incomplete.
    fn parse(received: &[u8]) -> anyhow::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(received)? else {
            return Ok(None);
        };
        let body_length = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"))
            .context("a reply without Content-Length")?;
        let body_length = std::str::from_utf8(body_length.value)?.trim().parse()?;
        Ok(Some(Self {
            status: response.code.unwrap_or_default(),
            length,
            body_length,
        }))
    }
}

/// The bytes of a GET.
pub(super) fn get(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
}

/// The bytes of a POST with a JSON body.
pub(super) fn post(address: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    with_body("POST", address, path, body)
}

/// The same of a PUT.
pub(super) fn put(address: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    with_body("PUT", address, path, body)
}

fn with_body(method: &str, address: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let mut request = Vec::with_capacity(128 + path.len() + body.len());
    write(&mut request, method, address, path, body);
    request
}

/// Writes a POST over what `request` held, so that its allocation is used again.
pub(super) fn write_post(request: &mut Vec<u8>, address: SocketAddr, path: &str, body: &str) {
    write(request, "POST", address, path, body);
}

fn write(request: &mut Vec<u8>, method: &str, address: SocketAddr, path: &str, body: &str) {
    use std::io::Write as _;

    request.clear();
    // Writing to a Vec cannot fail.
    let _ = write!(
        request,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_only_when_it_is_whole() {
        let reply = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
        assert!(Head::parse(&reply[..30]).unwrap().is_none());
        let head = Head::parse(reply).unwrap().unwrap();
        assert_eq!((head.status, head.body_length), (201, 2));
        assert_eq!(&reply[head.length..], b"{}");
    }

    #[test]
    fn an_unexpected_status_quotes_the_reply() {
        let reply = Reply {
            status: 503,
            body: b"{\"code\":\"overloaded\"}",
        };
        let error = reply.require(201).unwrap_err().to_string();
        assert!(
            error.contains("503") && error.contains("overloaded"),
            "{error}"
        );
    }

    #[test]
    fn a_post_says_the_length_of_its_body() {
        let address = "127.0.0.1:80".parse().unwrap();
        let request = String::from_utf8(post(address, "/v1/tasks", "{}")).unwrap();
        assert!(request.starts_with("POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"));
        assert!(request.ends_with("Content-Length: 2\r\n\r\n{}"));
    }
}
