//! One pusher for each endpoint that is stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Parts;
use super::pusher::Pusher;
use crate::domain::Partition;
use crate::domain::push::{Breaker, EndpointHealth, PushEndpoint, PushOwner};

/// All endpoints are looked at so often, whatever was heard: what a lost signal costs.
const LOOK: Duration = Duration::from_secs(10);
/// Pause after a failure to read them.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// An endpoint with its pusher.
struct Running {
    partition: Partition,
    settings: watch::Sender<Arc<PushEndpoint>>,
    breaker: Arc<Mutex<Breaker>>,
    gone: CancellationToken,
}

type Roster = HashMap<PushOwner, Running>;

/// Starts, tells and ends pushers until nothing is to be pushed any more.
pub(super) async fn keep(parts: Arc<Parts>) {
    let mut roster = Roster::new();
    let mut looks = tokio::time::interval(LOOK);
    loop {
        let changed = tokio::select! {
            () = parts.stop.cancelled() => return,
            _ = looks.tick() => parts.store.endpoints.partitions().collect(),
            changed = parts.wakeups.changed_endpoints() => changed,
        };
        for partition in changed {
            match parts.store.endpoints.list(partition).await {
                Ok(endpoints) => update(&parts, &mut roster, partition, endpoints),
                Err(error) => {
                    tracing::debug!(%partition, %error, "endpoints are looked at later");
                    parts.wakeups.endpoints_changed(std::iter::once(partition));
                    tokio::time::sleep(FAILURE_PAUSE).await;
                }
            }
        }
    }
}

/// Brings the pushers of a partition in line with what is stored there.
fn update(
    parts: &Arc<Parts>,
    roster: &mut Roster,
    partition: Partition,
    endpoints: Vec<PushEndpoint>,
) {
    roster.retain(|owner, running| {
        let stays = running.partition != partition
            || endpoints.iter().any(|endpoint| endpoint.owner == *owner);
        if !stays {
            tracing::info!(%owner, "nothing is pushed there any more");
            running.gone.cancel();
        }
        stays
    });
    for endpoint in endpoints {
        let owner = endpoint.owner.clone();
        let running = roster
            .entry(owner)
            .or_insert_with(|| begin(parts, partition, &endpoint));
        tell(&running.breaker, &endpoint.health);
        running.settings.send_if_modified(|known| {
            let changed = **known != endpoint;
            *known = Arc::new(endpoint);
            changed
        });
    }
}

fn begin(parts: &Arc<Parts>, partition: Partition, endpoint: &PushEndpoint) -> Running {
    tracing::info!(owner = %endpoint.owner, host = endpoint.url.host(), "tasks are pushed");
    let (settings, receiver) = watch::channel(Arc::new(endpoint.clone()));
    let running = Running {
        partition,
        settings,
        breaker: Arc::default(),
        gone: CancellationToken::new(),
    };
    let pusher = Pusher::new(
        Arc::clone(parts),
        receiver,
        Arc::clone(&running.breaker),
        running.gone.clone(),
    );
    parts.tracker.spawn(pusher.run());
    running
}

/// What other replicas have found.
fn tell(breaker: &Mutex<Breaker>, health: &EndpointHealth) {
    let rests = health
        .open_until
        .map(|_| Duration::from_millis(health.open_ms));
    let mut breaker = breaker.lock().unwrap_or_else(PoisonError::into_inner);
    breaker.told(Instant::now(), rests);
}
