//! A client of the service: the few requests that the workloads send, on one connection.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::ensure;
use serde::Deserialize;

use super::http::{self, Connection};

/// The payload's size as JSON.
pub(super) const PAYLOAD_BYTES: usize = 100;

/// What each task ends with. It is kept, like the results of real work.
const RESULT: &str = r#"{"ok":true}"#;

/// Leases outlast the longest phase, so that none is lost and delivered twice.
const LEASE_MS: u64 = 600_000;

/// One connection, acting as submitter and as one node.
pub(super) struct Client {
    connection: Connection,
    address: SocketAddr,
    node: String,
    requests: Rc<Requests>,
    claim: Vec<u8>,
    scratch: Vec<u8>,
}

/// The requests that all clients of a workload share, built once.
pub(super) struct Requests {
    queue: String,
    submit: Vec<u8>,
    batch: Vec<u8>,
    batch_size: usize,
}

/// The right to finish one attempt.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    id: String,
    token: String,
}

#[derive(Deserialize)]
struct ClaimReply<'a> {
    #[serde(borrow)]
    tasks: Vec<ClaimedTask<'a>>,
}

#[derive(Deserialize)]
struct ClaimedTask<'a> {
    id: &'a str,
    lease_token: &'a str,
}

#[derive(Deserialize)]
struct ExchangeReply<'a> {
    results: Vec<ExchangeResult>,
    #[serde(borrow)]
    tasks: Vec<ClaimedTask<'a>>,
}

#[derive(Deserialize)]
struct ExchangeResult {
    status: u16,
}

impl Requests {
    pub(super) fn new(address: SocketAddr, queue: &str, batch_size: usize) -> Rc<Self> {
        let task = format!(r#"{{"queue":"{queue}","payload":{}}}"#, payload());
        let tasks = vec![task.as_str(); batch_size].join(",");
        Rc::new(Self {
            queue: queue.to_owned(),
            submit: http::post(address, "/v1/tasks", &task),
            batch: http::post(
                address,
                "/v1/tasks/batch",
                &format!(r#"{{"tasks":[{tasks}]}}"#),
            ),
            batch_size,
        })
    }

    fn claim_body(&self, max_tasks: usize, wait: Duration) -> String {
        let mut body = format!(
            r#"{{"queues":["{}"],"max_tasks":{max_tasks},"lease_ms":{LEASE_MS}"#,
            self.queue
        );
        if !wait.is_zero() {
            let _ = write!(body, r#","wait_ms":{}"#, wait.as_millis());
        }
        body.push('}');
        body
    }
}

impl Client {
    pub(super) async fn open(
        address: SocketAddr,
        node: String,
        requests: Rc<Requests>,
    ) -> anyhow::Result<Self> {
        let path = format!("/v1/nodes/{node}/claim");
        let claim = http::post(address, &path, &requests.claim_body(1, Duration::ZERO));
        Ok(Self {
            connection: Connection::open(address).await?,
            address,
            node,
            requests,
            claim,
            scratch: Vec::new(),
        })
    }

    /// Submits one task.
    pub(super) async fn submit(&mut self) -> anyhow::Result<()> {
        let reply = self.connection.send(&self.requests.submit).await?;
        reply.require(201)?;
        Ok(())
    }

    /// How many tasks [`Client::submit_batch`] submits.
    pub(super) fn batch_size(&self) -> u64 {
        self.requests.batch_size as u64
    }

    /// Submits one batch.
    pub(super) async fn submit_batch(&mut self) -> anyhow::Result<()> {
        let reply = self.connection.send(&self.requests.batch).await?;
        reply.require(200)?;
        Ok(())
    }

    /// Claims one task, if there is one.
    pub(super) async fn claim(&mut self) -> anyhow::Result<Option<Lease>> {
        let reply = self.connection.send(&self.claim).await?;
        let reply: ClaimReply = serde_json::from_slice(reply.require(200)?)?;
        Ok(reply.tasks.first().map(ClaimedTask::lease))
    }

    /// Claims one task, waiting for it at the service.
    pub(super) async fn claim_waiting(&mut self, wait: Duration) -> anyhow::Result<Option<Lease>> {
        let path = format!("/v1/nodes/{}/claim", self.node);
        let body = self.requests.claim_body(1, wait);
        http::write_post(&mut self.scratch, self.address, &path, &body);
        let reply = self.connection.send(&self.scratch).await?;
        let reply: ClaimReply = serde_json::from_slice(reply.require(200)?)?;
        Ok(reply.tasks.first().map(ClaimedTask::lease))
    }

    /// Reports one attempt's success.
    pub(super) async fn complete(&mut self, lease: &Lease) -> anyhow::Result<()> {
        let path = format!("/v1/tasks/{}/complete", lease.id);
        let body = format!(r#"{{"lease_token":"{}","result":{RESULT}}}"#, lease.token);
        http::write_post(&mut self.scratch, self.address, &path, &body);
        let reply = self.connection.send(&self.scratch).await?;
        reply.require(200)?;
        Ok(())
    }

    /// Completes `held` and claims as many as `max_tasks`, in one request.
    pub(super) async fn exchange(
        &mut self,
        held: &[Lease],
        max_tasks: usize,
    ) -> anyhow::Result<Vec<Lease>> {
        let path = format!("/v1/nodes/{}/exchange", self.node);
        let mut body = String::with_capacity(64 + held.len() * 128);
        body.push_str(r#"{"complete":["#);
        for (index, lease) in held.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(
                body,
                r#"{comma}{{"id":"{}","lease_token":"{}","result":{RESULT}}}"#,
                lease.id, lease.token
            );
        }
        body.push(']');
        if max_tasks > 0 {
            let claim = self.requests.claim_body(max_tasks, Duration::ZERO);
            let _ = write!(body, r#","claim":{claim}"#);
        }
        body.push('}');
        http::write_post(&mut self.scratch, self.address, &path, &body);

        let reply = self.connection.send(&self.scratch).await?;
        let reply: ExchangeReply = serde_json::from_slice(reply.require(200)?)?;
        let completed = reply.results.iter().filter(|result| result.status == 200);
        ensure!(
            completed.count() == held.len(),
            "an exchange did not complete all that it was told"
        );
        Ok(reply.tasks.iter().map(ClaimedTask::lease).collect())
    }
}

impl ClaimedTask<'_> {
    fn lease(&self) -> Lease {
        Lease {
            id: self.id.to_owned(),
            token: self.lease_token.to_owned(),
        }
    }
}

/// A JSON object of exactly [`PAYLOAD_BYTES`].
fn payload() -> String {
    const FRAME: usize = r#"{"data":""}"#.len();
    format!(r#"{{"data":"{}"}}"#, "x".repeat(PAYLOAD_BYTES - FRAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_a_json_object_of_the_stated_size() {
        assert_eq!(payload().len(), PAYLOAD_BYTES);
        let parsed: serde_json::Value = serde_json::from_str(&payload()).unwrap();
        assert!(parsed.is_object());
    }

    #[test]
    fn a_claim_waits_only_when_it_is_told_to() {
        let requests = Requests::new("127.0.0.1:80".parse().unwrap(), "bench", 1);
        assert!(!requests.claim_body(1, Duration::ZERO).contains("wait_ms"));
        let waiting = requests.claim_body(1, Duration::from_secs(30));
        assert!(waiting.contains(r#""wait_ms":30000"#), "{waiting}");
        serde_json::from_str::<serde_json::Value>(&waiting).unwrap();
    }
}
