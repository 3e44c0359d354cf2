//! Log: lines that a worker leaves with its task, and reading them.

use super::Tasks;
use crate::domain::{LeaseToken, TaskId, UnixMillis};
use crate::store::args::Args;
use crate::store::reply::parse_number;
use crate::store::{StoreError, scripts};

/// What became of some lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOutcome {
    /// They are kept.
    Kept {
        /// Lines that the task has ever got.
        count: u64,
    },
    /// The token leases nothing any more: nothing was kept.
    LeaseLost,
    /// There is no such task.
    NotFound,
}

/// A line of a task's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number, from 0, among all that the task has ever got.
    pub number: u64,
    /// When it came.
    pub at: UnixMillis,
    /// The attempt that it came from.
    pub attempt: u32,
    /// What it says.
    pub text: String,
}

impl Tasks {
    /// Adds lines to the log of a running task, of which the last
    /// [`KEPT_LOG_LINES`](crate::domain::limits::KEPT_LOG_LINES) are kept.
    pub async fn log(
        &self,
        id: TaskId,
        lease_token: &LeaseToken,
        lines: &[String],
    ) -> Result<LogOutcome, StoreError> {
        if !self.core.knows(id) {
            return Ok(LogOutcome::NotFound);
        }
        let mut args = Args::default();
        args.push(id.compact()).push(lease_token.as_str());
        for line in lines {
            args.push(line);
        }
        let call = self.core.call(&scripts::LOG, id.partition(), "", &args);
        let mut reply = call.await?;
        Ok(match reply.text()?.as_str() {
            "done" => LogOutcome::Kept {
                count: reply.count()?,
            },
            "lease_lost" => LogOutcome::LeaseLost,
            _ => LogOutcome::NotFound,
        })
    }

    /// Up to `limit` lines from number `first` on, and where to go on if there are more; `None` when
    /// there is no such task.
    pub async fn logs(
        &self,
        id: TaskId,
        first: u64,
        limit: usize,
    ) -> Result<Option<(Vec<LogLine>, Option<u64>)>, StoreError> {
        if !self.core.knows(id) {
            return Ok(None);
        }
        let mut args = Args::default();
        args.push(id.compact())
            .push_number(first)
            .push_number(limit as u64);
        let call = self.core.call(&scripts::LOGS, id.partition(), "", &args);
        let mut reply = call.await?;
        if reply.text()? == "not_found" {
            return Ok(None);
        }
        let (count, mut number) = (reply.count()?, reply.count()?);
        let mut lines = Vec::with_capacity(reply.left());
        while reply.left() > 0 {
            let row = reply.text()?;
            let mut parts = row.splitn(3, ' ');
            let mut next = || parts.next().unwrap_or_default();
            lines.push(LogLine {
                number,
                at: UnixMillis::new(parse_number(next())?),
                attempt: parse_number(next())?,
                text: next().to_owned(),
            });
            number += 1;
        }
        Ok(Some((lines, (number < count).then_some(number))))
    }
}
