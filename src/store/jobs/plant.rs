//! Plant: the rows of a committed graph become tasks, a page in one partition after another.

use std::collections::BTreeSet;

use super::stage::Row;
use crate::domain::{Partition, QueueName, TaskId};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Rows of one page.
const PAGE: u64 = 200;
/// How soon to look again at a graph whose queue is not where its tasks are to come, milliseconds.
const HOLD_MS: u64 = 1_000;

/// What became of a page.
enum Planting {
    /// Its tasks are there.
    Done,
    /// They never come.
    Dropped,
    /// They come when their queue is where they are to come.
    Held,
}

/// Rows whose tasks go to one partition.
struct Page {
    job: String,
    is_cancelled: bool,
    planted: u64,
    partition: Partition,
    rows: Vec<(TaskId, Row)>,
}

impl Core {
    /// Makes the tasks of the committed graphs. Cut off anywhere, it begins with the same page anew: what is
    /// there is not made again. A graph that has to wait for its queue lets the others go first.
    pub(crate) async fn plant_jobs(&self, home: Partition) -> Result<(), StoreError> {
        // They stay due, and their tasks come as soon as there is room.
        while !self.is_full() {
            let Some(page) = self.next_planting(home).await? else {
                return Ok(());
            };
            let planting = self.plant(home, &page).await?;
            if matches!(planting, Planting::Held) {
                let mut args = Args::default();
                args.push(&page.job).push_number(HOLD_MS);
                self.call(&scripts::HOLD_GRAPH, home, "", &args).await?;
                continue;
            }
            let mut args = Args::default();
            args.push(&page.job)
                .push_number(page.planted)
                .push_number(page.rows.len() as u64);
            let is_listed = matches!(planting, Planting::Done) && page.partition != home;
            for (id, (place, ..)) in page.rows.iter().filter(|_| is_listed) {
                args.push_number(*place).push(id.compact());
            }
            self.call(&scripts::PLANTED, home, "", &args).await?;
        }
        Ok(())
    }

    async fn next_planting(&self, home: Partition) -> Result<Option<Page>, StoreError> {
        let mut args = Args::default();
        args.push_number(PAGE);
        let mut reply = self.call(&scripts::PLANTING, home, "", &args).await?;
        if reply.left() == 0 {
            return Ok(None);
        }
        let mut page = Page {
            job: reply.text()?,
            is_cancelled: reply.text()? == "1",
            planted: reply.count()?,
            partition: home,
            rows: Vec::with_capacity(reply.left()),
        };
        while reply.left() > 0 {
            let unreadable = || StoreError::corrupt("a row of a graph");
            let row: Row = serde_json::from_str(&reply.text()?).map_err(|_| unreadable())?;
            let id = row.2.first().map_or(&[][..], String::as_bytes);
            let id = TaskId::from_compact(id).ok_or_else(unreadable)?;
            if page.rows.is_empty() {
                page.partition = id.partition();
            } else if page.partition != id.partition() {
                break;
            }
            page.rows.push((id, row));
        }
        Ok(Some(page))
    }

    /// Makes the tasks of a page, if their queues are where they are to come.
    async fn plant(&self, home: Partition, page: &Page) -> Result<Planting, StoreError> {
        if page.rows.is_empty() {
            return Ok(Planting::Done);
        }
        // Placing first costs a call a queue, and makes the planting one that is not refused half-way.
        let names: BTreeSet<&str> = page
            .rows
            .iter()
            .filter_map(|(_, row)| row.2.get(1))
            .map(String::as_str)
            .collect();
        for name in names {
            let queue =
                QueueName::parse(name).map_err(|_| StoreError::corrupt("a queue's name"))?;
            if self.place(&queue).await? != page.partition {
                if page.is_cancelled {
                    return self.drop_rows(home, page).await;
                }
                // Its ids are known to the others of the graph: they come where they were to come, or not yet.
                tracing::warn!(job = page.job, %queue, partition = %page.partition,
                    "a graph waits for its queue, which was removed and placed in another partition");
                return Ok(Planting::Held);
            }
        }
        let mut args = page.head(home);
        for (_, (_, children, item)) in &page.rows {
            args.push(children);
            for text in item {
                args.push(text);
            }
        }
        let mode = if page.is_cancelled { "cancelled" } else { "" };
        let mut reply = self
            .call(&scripts::PLANT, page.partition, mode, &args)
            .await?;
        // A queue may have been removed after it had been placed: the page comes again.
        Ok(match reply.text()?.as_str() {
            "done" => Planting::Done,
            _ => Planting::Held,
        })
    }

    /// Nobody waits for the tasks of a cancelled graph: those that cannot come count as cancelled.
    async fn drop_rows(&self, home: Partition, page: &Page) -> Result<Planting, StoreError> {
        let mut args = page.head(home);
        args.push_number(page.planted);
        for (id, _) in &page.rows {
            args.push(id.compact());
        }
        self.call(&scripts::DROP_ROWS, page.partition, "", &args)
            .await?;
        Ok(Planting::Dropped)
    }
}

impl Page {
    /// The job's own partition, unless its tasks go there, and the job.
    fn head(&self, home: Partition) -> Args {
        let mut args = Args::default();
        if self.partition == home {
            args.push("");
        } else {
            args.push_number(home.number());
        }
        args.push(&self.job);
        args
    }
}
