//! Answer: children are told how their parents have ended.

use std::collections::BTreeMap;

use crate::domain::{Partition, TaskId};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Answers of one call.
const PAGE: usize = 200;

/// How a parent has ended, and who is to know. All of it as the store's own words.
pub(super) struct Answer {
    pub(super) child: TaskId,
    /// The run of the child that asked.
    pub(super) run: String,
    pub(super) parent: String,
    /// A final state, or `gone`.
    pub(super) state: String,
}

impl Core {
    /// Tells all of them, those of one partition together.
    pub(super) async fn answer(&self, answers: &[Answer]) -> Result<(), StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<&Answer>> = BTreeMap::new();
        for answer in answers {
            if self.knows(answer.child) {
                let together = by_partition.entry(answer.child.partition()).or_default();
                together.push(answer);
            }
        }
        for (partition, answers) in by_partition {
            for page in answers.chunks(PAGE) {
                let mut args = Args::default();
                for answer in page {
                    args.push(answer.child.compact())
                        .push(&answer.run)
                        .push(&answer.parent)
                        .push(&answer.state);
                }
                self.call(&scripts::ANSWER, partition, "", &args).await?;
            }
        }
        Ok(())
    }
}
