//! Queues: what a record says of its queue is so, and the queue is found from its home.

use super::facts::pairs;
use super::rules::QueueFacts;
use super::{Audit, Finding, pages};
use crate::domain::{Partition, QueueName};
use crate::store::args::Args;
use crate::store::places::Place;
use crate::store::{StoreError, scripts};

/// Queues that one call reads: each may have 1,000 classes.
const PAGE: usize = 10;

impl Audit<'_> {
    pub(super) async fn look_at_queues(&mut self) -> Result<(), StoreError> {
        let queues: Vec<(Partition, String)> = self.queues.iter().cloned().collect();
        self.report.queues = queues.len() as u64;
        for (partition, page) in pages(&queues, PAGE, |queue| queue.0) {
            let mut args = Args::default();
            for (_, name) in page {
                args.push(name);
            }
            let call = self.core.call(&scripts::AUDIT_QUEUE, partition, "", &args);
            let mut reply = call.await?;
            for (_, name) in page {
                let mut queue = reply.next_list()?;
                let facts = QueueFacts {
                    name: name.clone(),
                    recorded: queue.text()? == "1",
                    listed: queue.text()? == "1",
                    classes: queue.count()?,
                    definitions: pairs(&mut queue)?,
                    heads: pairs(&mut queue)?,
                    firsts: pairs(&mut queue)?,
                    busy: pairs(&mut queue)?,
                    counted: pairs(&mut queue)?,
                };
                self.report.note(facts.findings());
                if facts.recorded {
                    self.look_for(partition, name).await?;
                }
            }
        }
        Ok(())
    }

    /// A queue that does not live at its home is found from there.
    async fn look_for(&mut self, partition: Partition, name: &str) -> Result<(), StoreError> {
        let Ok(queue) = QueueName::parse(name) else {
            return Ok(());
        };
        let home = self.core.home_of(&queue);
        if partition == home {
            return Ok(());
        }
        let found = self.core.find_in(home, &queue).await?;
        if !matches!(found, Place::Elsewhere(seat) if seat.partition == partition) {
            self.report.note(vec![Finding::QueueNotFound {
                queue: name.to_owned(),
                partition: partition.number(),
            }]);
        }
        Ok(())
    }
}
