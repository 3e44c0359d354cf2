//! What the clients of a random sequence do. Numbers are small and taken modulo what is there,
//! so that every sequence makes sense and stays so when steps are left out.

use proptest::prelude::*;
use taskyard::domain::retry::{Growth, Jitter, RetryPolicy};
use taskyard::domain::score::Ordering;
use taskyard::domain::uniqueness::{OnConflict, Until};

use super::reference::{UniqueWish, Wish};

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
        offer: usize,
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
    Configure {
        queue: usize,
        ordering: Ordering,
    },
    Purge {
        queue: usize,
    },
    Sweep {
        partition: u16,
        sweep: Sweep,
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

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        3 => any::<u8>().prop_map(Pick::Newest),
        1 => any::<u16>().prop_map(Pick::Any),
    ]
}

fn policy() -> impl Strategy<Value = RetryPolicy> {
    let kind = prop_oneof![
        Just(Growth::Exponential),
        Just(Growth::Linear),
        Just(Growth::Fixed)
    ];
    let jitter = prop_oneof![Just(Jitter::Full), Just(Jitter::Equal), Just(Jitter::None)];
    (kind, 0_u64..3_000, 10_u8..40, 0_u64..20_000, jitter).prop_map(
        |(kind, base_ms, factor, cap_ms, jitter)| RetryPolicy {
            kind,
            base_ms,
            factor: f64::from(factor) / 10.0,
            cap_ms,
            jitter,
        },
    )
}

/// Keys with a time to live end by the clock of Redis, which no test moves: they are left out.
fn unique() -> impl Strategy<Value = UniqueWish> {
    let until = prop_oneof![Just(Until::Started), Just(Until::Finished)];
    let on_conflict = (0..OnConflict::ALL.len()).prop_map(|policy| OnConflict::ALL[policy]);
    (0_u8..3, until, on_conflict).prop_map(|(key, until, on_conflict)| UniqueWish {
        key,
        until,
        on_conflict,
    })
}

fn wish() -> impl Strategy<Value = Wish> {
    let common = (
        0..QUEUES.len(),
        prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(2)],
        prop_oneof![2 => Just(0_i64), 1 => Just(5), 1 => Just(-100), 1 => Just(100)],
        prop_oneof![3 => Just(None), 1 => Just(Some(0)), 2 => (1_u64..8_000).prop_map(Some)],
        prop_oneof![4 => Just(None), 1 => (500_u64..30_000).prop_map(Some)],
    );
    let rare = (
        1_u32..4,
        0_u32..4,
        prop_oneof![2 => Just(None), 1 => (1_000_u64..20_000).prop_map(Some)],
        proptest::option::of(policy()),
        proptest::option::weighted(0.3, (0_u8..4, 0_u8..2)),
        proptest::option::weighted(0.3, unique()),
    );
    (common, rare).prop_map(
        |(
            (queue, class, priority, delay_ms, expires_in_ms),
            (max_attempts, max_losses, timeout_ms, retry, key, unique),
        )| Wish {
            queue,
            class,
            priority,
            delay_ms,
            expires_in_ms,
            max_attempts,
            max_losses,
            timeout_ms,
            retry,
            key,
            unique,
        },
    )
}

fn atomic() -> impl Strategy<Value = Action> {
    proptest::collection::vec(wish(), 1..4).prop_map(|mut wishes| {
        let queue = wishes[0].queue;
        let mut keys = std::collections::BTreeSet::new();
        let mut uniques = std::collections::BTreeSet::new();
        for wish in &mut wishes {
            wish.queue = queue;
            // Items of a batch have keys of their own.
            wish.key = wish.key.filter(|(key, _)| keys.insert(*key));
            wish.unique = wish.unique.filter(|unique| uniques.insert(unique.key));
        }
        Action::SubmitAtomic(wishes)
    })
}

