//! Listens to what the scripts publish and passes it on. A lost message costs one tick.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Wakeups;
use super::sweep::Nudges;
use crate::domain::{Partition, QueueName};
use crate::store::{Signal, Store};

/// Pauses between tries to subscribe.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn listen(
    store: Store,
    wakeups: Wakeups,
    nudges: Nudges,
    shutdown: CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        match store.subscribe().await {
            Ok(mut signals) => {
                pause = FIRST_PAUSE;
                // Nobody told us what happened in the meantime.
                store.sweeps.signals_missed();
                wakeups.all_results();
                wakeups.drained();
                wakeups.operations();
                wakeups.endpoints_changed(store.endpoints.partitions());
                nudges.values().for_each(|nudge| nudge.notify_one());
                loop {
                    let batch = tokio::select! {
                        () = shutdown.cancelled() => return,
                        batch = signals.next() => batch,
                    };
                    let Some(batch) = batch else { break };
                    for signal in batch {
                        pass_on(&store, &wakeups, &nudges, signal);
                    }
                }
                tracing::warn!("the subscription to the store has ended; subscribing again");
            }
            Err(error) => tracing::debug!(%error, "cannot subscribe to the store"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn pass_on(store: &Store, wakeups: &Wakeups, nudges: &Nudges, signal: Signal) {
    let nudge = |partition: Partition| {
        if let Some(nudge) = nudges.get(&partition) {
            nudge.notify_one();
        }
    };
    match signal {
        Signal::Ready(queue, count, class) => ready(store, wakeups, queue, count, class),
        Signal::Final(ids) => wakeups.finished(&ids),
        // A sweeper that sleeps longer than that wakes and looks how long it may sleep.
        Signal::Due(partition, _) | Signal::Outbox(partition) => nudge(partition),
        Signal::Classes(queue) => store.sweeps.classes_changed(&queue),
        Signal::Operation => wakeups.operations(),
        Signal::Endpoint(partition) => wakeups.endpoints_changed(std::iter::once(partition)),
        // Whoever pushes it watches for its end, and looks.
        Signal::Cancel(id) => wakeups.finished(&[id]),
        Signal::Drain(node) => {
            store.sweeps.drain_changed(&node);
            wakeups.drained();
        }
        Signal::Ended(node, session) => {
            let sweeps = store.sweeps.clone();
            tokio::spawn(async move {
                if let Err(error) = sweeps.session_ended(&node, &session).await {
                    tracing::debug!(%node, %error, "what a session held goes back when its leases end");
                }
            });
        }
    }
}

/// Wakes who waits for such tasks. A class that is not known yet is read first.
fn ready(store: &Store, wakeups: &Wakeups, queue: QueueName, count: u64, class: Option<usize>) {
    // Also when nobody waits just now: who comes in a moment is not to believe otherwise.
    store.sweeps.queue_has_tasks(&queue);
    if !wakeups.wait_for(&queue) {
        return;
    }
    let Some(number) = class else {
        return wakeups.ready(&queue, count, None);
    };
    if let Some(known) = store.sweeps.known_class(&queue, number) {
        return wakeups.ready(&queue, count, Some(known));
    }
    let (store, wakeups) = (store.clone(), wakeups.clone());
    tokio::spawn(async move {
        // Should it be gone, or Redis away, whoever waits finds out by looking.
        let read = store.sweeps.read_class(&queue, number).await;
        wakeups.ready(&queue, count, read.ok().flatten());
    });
}
