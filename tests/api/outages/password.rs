//! Redis wants another password than the service has.

use tempfile::tempdir;

use super::{refused, stats, submit, submit_until_taken, until_unready};
use crate::api::service::Caller;
use crate::ops::service::Service;

#[tokio::test]
async fn a_changed_password_costs_503_until_it_is_right_again() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let caller = Caller::new(&service.address);
    submit_until_taken(&caller, "first").await;
    let url = service.redis_url();
    let (_, password) = url.split_once("?pass=").unwrap();
    let mut connection = service.redis_connection();
    let mut run = |command: &[&str]| {
        let mut built = deadpool_redis::redis::cmd(command[0]);
        built.arg(&command[1..]).exec(&mut connection).unwrap();
    };
    run(&["CONFIG", "SET", "requirepass", "another"]);
    // Connections that are in stay in, until they break.
    run(&["CLIENT", "KILL", "TYPE", "normal"]);

    until_unready(&caller).await;
    // What is sent on a connection that is no more may have arrived, for all that is known.
    let doubtful = submit(&caller, "doubtful").await;
    assert_eq!(doubtful.failure(), (503, "store_unavailable"));
    assert_eq!(doubtful.body["outcome"], "unknown");
    caller
        .until("/v1/queues", |reply| {
            reply.failure() == (503, "store_unavailable")
        })
        .await;
    refused(&caller, "second").await;
    run(&["CONFIG", "SET", "requirepass", password]);
    caller.until("/readyz", |reply| reply.status == 200).await;
    for key in ["doubtful", "second"] {
        submit_until_taken(&caller, key).await;
    }
    assert_eq!(stats(&caller).await["queued"], 3);
}
