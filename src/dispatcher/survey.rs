//! Looks at the fleet every few seconds: notes what came of attempts, remembers which nodes there
//! are for the matching, and quarantines those that fail far more than their peers.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::domain::fleet::QuarantineRule;
use crate::store::{Store, StoreError};

/// The shortest pause between two looks.
const SHORTEST: Duration = Duration::from_secs(2);
/// The longest one, for very many nodes.
const LONGEST: Duration = Duration::from_mins(1);
/// A look is followed by a pause of so many times its length, so that it costs next to nothing.
const REST: u32 = 200;

pub(super) async fn run(store: Store, rule: QuarantineRule, shutdown: CancellationToken) {
    loop {
        let begun = Instant::now();
        if let Err(error) = look(&store, &rule).await {
            tracing::debug!(%error, "the survey of the nodes waits for the store");
        }
        let pause = (begun.elapsed() * REST).clamp(SHORTEST, LONGEST);
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn look(store: &Store, rule: &QuarantineRule) -> Result<(), StoreError> {
    store.nodes.note_work().await?;
    let fleet = store.nodes.survey().await?;
    for (node, reason) in fleet.outcasts(rule) {
        if store.nodes.quarantine(&node, &reason).await? {
            tracing::warn!(%node, reason, "a node is quarantined");
        }
    }
    Ok(())
}
