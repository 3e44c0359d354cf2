//! Pushed tasks: a receiver gets them, and what it answers decides what becomes of them.
//!
//! `answers`: what each answer means. `nodes` and `targets`: whose tasks are pushed, and how many at
//! once. `breaker`: an endpoint that fails is left alone. `ends`: cancellations, time-outs, stops and
//! replicas that die. `setup`: which endpoints are taken, and who gets to see a secret.

mod answers;
mod breaker;
mod ends;
mod example;
mod nodes;
mod setup;
mod targets;

use serde_json::{Value, json};

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

    /// Waits until a task is in a state: the task.
    async fn until_state(&self, id: &str, state: &str) -> Value {
        self.until(&format!("/v1/tasks/{id}"), |reply| {
            reply.body["state"] == state
        })
        .await
        .body
    }
}
