//! One attempt of a task, from its claim to the service's answer to its report.

use std::time::Duration;

use tokio::time::Instant;

use super::child;
use super::held::StopOrders;
use super::node::{Node, Session};
use super::report::Report;
use crate::client::{ClaimedTask, Client, ClientError};

/// How long a report is repeated when the task has no deadline that bounds it.
const REPORT_PATIENCE: Duration = Duration::from_hours(1);
/// The shortest time a report is repeated, however close the deadline is.
const REPORT_LEAST: Duration = Duration::from_secs(10);

/// Runs `command` for `task` and reports what came of it.
pub(super) async fn run(
    node: &Node,
    session: &Session,
    command: &str,
    task: &ClaimedTask,
    orders: StopOrders,
) {
    let started = Instant::now();
    let deadline = task
        .deadline_at
        .as_deref()
        .and_then(|time| session.instant_of(time));
    let ending = child::run(command, task, deadline, orders).await;
    let report = Report::on(ending);
    let (outcome, ms) = (report.word(), started.elapsed().as_millis());
    tracing::info!(task = task.id, attempt = task.attempt, outcome, ms, "ran");

    // Past the deadline the service takes no report, so trying on would be in vain.
    let patience = deadline.map_or(REPORT_PATIENCE, |deadline| {
        deadline.duration_since(Instant::now()).max(REPORT_LEAST)
    });
    deliver(&node.client.patient(patience), task, &report).await;
}

/// Reports, and where the service refuses to store the result, reports that.
async fn deliver(client: &Client, task: &ClaimedTask, report: &Report) {
    let mut sent = send(client, task, report).await;
    if let (Report::Complete(_), Err(error)) = (report, &sent)
        && matches!(error.status(), Some(400 | 413 | 422))
    {
        sent = send(client, task, &Report::on_refusal(&error.to_string())).await;
    }
    match sent {
        Ok(()) => {}
        Err(error) if error.code() == Some("lease_lost") => {
            tracing::warn!(
                task = task.id,
                "the lease was gone, the report changed nothing"
            );
        }
        Err(error) => {
            tracing::error!(task = task.id, %error, "the report could not be delivered");
        }
    }
}

async fn send(client: &Client, task: &ClaimedTask, report: &Report) -> Result<(), ClientError> {
    let (id, token) = (&task.id, &task.lease_token);
    match report {
        Report::Complete(result) => client.complete(id, token, result.as_deref()).await,
        Report::Fail(failure) => client.fail(id, token, failure).await,
        Report::Release => client.release(id, token).await,
        Report::Nothing => Ok(()),
    }
}