fn claim() -> impl Strategy<Value = Action> {
    (
        0..NODES.len(),
        prop_oneof![Just(Holder::Alone), Just(Holder::Session)],
        prop_oneof![
            proptest::collection::vec(0..QUEUES.len(), 1..2),
            Just(vec![0, 1, 2]),
            Just(vec![2, 0, 1]),
        ],
        prop_oneof![4 => Just(0_usize), 3 => 1_usize..4],
        1_usize..5,
        prop_oneof![
            3 => Just(None),
            3 => (1_000_u64..40_000).prop_map(Some),
            1 => Just(Some(3_600_000))
        ],
        proptest::option::weighted(0.3, 0_u8..3),
    )
        .prop_map(
            |(node, holder, queues, offer, most, lease_ms, claim_id)| Action::Claim {
                node,
                holder,
                queues,
                offer,
                most,
                lease_ms,
                claim_id,
            },
        )
}

fn delay() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![2 => Just(None), 1 => Just(Some(0)), 2 => (1_u64..5_000).prop_map(Some)]
}

fn report() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (pick(), proptest::collection::vec(0..QUEUES.len(), 0..3), any::<bool>())
            .prop_map(|(lease, children, long)| Action::Complete { lease, children, long }),
        4 => (pick(), proptest::bool::weighted(0.8), delay(), any::<bool>()).prop_map(
            |(lease, retryable, delay_ms, long)| Action::Fail { lease, retryable, delay_ms, long }),
        2 => (pick(), delay()).prop_map(|(lease, delay_ms)| Action::Release { lease, delay_ms }),
        1 => (pick(), delay())
            .prop_map(|(task, delay_ms)| Action::ReleaseByOperator { task, delay_ms }),
        3 => (pick(), proptest::option::of(prop_oneof![1_000_u64..60_000, Just(7_200_000)]), any::<bool>())
            .prop_map(|(lease, extend_ms, knows_session)| Action::Progress {
                lease, extend_ms, knows_session }),
    ]
}

fn node() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0..NODES.len(), proptest::bool::weighted(0.3))
            .prop_map(|(node, again)| Action::Register { node, again }),
        4 => (0..NODES.len(), pick(), proptest::collection::vec(pick(), 0..4))
            .prop_map(|(node, session, held)| Action::Heartbeat { node, session, held }),
        1 => (0..NODES.len()).prop_map(|node| Action::Remove { node }),
    ]
}

fn sweep() -> impl Strategy<Value = Action> {
    let sweep = prop_oneof![
        3 => Just(Sweep::Promote),
        4 => Just(Sweep::ReturnLost),
        2 => Just(Sweep::EndDead),
        2 => Just(Sweep::Expire),
        2 => Just(Sweep::Deliver),
        1 => (prop_oneof![Just(1_000_000), 0_u64..20_000], 0_u8..5)
            .prop_map(|(keep_ms, keep_count)| Sweep::Trim { keep_ms, keep_count }),
    ];
    (0_u16..2, sweep).prop_map(|(partition, sweep)| Action::Sweep { partition, sweep })
}

/// One step of a sequence.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        16 => wish().prop_map(Action::Submit),
        2 => atomic(),
        16 => claim(),
        20 => report(),
        4 => pick().prop_map(|task| Action::Cancel { task }),
        4 => pick().prop_map(|task| Action::Retry { task }),
        3 => pick().prop_map(|task| Action::RunNow { task }),
        2 => pick().prop_map(|task| Action::Delete { task }),
        3 => (pick(), -2_i64..=2).prop_map(|(task, priority)| Action::Reprioritise { task, priority }),
        6 => node(),
        2 => (0..QUEUES.len(), any::<bool>())
            .prop_map(|(queue, paused)| Action::Pause { queue, paused }),
        2 => (0..QUEUES.len(), 0..Ordering::ALL.len()).prop_map(|(queue, ordering)| {
            Action::Configure { queue, ordering: Ordering::ALL[ordering] }
        }),
        1 => (0..QUEUES.len()).prop_map(|queue| Action::Purge { queue }),
        10 => sweep(),
        3 => prop_oneof![1_u64..2_000, 2_000_u64..40_000].prop_map(|millis| Action::Outage { millis }),
        6 => prop_oneof![3 => 1_u64..4_000, 1 => 4_000_u64..40_000]
            .prop_map(|millis| Action::Pass { millis }),
        1 => Just(Action::Kill),
    ]
}
