//! The worker as the service sees it: one node with a session that heartbeats keep.

use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep};

use super::args::RunArgs;
use super::held::{Held, StopReason};
use crate::client::{Backoff, Client, ClientError, Directive, Heartbeat, RegisterNode};

/// As many held ids as a heartbeat may carry.
const HELD_LIMIT: usize = 1000;

/// This worker's node.
pub(super) struct Node {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) held: Held,
    register: RegisterNode,
    /// Locked while a registration is under way, so that whoever needs a session waits
    /// for the new one.
    session: Mutex<Session>,
    directive: watch::Sender<Directive>,
}

/// One registration.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) id: String,
    heartbeat_interval: Duration,
    clock: ServiceClock,
}

/// The service's clock, read once at the registration and carried on by this
/// machine's monotonic one, whose own idea of the date may be wrong.
#[derive(Debug, Clone, Copy)]
struct ServiceClock {
    told: Option<jiff::Timestamp>,
    at: Instant,
}

impl Node {
    /// Registers, waiting for a service that is not there yet.
    pub(super) async fn join(client: Client, args: &RunArgs) -> Result<Self, ClientError> {
        let register = RegisterNode {
            labels: args.labels.iter().cloned().collect(),
            slots: args.concurrency.get(),
            types: args.types.clone(),
            version: concat!("taskyard/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let name = args.node_name();
        let session = begin_session(&client, &name, &register).await?;
        Ok(Self {
            client,
            name,
            held: Held::default(),
            register,
            session: Mutex::new(session),
            directive: watch::Sender::new(Directive::Continue),
        })
    }

    /// The session in force.
    pub(super) async fn session(&self) -> Session {
        self.session.lock().await.clone()
    }

    /// Registers again after the service said that `ended` is over. What was held under
    /// it is lost: other nodes may have it already.
    pub(super) async fn rejoin(&self, ended: &str) -> Result<(), ClientError> {
        let mut session = self.session.lock().await;
        if session.id == ended {
            tracing::warn!(node = self.name, "the session is over, registering again");
            self.held.stop_all(StopReason::Lost, false);
            *session = begin_session(&self.client, &self.name, &self.register).await?;
        }
        Ok(())
    }

    /// Sends heartbeats and passes on what comes back, until the service refuses this
    /// node for good.
    pub(super) async fn keep_alive(&self) -> ClientError {
        let client = self.client.patient(Duration::ZERO);
        let mut backoff = Backoff::default();
        let mut pause = self.session().await.heartbeat_interval;
        loop {
            sleep(pause).await;
            let session = self.session().await;
            let heartbeat = Heartbeat {
                session: session.id.clone(),
                held: self.held.ids(HELD_LIMIT),
            };
            match client.heartbeat(&self.name, &heartbeat).await {
                Ok(reply) => {
                    backoff.reset();
                    pause = Duration::from_millis(reply.next_heartbeat_ms.max(1));
                    self.obey(reply.directive);
                    stop_each(&self.held, &reply.cancel, StopReason::Cancelled);
                    stop_each(&self.held, &reply.lost, StopReason::Lost);
                }
                Err(error) if error.code() == Some("node_unknown") => {
                    pause = session.heartbeat_interval;
                    if let Err(error) = self.rejoin(&session.id).await {
                        return error;
                    }
                }
                Err(error) if error.is_passing() => {
                    tracing::warn!(%error, "the heartbeat was not answered");
                    pause = backoff.next_pause().min(session.heartbeat_interval);
                }
                Err(error) => return error,
            }
        }
    }

    /// Takes over a directive that came with an answer.
    pub(super) fn obey(&self, directive: Directive) {
        if self.directive.send_replace(directive) != directive {
            tracing::info!(?directive, "the service says how to go on");
        }
    }

    /// Waits for one of `directives`.
    pub(super) async fn directed(&self, directives: &[Directive]) {
        let mut received = self.directive.subscribe();
        // The sender lives as long as self, so this cannot end in an error.
        let _ = received.wait_for(|now| directives.contains(now)).await;
    }

    /// Leaves the service: what it may still think is held here is given back.
    pub(super) async fn leave(&self) -> Result<(), ClientError> {
        self.client
            .patient(Duration::ZERO)
            .delete_node(&self.name)
            .await
    }
}

impl Session {
    /// The instant on this machine at which the service's clock shows `time`.
    pub(super) fn instant_of(&self, time: &str) -> Option<Instant> {
        let time: jiff::Timestamp = time.parse().ok()?;
        let ahead = time.duration_since(self.clock.told?);
        // A moment already past is now, as far as waiting for it goes.
        Some(self.clock.at + Duration::try_from(ahead).unwrap_or_default())
    }
}

async fn begin_session(
    client: &Client,
    name: &str,
    register: &RegisterNode,
) -> Result<Session, ClientError> {
    let at = Instant::now();
    let once = client.patient(Duration::ZERO);
    let registered = match once.register_node(name, register).await {
        Err(error) if error.is_passing() => {
            tracing::warn!(%error, "waiting for the service");
            client
                .patient(Duration::MAX)
                .register_node(name, register)
                .await?
        }
        answered => answered?,
    };
    tracing::info!(node = name, url = client.url(), "registered");
    Ok(Session {
        id: registered.session,
        heartbeat_interval: Duration::from_millis(registered.heartbeat_interval_ms.max(1)),
        clock: ServiceClock {
            told: registered.server_time.parse().ok(),
            at,
        },
    })
}

fn stop_each(held: &Held, task_ids: &[String], reason: StopReason) {
    for id in task_ids {
        held.stop(id, reason);
    }
}
