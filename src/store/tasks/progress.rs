//! Progress: how far an attempt has come; to say so renews the lease.

use std::sync::Arc;

use super::Tasks;
use crate::domain::{LeaseToken, NodeId, SessionId, TaskId, UnixMillis};
use crate::store::args::Args;
use crate::store::lanes::{Slice, Verb};
use crate::store::{Nodes, StoreError};

/// News of an attempt.
#[derive(Debug, Clone)]
pub struct ProgressReport {
    /// The task.
    pub id: TaskId,
    /// Its lease.
    pub lease_token: LeaseToken,
    /// Between 0 and 1.
    pub fraction: Option<f64>,
    /// A sentence for people.
    pub message: Option<String>,
    /// The lease's new length from now, milliseconds.
    pub extend_ms: Option<u64>,
    /// How long the holder's session lives on, milliseconds, when the caller knows it.
    pub session_remaining_ms: Option<u64>,
}

/// What became of it.
#[derive(Debug, Clone, Copy)]
pub enum ProgressOutcome {
    /// The lease lives on.
    Renewed {
        /// Whether the task is to stop.
        cancel_requested: bool,
        /// When the lease ends now.
        lease_expires_at: UnixMillis,
    },
    /// The token leases nothing any more.
    LeaseLost,
    /// There is no such task.
    NotFound,
}

impl Tasks {
    /// Notes the progress and renews the lease, for as long as the holder's session lives.
    pub async fn progress(&self, report: ProgressReport) -> Result<ProgressOutcome, StoreError> {
        if !self.core.knows(report.id) {
            return Ok(ProgressOutcome::NotFound);
        }
        let (outcome, holder) = self.renew(&report).await?;
        let Some((node, session)) = holder else {
            return Ok(outcome);
        };
        // The lease lives as long as a session of which the caller knew nothing.
        let nodes = Nodes {
            core: Arc::clone(&self.core),
        };
        let facts = nodes.facts(&node).await?;
        let Some(facts) = facts.filter(|facts| facts.session.as_ref() == Some(&session)) else {
            return Ok(outcome);
        };
        let report = ProgressReport {
            session_remaining_ms: Some(facts.remaining_ms),
            ..report
        };
        let (outcome, _) = self.renew(&report).await?;
        Ok(outcome)
    }

    /// The same with what the report says alone; whose life decides as well, if it does not say it.
    pub async fn renew(
        &self,
        report: &ProgressReport,
    ) -> Result<(ProgressOutcome, Option<(NodeId, SessionId)>), StoreError> {
        let mut args = Args::default();
        args.push(report.id.compact())
            .push(report.lease_token.as_str())
            .push(
                report
                    .fraction
                    .map(|fraction| fraction.to_string())
                    .unwrap_or_default(),
            )
            .push(report.message.as_deref().unwrap_or_default())
            .push_optional(report.extend_ms)
            .push_optional(report.session_remaining_ms);
        let slice = Slice::new(args, 1);
        let mut reply = self
            .core
            .one_through_lane(Verb::Progress, report.id.partition(), slice)
            .await?;
        let outcome = match reply.text()?.as_str() {
            "renewed" => ProgressOutcome::Renewed {
                cancel_requested: reply.text()? == "1",
                lease_expires_at: UnixMillis::new(reply.count()?),
            },
            "not_found" => ProgressOutcome::NotFound,
            // An attempt that is already settled has no lease to renew.
            _ => ProgressOutcome::LeaseLost,
        };
        if !matches!(outcome, ProgressOutcome::Renewed { .. }) || reply.left() == 0 {
            return Ok((outcome, None));
        }
        let node =
            NodeId::parse(&reply.text()?).map_err(|_| StoreError::corrupt("a task's node"))?;
        let session = SessionId::parse(&reply.text()?)
            .ok_or_else(|| StoreError::corrupt("a task's session"))?;
        Ok((outcome, Some((node, session))))
    }
}
