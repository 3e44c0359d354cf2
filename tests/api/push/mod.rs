//! Pushed tasks: a receiver gets them, and what it answers decides what becomes of them.
//!
//! `answers`: what each answer means. `nodes` and `targets`: whose tasks are pushed, and how many at
//! once; `limits`: as many as the queue lets run, whoever pushes. `breaker`: an endpoint that fails is left alone. `ends`: cancellations, time-outs, stops and
//! replicas that die. `audit`: what the doctor says of endpoints. `setup`: which endpoints are taken, and who gets to see a secret.

mod answers;
mod audit;
mod breaker;
mod ends;
mod example;
mod limits;
mod nodes;
mod setup;
mod targets;

use serde_json::{Value, json};
use taskyard::dispatcher;
use taskyard::domain::Limits;
use taskyard::domain::egress::EgressRules;
use taskyard::domain::fleet::QuarantineRule;
use taskyard::egress::{Egress, Roots, SystemNames};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::receiver::{Receiver, Says};
use super::service::{Api, Reply};

/// A success without a body.
pub(crate) fn done() -> Says {
    Says::status("204 No Content", "", "")
}

impl Api {
    /// Gives the queue `q` this target.
    async fn target(&self, receiver: &Receiver, settings: Value) -> Reply {
        let mut body = json!({"target": receiver.url});
        if let (Value::Object(body), Value::Object(settings)) = (&mut body, settings) {
            body.extend(settings);
        }
        let reply = self.put("/v1/queues/q", body).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
        reply
    }

    /// Another replica, which sweeps and pushes beside this one until the guard is dropped.
    fn other_replica(&self) -> DropGuard {
        let stop = CancellationToken::new();
        let store = &self.test.store;
        let (wakeups, _) = dispatcher::start(store, QuarantineRule::default(), &stop);
        let rules = EgressRules::new(vec!["127.0.0.1".parse().unwrap()]);
        let egress = Egress::new(rules, Roots::default(), SystemNames);
        let body = taskyard::api::task_body;
        let limits = Limits::default();
        let _pushes = dispatcher::push::start(store, &wakeups, &egress, body, &limits, &stop);
        stop.drop_guard()
    }

    /// Waits until a task is in a state: the task.
    async fn until_state(&self, id: &str, state: &str) -> Value {
        self.until(&format!("/v1/tasks/{id}"), |reply| {
            reply.body["state"] == state
        })
        .await
        .body
    }
}
