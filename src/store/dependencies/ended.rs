//! Ended: tasks of one partition have ended, and whoever waits for them is told.

use std::collections::HashMap;

use super::Answer;
use crate::domain::{Partition, TaskId};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Dependents that one call names.
const PAGE: u64 = 500;

impl Core {
    /// Delivers rows `PARENT STATE RUN`; those that cannot be read are passed over. A page of dependents is
    /// forgotten when all of it was told, so that a delivery that is cut off goes on where it was.
    pub(crate) async fn deliver_endings(
        &self,
        partition: Partition,
        rows: &[String],
    ) -> Result<(), StoreError> {
        let mut states: HashMap<&str, &str> = HashMap::new();
        let mut parents = Args::default();
        for row in rows {
            let mut words = row.split(' ');
            if let (Some(parent), Some(state), Some(run)) =
                (words.next(), words.next(), words.next())
            {
                // The latest run of one that ended twice speaks for both.
                states.insert(parent, state);
                parents.push(parent).push(run);
            }
        }
        let mut told = Args::default();
        loop {
            let mut args = Args::default();
            args.push_number(PAGE)
                .push_number(told.count() as u64 / 2)
                .append(&told)
                .append(&parents);
            let mut reply = self.call(&scripts::ENDED, partition, "", &args).await?;
            if reply.left() == 0 {
                return Ok(());
            }
            told = Args::default();
            let mut answers = Vec::with_capacity(reply.left() / 2);
            while reply.left() > 0 {
                let (parent, member) = (reply.text()?, reply.text()?);
                let state = states.get(parent.as_str()).copied().unwrap_or_default();
                answers.extend(answer(&parent, &member, state));
                told.push(parent).push(member);
            }
            self.answer(&answers).await?;
        }
    }
}

fn answer(parent: &str, member: &str, state: &str) -> Option<Answer> {
    let (child, run) = member.split_once(' ')?;
    Some(Answer {
        child: TaskId::from_compact(child.as_bytes())?,
        run: run.to_owned(),
        parent: parent.to_owned(),
        state: state.to_owned(),
    })
}
