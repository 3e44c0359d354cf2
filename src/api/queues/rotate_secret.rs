//! POST /v1/queues/{name}/rotate-secret: what is pushed to the target is signed with another secret.

use axum::extract::State;
use axum::response::Response;

use crate::api::endpoint::{self, RotatedSecret};
use crate::api::path::{Id, QueuePath};
use crate::api::problem::{Code, Problem, RotateQueueSecretProblems};
use crate::api::state::ApiState;
use crate::domain::QueueName;
use crate::domain::push::PushOwner;

/// Rotate the secret of a queue's target
///
/// Makes another secret, which is told this once. For a day requests carry two signatures, one of each
/// secret, so that the receiver can change over.
#[utoipa::path(post, path = "/v1/queues/{name}/rotate-secret", operation_id = "rotateQueueSecret", tag = "queues",
    params(QueuePath),
    responses(
        (status = 200, description = "The secret", body = RotatedSecret),
        RotateQueueSecretProblems))]
pub(crate) async fn rotate_queue_secret(
    State(state): State<ApiState>,
    Id(name): Id<QueueName>,
) -> Result<Response, Problem> {
    if state.store.queues.get(&name).await?.is_none() {
        return Err(Problem::of(Code::QueueNotFound));
    }
    endpoint::rotate(&state, &PushOwner::Queue(name)).await
}
