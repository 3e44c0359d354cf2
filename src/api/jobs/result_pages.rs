//! The pages of a job's results, one after another. While one is sent the next is read, so that Redis and the
//! connection do not wait for each other; two at most are held.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::api::budget::Share;
use crate::api::problem::{Code, Problem};
use crate::api::state::ApiState;
use crate::domain::JobId;
use crate::store::StoreError;
use crate::store::jobs::{Behind, JobResult, JobResults};

/// What a lost signal costs a follower.
const TICK: Duration = Duration::from_secs(1);
/// How soon to look for tasks that have not been made yet.
const UNMADE_TICK: Duration = Duration::from_millis(100);

/// A look at a page that is under way, whether or not somebody waits for it.
type Ahead = JoinHandle<Result<Option<JobResults>, StoreError>>;

/// Reads page after page.
pub(super) struct ResultPages {
    state: ApiState,
    id: JobId,
    from: u64,
    /// Lines that may still be given out.
    left: u64,
    /// The first page, until it is given out.
    first: Option<JobResults>,
    ahead: Option<Ahead>,
    behind: Behind,
    /// A follower's place among those that wait; whoever does not follow has none.
    place: Option<Share>,
}

impl ResultPages {
    /// Looks at the first page, which decides whether there is anything to read at all.
    pub(super) async fn open(
        state: ApiState,
        id: JobId,
        from: u64,
        left: u64,
        place: Option<Share>,
    ) -> Result<Self, Problem> {
        let mut pages = Self {
            state,
            id,
            from,
            left,
            first: None,
            ahead: None,
            behind: Behind::More(from),
            place,
        };
        pages.first = Some(pages.look().await?);
        Ok(pages)
    }

    /// What the next page holds; `None` when no more is to be had. A follower waits for it.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<JobResult>>, Problem> {
        if let Some(first) = self.first.take() {
            return Ok(Some(self.give_out(first)));
        }
        while self.left > 0 {
            let (run, tick) = match self.behind {
                Behind::End => return Ok(None),
                Behind::More(_) => {
                    let page = self.look().await?;
                    if page.results.is_empty() {
                        continue;
                    }
                    return Ok(Some(self.give_out(page)));
                }
                _ if self.place.is_none() => return Ok(None),
                Behind::Unfinished(task) => (task, TICK),
                Behind::Unmade => (self.id.as_run(), UNMADE_TICK),
            };
            // Watching begins before the look, so that an end in between is not missed.
            let ticket = self.state.wakeups.wait_for_final(run);
            let before = self.behind;
            let page = self.look().await?;
            if !page.results.is_empty() {
                return Ok(Some(self.give_out(page)));
            }
            if self.behind != before {
                continue;
            }
            tokio::select! {
                () = ticket.woken() => {}
                () = tokio::time::sleep(tick) => {}
                () = self.state.shutdown.cancelled() => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Hands a page out, and begins to read the one behind it.
    fn give_out(&mut self, page: JobResults) -> Vec<JobResult> {
        if self.left > 0 && matches!(self.behind, Behind::More(_)) {
            let (jobs, id) = (self.state.store.jobs.clone(), self.id);
            let (from, left) = (self.from, self.left);
            self.ahead = Some(tokio::spawn(
                async move { jobs.results(id, from, left).await },
            ));
        }
        page.results
    }

    async fn look(&mut self) -> Result<JobResults, Problem> {
        let page = if let Some(ahead) = self.ahead.take() {
            ahead.await.unwrap_or_else(|_| Err(StoreError::unknown()))
        } else {
            let jobs = &self.state.store.jobs;
            jobs.results(self.id, self.from, self.left).await
        }?;
        let page = page.ok_or_else(|| Problem::of(Code::JobNotFound))?;
        self.left -= page.results.len() as u64;
        if let Some(last) = page.results.last() {
            self.from = last.place.offset + last.place.count;
        }
        if let Behind::More(next) = page.behind {
            self.from = next;
        }
        self.behind = page.behind;
        Ok(page)
    }
}
