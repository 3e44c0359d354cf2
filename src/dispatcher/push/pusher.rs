//! Claims for one endpoint, as its node would, and has what it gets delivered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

use super::Parts;
use super::delivery::{Delivery, End};
use crate::dispatcher::{Bid, ReadyTicket};
use crate::domain::placement::Offer;
use crate::domain::push::{Breaker, PUSH_LEASE_MS, PushEndpoint, PushOwner, Room, target_node};
use crate::store::{ClaimRequest, ClaimedTask, StoreError, chance};

/// Tasks that one claim takes at most.
const BATCH: usize = 10;
/// Pause after a failure of the store.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);
/// Rest of a pusher that may push nothing until it is told.
const LONG_REST: Duration = Duration::from_secs(30);

/// The pusher of one endpoint.
pub(super) struct Pusher {
    parts: Arc<Parts>,
    settings: watch::Receiver<Arc<PushEndpoint>>,
    drains: watch::Receiver<()>,
    /// Cancelled when the endpoint is no more.
    gone: CancellationToken,
    state: Arc<State>,
}

/// What a pusher and its deliveries share.
struct State {
    breaker: Arc<Mutex<Breaker>>,
    in_flight: AtomicUsize,
    /// A delivery has ended.
    news: Notify,
}

/// What to do next.
enum Step {
    Again,
    /// There is nothing to push, until something wakes the pusher.
    Rest,
    /// Nothing may be pushed for so long.
    RestFor(Duration),
}

impl Pusher {
    pub(super) fn new(
        parts: Arc<Parts>,
        settings: watch::Receiver<Arc<PushEndpoint>>,
        breaker: Arc<Mutex<Breaker>>,
        gone: CancellationToken,
    ) -> Self {
        Self {
            drains: parts.wakeups.watch_drains(),
            parts,
            settings,
            gone,
            state: Arc::new(State {
                breaker,
                in_flight: AtomicUsize::new(0),
                news: Notify::new(),
            }),
        }
    }

    /// Pushes until the endpoint is no more, or nothing is to be pushed any more.
    pub(super) async fn run(mut self) {
        let mut place = None;
        while !self.parts.stop.is_cancelled() && !self.gone.is_cancelled() {
            let step = match self.step(&mut place).await {
                Ok(step) => step,
                Err(error) => {
                    tracing::debug!(owner = %self.settings.borrow().owner, %error, "pushing waits for the store");
                    Step::RestFor(FAILURE_PAUSE)
                }
            };
            let rest = match step {
                Step::Again => continue,
                Step::Rest => None,
                Step::RestFor(rest) => {
                    // Who cannot take a task must not be woken for one.
                    place = None;
                    Some(rest)
                }
            };
            tokio::select! {
                () = woken(place.as_ref()) => {}
                () = over(rest) => {}
                () = self.state.news.notified() => {}
                _ = self.settings.changed() => {}
                _ = self.drains.changed() => {}
                () = self.gone.cancelled() => {}
                () = self.parts.stop.cancelled() => {}
            }
        }
    }

    /// Claims what may be pushed now, and begins to push it.
    async fn step(&mut self, place: &mut Option<ReadyTicket>) -> Result<Step, StoreError> {
        let endpoint = Arc::clone(&self.settings.borrow_and_update());
        let most = match self.state.breaker().room(Instant::now()) {
            Room::Open => BATCH,
            Room::One => 1,
            Room::NoneFor(rest) => return Ok(Step::RestFor(rest)),
            Room::NoneYet => return Ok(Step::RestFor(LONG_REST)),
        };
        let Some((mut request, slots)) = self.request(&endpoint).await? else {
            return Ok(Step::RestFor(LONG_REST));
        };
        let free = slots.saturating_sub(self.state.in_flight.load(Ordering::SeqCst));
        let permits = self.permits(most.min(free)).await;
        if permits.is_empty() {
            return Ok(Step::RestFor(LONG_REST));
        }
        request.max_tasks = permits.len();
        // Its place is taken before it looks, so that a task in between wakes it.
        let ticket = place.get_or_insert_with(|| {
            let wakeups = &self.parts.wakeups;
            wakeups.wait_for_ready(&request.queues, &request.offer)
        });
        ticket.renew(&request.offer);
        let tasks = &self.parts.store.tasks;
        let claimed = tasks.claim_to_push(request, slots as u64).await?;
        if claimed.is_empty() {
            return Ok(Step::Rest);
        }
        if self.parts.stop.is_cancelled() {
            // Dropped, they go back at once.
            return Ok(Step::Again);
        }
        if let Some(ticket) = place.take() {
            ticket.took(claimed.queues());
        }
        for (task, permit) in claimed.deliver().into_iter().zip(permits) {
            self.begin(&endpoint, task, permit);
        }
        Ok(Step::Again)
    }

