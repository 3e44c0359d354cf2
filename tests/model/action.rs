//! What the clients of a random sequence do. Numbers are small and taken modulo what is there,
//! so that every sequence makes sense and stays so when steps are left out.

use taskyard::domain::queue_limits::{QueueLimits, Weights};
use taskyard::domain::score::Ordering;

use super::reference::{JobWish, OfferWish, Wish};

pub(crate) const QUEUES: [&str; 3] = ["alpha", "beta", "gamma"];
pub(crate) const NODES: [&str; 3] = ["n1", "n2", "n3"];

/// One of the things that are there: from the newest on, or any.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pick {
    Newest(u8),
    Any(u16),
}

impl Pick {
    /// An index below `count`; `None` when there is nothing to pick.
    pub(crate) fn of(self, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        Some(match self {
            Self::Newest(back) => last - usize::from(back) % count.min(5),
            Self::Any(number) => usize::from(number) % count,
        })
    }
}

/// How a claim stands to its node's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// No session.
    Alone,
    /// The node's latest session, dead or alive.
    Session,
}

/// A sweep of one partition.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sweep {
    Promote,
    ReturnLost,
    EndDead,
    Expire,
    Deliver,
    OpenLimits,
    EndJobs,
    Trim { keep_ms: u64, keep_count: u8 },
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Submit(Wish),
    SubmitAtomic(Vec<Wish>),
    Claim {
        node: usize,
        holder: Holder,
        queues: Vec<usize>,
        offer: OfferWish,
        most: usize,
        lease_ms: Option<u64>,
        claim_id: Option<u8>,
    },
    Complete {
        lease: Pick,
        children: Vec<usize>,
        long: bool,
    },
    Fail {
        lease: Pick,
        retryable: bool,
        delay_ms: Option<u64>,
        long: bool,
    },
    Release {
        lease: Pick,
        delay_ms: Option<u64>,
    },
    ReleaseByOperator {
        task: Pick,
        delay_ms: Option<u64>,
    },
    Progress {
        lease: Pick,
        extend_ms: Option<u64>,
        knows_session: bool,
    },
    Cancel {
        task: Pick,
    },
    Retry {
        task: Pick,
    },
    RunNow {
        task: Pick,
    },
    Delete {
        task: Pick,
    },
    Reprioritise {
        task: Pick,
        priority: i64,
    },
    Register {
        node: usize,
        again: bool,
    },
    Heartbeat {
        node: usize,
        session: Pick,
        held: Vec<Pick>,
    },
    Remove {
        node: usize,
    },
    Pause {
        queue: usize,
        paused: bool,
    },
    /// Replaces all that a queue is like; without an ordering that stays.
    Configure {
        queue: usize,
        ordering: Option<Ordering>,
        limits: QueueLimits,
        weights: Weights,
    },
    /// Changes what is named.
    Merge {
        queue: usize,
        limits: Option<QueueLimits>,
        weights: Option<Weights>,
    },
    Purge {
        queue: usize,
    },
    Sweep {
        partition: u16,
        sweep: Sweep,
    },
    BeginJob(JobWish),
    /// The job's upload brings tasks of so many items each.
    Bring {
        job: Pick,
        tasks: Vec<(u64, Wish)>,
    },
    CloseJob {
        job: Pick,
    },
    /// The upload ends before its end; nobody notices when its service is killed.
    BreakUpload {
        job: Pick,
        noticed: bool,
    },
    CancelJob {
        job: Pick,
    },
    RetryJob {
        job: Pick,
    },
    /// Time goes by while nobody sweeps.
    Outage {
        millis: u64,
    },
    /// Time goes by, and every second all partitions are swept.
    Pass {
        millis: u64,
    },
    /// The service is killed and starts again.
    Kill,
}
