//! The life of a worker: join, take tasks, settle, leave.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::args::RunArgs;
use super::attempt;
use super::child::TERM_GRACE;
use super::held::StopReason;
use super::node::{Node, Session};
use crate::cli::signals::Signals;
use crate::client::{Backoff, ClaimTasks, Claimed, Client, ClientError, Directive};

/// How long a claim waits at the service for work.
const CLAIM_WAIT: Duration = Duration::from_secs(25);
/// As many tasks as one claim may ask for.
const CLAIM_LIMIT: usize = 100;
/// How long settling goes on after the last process has ended: time for reports that
/// the service does not answer.
const LAST_REPORTS: Duration = Duration::from_secs(5);

/// A worker at work.
struct Worker {
    node: Arc<Node>,
    queues: Vec<String>,
    command: Arc<str>,
    slots: Arc<Semaphore>,
    attempts: TaskTracker,
}

/// Runs until a signal, a `stop` from the service, or a refusal that will stay.
pub(super) async fn run(args: RunArgs, client: Client) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let node = tokio::select! {
        node = Node::join(client, &args) => node.context("cannot register")?,
        _ = signals.next() => return Ok(()),
    };
    let worker = Worker {
        node: Arc::new(node),
        slots: Arc::new(Semaphore::new(args.concurrency.get() as usize)),
        queues: args.queues,
        command: args.exec.into(),
        attempts: TaskTracker::new(),
    };

    let mut heartbeats = std::pin::pin!(worker.node.keep_alive());
    let end = tokio::select! {
        refusal = worker.take_tasks() => Err(refusal).context("cannot claim"),
        refusal = &mut heartbeats => Err(refusal).context("the heartbeat was refused"),
        () = worker.node.directed(&[Directive::Stop]) => Ok(()),
        _ = signals.next() => Ok(()),
    };
    worker.settle(args.grace, &mut signals, heartbeats).await;
    if let Err(error) = worker.node.leave().await {
        tracing::warn!(%error, "could not take leave, the service will notice by itself");
    }
    end
}

impl Worker {
    /// Claims tasks and starts an attempt of each, until claims are refused for good.
    async fn take_tasks(&self) -> ClientError {
        let mut backoff = Backoff::default();
        loop {
            self.node.directed(&[Directive::Continue]).await;
            let mut slots = self.free_slots().await;
            let session = self.node.session().await;
            let asked = Instant::now();
            match self.claim(&session, slots.num_permits()).await {
                Ok(claimed) => {
                    self.node.obey(claimed.directive);
                    let idle = claimed.tasks.is_empty();
                    self.start(claimed, &session, &mut slots).await;
                    if idle && asked.elapsed() < CLAIM_WAIT / 2 {
                        // An empty answer before its time (a pause, a service that
                        // ends) must not turn this into a busy loop.
                        sleep(backoff.next_pause()).await;
                    } else {
                        backoff.reset();
                    }
                }
                Err(error) if error.code() == Some("node_unknown") => {
                    if let Err(error) = self.node.rejoin(&session.id).await {
                        return error;
                    }
                }
                Err(error) => return error,
            }
        }
    }

    /// All slots that are free, as soon as there is one.
    async fn free_slots(&self) -> OwnedSemaphorePermit {
        // The semaphore is never closed.
        let Ok(mut slots) = Arc::clone(&self.slots).acquire_owned().await else {
            return std::future::pending().await;
        };
        let more = self.slots.available_permits().min(CLAIM_LIMIT - 1);
        if let Ok(count) = u32::try_from(more)
            && let Ok(others) = Arc::clone(&self.slots).try_acquire_many_owned(count)
        {
            slots.merge(others);
        }
        slots
    }

    /// Asks for tasks, with the same `claim_id` for as long as no answer comes, so that a
    /// lost answer loses no task.
    async fn claim(&self, session: &Session, max_tasks: usize) -> Result<Claimed, ClientError> {
        let claim = ClaimTasks {
            queues: self.queues.clone(),
            session: session.id.clone(),
            max_tasks,
            wait_ms: u64::try_from(CLAIM_WAIT.as_millis()).unwrap_or(u64::MAX),
            claim_id: Uuid::now_v7().to_string(),
        };
        let client = self.node.client.patient(Duration::MAX);
        client.claim(&self.node.name, &claim).await
    }

    async fn start(&self, claimed: Claimed, session: &Session, slots: &mut OwnedSemaphorePermit) {
        if self.node.session().await.id != session.id {
            // The session ended while the answer was under way, and these leases with it.
            return;
        }
        for task in claimed.tasks {
            let slot = slots.split(1);
            let orders = self.node.held.insert(&task.id);
            let (node, session) = (Arc::clone(&self.node), session.clone());
            let command = Arc::clone(&self.command);
            self.attempts.spawn(async move {
                attempt::run(&node, &session, &command, &task, orders.clone()).await;
                node.held.remove(&task.id, &orders);
                drop(slot);
            });
        }
    }

    /// Lets running attempts finish for `grace`, then stops them and gives their tasks
    /// back. Heartbeats go on meanwhile, since they keep the leases. A further signal
    /// ends the grace and every process at once.
    async fn settle(
        &self,
        grace: Duration,
        signals: &mut Signals,
        heartbeats: Pin<&mut impl Future<Output = ClientError>>,
    ) {
        self.attempts.close();
        if !self.attempts.is_empty() {
            tracing::info!(running = self.attempts.len(), ?grace, "finishing what runs");
        }
        let heartbeats = async {
            heartbeats.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = self.finish(grace, signals) => {}
            () = heartbeats => {}
        }
    }

    async fn finish(&self, grace: Duration, signals: &mut Signals) {
        let in_peace = async {
            if timeout(grace, self.attempts.wait()).await.is_err() {
                tracing::info!(
                    running = self.attempts.len(),
                    "the grace is over, giving back"
                );
                self.node.held.stop_all(StopReason::Released, false);
                let _ = timeout(TERM_GRACE + LAST_REPORTS, self.attempts.wait()).await;
            }
        };
        tokio::select! {
            () = in_peace => {}
            _ = signals.next() => {}
        }
        self.node.held.stop_all(StopReason::Released, true);
        if timeout(LAST_REPORTS, self.attempts.wait()).await.is_err() {
            tracing::error!(
                left = self.attempts.len(),
                "left without the service's answer"
            );
        }
    }
}