    /// What to claim, and how many tasks the endpoint may have at once; `None` while it is to get none.
    async fn request(
        &self,
        endpoint: &PushEndpoint,
    ) -> Result<Option<(ClaimRequest, usize)>, StoreError> {
        let (node, offer, slots) = match &endpoint.owner {
            PushOwner::Queue(queue) => (target_node(queue), Offer::default(), endpoint.concurrency),
            PushOwner::Node(node) => {
                let Some(facts) = self.parts.store.nodes.facts(node).await? else {
                    return Ok(None);
                };
                if facts.draining {
                    return Ok(None);
                }
                let registration = &facts.registration;
                (node.clone(), registration.offer(node), registration.slots)
            }
        };
        let request = ClaimRequest {
            node,
            session: None,
            offer,
            queues: endpoint.queues.clone(),
            max_tasks: 1,
            lease_ms: Some(PUSH_LEASE_MS),
            claim_id: None,
            waits: false,
        };
        Ok(Some((
            request,
            usize::try_from(slots).unwrap_or(usize::MAX),
        )))
    }

    /// Up to so many rights to push: waits for the first, and takes of the others what there is.
    async fn permits(&self, most: usize) -> Vec<OwnedSemaphorePermit> {
        let mut permits = Vec::new();
        if most == 0 {
            return permits;
        }
        let first = Arc::clone(&self.parts.permits).acquire_owned();
        permits.extend(
            self.parts
                .stop
                .run_until_cancelled(first)
                .await
                .and_then(Result::ok),
        );
        while !permits.is_empty() && permits.len() < most {
            let Ok(permit) = Arc::clone(&self.parts.permits).try_acquire_owned() else {
                break;
            };
            permits.push(permit);
        }
        permits
    }

    /// Has a task delivered.
    fn begin(&self, endpoint: &Arc<PushEndpoint>, task: ClaimedTask, permit: OwnedSemaphorePermit) {
        self.state.breaker().begin();
        self.state.in_flight.fetch_add(1, Ordering::SeqCst);
        let (parts, state) = (Arc::clone(&self.parts), Arc::clone(&self.state));
        let (owner, id) = (endpoint.owner.clone(), task.id);
        let delivery = Delivery {
            parts: Arc::clone(&parts),
            endpoint: Arc::clone(endpoint),
            task,
            claimed: Instant::now(),
            gone: self.gone.clone(),
        };
        self.parts.tracker.spawn(async move {
            // Before the push, so that an end right after its answer is not missed.
            let ended = parts.wakeups.wait_for_final(id);
            let end = delivery.run().await;
            let is_later = matches!(end, End::Later);
            state.learn(&parts, &owner, end).await;
            drop(permit);
            state.in_flight.fetch_sub(1, Ordering::SeqCst);
            state.news.notify_one();
            if is_later {
                // The task holds its slot until the receiver has reported.
                tokio::select! {
                    () = ended.woken() => state.news.notify_one(),
                    () = parts.stop.cancelled() => {}
                }
            }
        });
    }
}

impl State {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a delivery says of the endpoint, and tells the other replicas what is new.
    async fn learn(&self, parts: &Parts, owner: &PushOwner, end: End) {
        let (now, endpoints) = (Instant::now(), &parts.store.endpoints);
        let told = match end {
            End::Taken | End::Later => {
                let closes = self.breaker().succeeded();
                if !closes {
                    return;
                }
                tracing::info!(%owner, "an endpoint works again");
                endpoints.note_closed(owner).await
            }
            End::Rest(rest) => {
                let rest = self.breaker().asked(now, rest);
                endpoints.note_asked(owner, rest).await
            }
            End::Failed(error) => {
                let (opened, failures) = {
                    let mut breaker = self.breaker();
                    (breaker.failed(now, chance()), breaker.failures())
                };
                let Some(rest) = opened else { return };
                tracing::warn!(%owner, failures, %error, "an endpoint is left alone for {} ms", rest.as_millis());
                endpoints.note_open(owner, rest, failures, &error).await
            }
            End::Void => {
                self.breaker().dropped();
                return;
            }
        };
        if let Err(error) = told {
            tracing::debug!(%owner, %error, "how an endpoint fares could not be stored");
        }
    }
}

async fn woken(place: Option<&ReadyTicket>) {
    match place {
        // An endpoint competes with nobody: it is free while it may hold more.
        Some(ticket) => ticket.woken(&Bid::default()).await,
        None => std::future::pending().await,
    }
}

async fn over(rest: Option<Duration>) {
    match rest {
        Some(rest) => tokio::time::sleep(rest).await,
        None => std::future::pending().await,
    }
}
