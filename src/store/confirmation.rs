//! The level `replica`: what is promised has reached a replica before it is answered.
//!
//! Redis tells of one connection's writes only, so WAIT follows the script on the same connection.
//! What is not confirmed stands all the same: it is answered as unknown, and may be repeated.

use deadpool_redis::redis;
use deadpool_redis::redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};

use super::connection::Connection;
use super::scripts::Script;

/// Replicas that have to have it.
const REPLICAS: u32 = 1;
/// How long they have, milliseconds: less than a call may take.
const LIMIT_MS: u32 = 1_000;

/// What a client is told has been done. Leases and heartbeats are not among it: a failover that
/// loses one gives its task to another node, and the attempt that is lost can change nothing.
const PROMISED: &[&str] = &[
    "tasks/submit.lua",
    "tasks/complete.lua",
    "tasks/complete_large.lua",
    "tasks/fail.lua",
    "tasks/release.lua",
    "tasks/cancel.lua",
    "tasks/retry.lua",
    "tasks/run_now.lua",
    "tasks/update.lua",
    "tasks/delete.lua",
    "queues/configure.lua",
    "queues/pause.lua",
    "queues/purge.lua",
    "queues/remove.lua",
    "schedules/set.lua",
    "schedules/remove.lua",
    "schedules/trigger.lua",
    "operations/start.lua",
    "operations/abort.lua",
    "jobs/begin.lua",
    "jobs/close.lua",
    "jobs/cancel.lua",
    "jobs/retry.lua",
];

/// Whether a client is told that this has been done.
pub(super) fn is_promised(script: &Script) -> bool {
    PROMISED.contains(&script.file)
}

/// Whether a replica has, in time, all that was written under a key's partition on this connection.
pub(super) async fn is_replicated(connection: &mut Connection, key: &str) -> bool {
    let mut wait = redis::cmd("WAIT");
    wait.arg(REPLICAS).arg(LIMIT_MS);
    let answer = match connection {
        Connection::One(connection) => wait.query_async(connection).await,
        Connection::Cluster(connection) => {
            // WAIT names no key: it goes where a command of this key would go.
            let route = Route::with_key(key, SlotAddr::Master);
            let server = SingleNodeRoutingInfo::SpecificNode(route);
            connection
                .route_command(wait, RoutingInfo::SingleNode(server))
                .await
        }
    };
    let replicas = answer.and_then(|value| Ok(redis::from_redis_value::<u32>(value)?));
    replicas.is_ok_and(|replicas| replicas >= REPLICAS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scripts;

    #[test]
    fn what_is_promised_is_a_script() {
        let files: Vec<&str> = scripts::all().iter().map(|script| script.file).collect();
        for promised in PROMISED {
            assert!(files.contains(promised), "{promised}");
        }
    }
}
