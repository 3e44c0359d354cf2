//! Draws the steps of a sequence.

use proptest::prelude::*;
use taskyard::domain::TaskType;
use taskyard::domain::queue_limits::{QueueLimits, Rate, TypeLimits, Weights};
use taskyard::domain::retry::{Growth, Jitter, RetryPolicy};
use taskyard::domain::score::Ordering;
use taskyard::domain::uniqueness::{OnConflict, Until};

use super::action::{Action, Holder, NODES, Pick, QUEUES, Sweep};
use super::reference::{CLASSES, JobWish, KEYS, OfferWish, UniqueWish, Wish};

/// What a sequence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// No keys, and few limits.
    Plain,
    /// All.
    Whole,
    /// Many tasks of few queues stand before their limits.
    Crowded,
    /// Most tasks are of jobs.
    Jobs,
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

fn wish(mix: Mix) -> impl Strategy<Value = Wish> {
    let (queues, keys, rarely) = match mix {
        Mix::Plain | Mix::Jobs => (QUEUES.len(), 1, 0.3),
        Mix::Whole => (QUEUES.len(), KEYS.len(), 0.3),
        Mix::Crowded => (2, KEYS.len(), 0.03),
    };
    let delay = (1_u64..8_000).prop_map(Some);
    let delay = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 2 => delay];
    let common = (
        0..queues,
        prop_oneof![5 => Just(0_u8), 2 => Just(1), 3 => 2..u8::try_from(CLASSES.len()).unwrap()],
        0..u8::try_from(keys).unwrap(),
        prop_oneof![2 => Just(0_i64), 1 => Just(5), 1 => Just(-100), 1 => Just(100)],
        proptest::option::weighted(2.0 * rarely, delay).prop_map(Option::flatten),
        proptest::option::weighted(0.7 * rarely, 500_u64..30_000),
    );
    let rare = (
        1_u32..4,
        0_u32..4,
        prop_oneof![2 => Just(None), 1 => (1_000_u64..20_000).prop_map(Some)],
        proptest::option::of(policy()),
        proptest::option::weighted(rarely, (0_u8..4, 0_u8..2)),
        proptest::option::weighted(rarely, unique()),
    );
    (common, rare).prop_map(
        |(
            (queue, class, fairness_key, priority, delay_ms, expires_in_ms),
            (max_attempts, max_losses, timeout_ms, retry, key, unique),
        )| Wish {
            queue,
            class,
            fairness_key,
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

fn atomic(mix: Mix) -> impl Strategy<Value = Action> {
    let most = if mix == Mix::Crowded { 9 } else { 4 };
    proptest::collection::vec(wish(mix), 1..most).prop_map(|mut wishes| {
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

fn offer() -> impl Strategy<Value = OfferWish> {
    let all = OfferWish {
        only: None,
        gpu: Some("a100"),
        memory: 5,
        is_named: true,
    };
    let some = (
        proptest::option::of(prop_oneof![2 => Just("default"), 1 => Just("b")]),
        prop_oneof![2 => Just(None), 1 => Just(Some("a100")), 1 => Just(Some("h100"))],
        0_u64..5,
        any::<bool>(),
    )
        .prop_map(|(only, gpu, memory, is_named)| OfferWish {
            only,
            gpu,
            memory,
            is_named,
        });
    prop_oneof![4 => Just(all), 3 => some]
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
        offer(),
        1_usize..8,
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
        2 => Just(Sweep::EndJobs),
        1 => Just(Sweep::OpenLimits),
        1 => (prop_oneof![Just(1_000_000), 0_u64..20_000], 0_u8..5)
            .prop_map(|(keep_ms, keep_count)| Sweep::Trim { keep_ms, keep_count }),
    ];
    (0_u16..2, sweep).prop_map(|(partition, sweep)| Action::Sweep { partition, sweep })
}

fn rate() -> impl Strategy<Value = Rate> {
    (1_u32..8, 1_u64..4).prop_map(|(halves, burst)| Rate {
        per_second: f64::from(halves) / 2.0,
        burst,
    })
}

fn limits() -> impl Strategy<Value = QueueLimits> {
    let running = || proptest::option::weighted(0.4, 1_u64..5);
    let started = || proptest::option::weighted(0.2, rate());
    let own =
        move || (running(), started()).prop_map(|(running, rate)| TypeLimits { running, rate });
    let types = proptest::sample::subsequence(vec!["default", "b"], 0..=2);
    let types = types.prop_flat_map(move |names| {
        let limits = proptest::collection::vec(own(), names.len());
        limits.prop_map(move |limits| {
            let names = names.iter().map(|name| TaskType::parse(name).unwrap());
            let all = names.zip(limits);
            all.filter(|(_, own)| *own != TypeLimits::default())
                .collect()
        })
    });
    (running(), running(), started(), started(), types).prop_map(
        |(running, running_per_key, rate, rate_per_key, types)| QueueLimits {
            running,
            running_per_key,
            rate,
            rate_per_key,
            types,
        },
    )
}

fn weights() -> impl Strategy<Value = Weights> {
    let weight = || {
        let all = prop_oneof![Just(0.5), Just(2.0), Just(3.0), Just(4.0)];
        proptest::option::of(all)
    };
    (weight(), weight(), weight()).prop_map(|(a, b, c)| {
        let all = KEYS[1..].iter().zip([a, b, c]);
        all.filter_map(|(key, weight)| Some(((*key).to_owned(), weight?)))
            .collect()
    })
}

/// What an operator does to a queue.
fn queue(mix: Mix) -> impl Strategy<Value = Action> {
    let often = match mix {
        Mix::Plain | Mix::Jobs => 0.1,
        Mix::Whole | Mix::Crowded => 0.6,
    };
    let limits = move |often| proptest::option::weighted(often, limits());
    let weights = move |often| proptest::option::weighted(often, weights());
    let ordering = (0..Ordering::ALL.len()).prop_map(|ordering| Ordering::ALL[ordering]);
    let configure = (
        0..QUEUES.len(),
        proptest::option::of(ordering),
        limits(often),
        weights(often),
    )
        .prop_map(|(queue, ordering, limits, weights)| Action::Configure {
            queue,
            ordering,
            limits: limits.unwrap_or_default(),
            weights: weights.unwrap_or_default(),
        });
    let merge = (0..QUEUES.len(), limits(1.3 * often), weights(0.5 * often)).prop_map(
        |(queue, limits, weights)| Action::Merge {
            queue,
            limits,
            weights,
        },
    );
    let pause = (0..QUEUES.len(), any::<bool>())
        .prop_map(|(queue, paused)| Action::Pause { queue, paused });
    let purge = (0..QUEUES.len()).prop_map(|queue| Action::Purge { queue });
    let merges = if often < 0.5 { 1 } else { 8 };
    prop_oneof![4 => pause, 4 => configure, merges => merge, 1 => purge]
}

/// What is done to jobs as a whole, and by their uploads.
fn job(mix: Mix) -> impl Strategy<Value = Action> {
    let range = proptest::option::weighted(0.3, 0_u8..12);
    let key = proptest::option::weighted(0.4, (0_u8..3, 0_u8..2));
    let last = proptest::option::weighted(0.4, 0..QUEUES.len());
    let stop_after = proptest::option::weighted(0.3, 1_u64..4);
    let deadline = proptest::option::weighted(0.2, 1_000_u64..90_000);
    let wish = (0..QUEUES.len(), range, stop_after, deadline, last, key).prop_map(
        |(queue, range, stop_after, deadline_ms, on_finish, key)| JobWish {
            queue,
            range,
            stop_after,
            deadline_ms,
            on_finish,
            key,
        },
    );
    let tasks = proptest::collection::vec((1_u64..4, wish_of_a_job(mix)), 1..6);
    prop_oneof![
        4 => wish.prop_map(Action::BeginJob),
        8 => (pick(), tasks).prop_map(|(job, tasks)| Action::Bring { job, tasks }),
        3 => pick().prop_map(|job| Action::CloseJob { job }),
        1 => (pick(), any::<bool>()).prop_map(|(job, noticed)| Action::BreakUpload { job, noticed }),
        1 => pick().prop_map(|job| Action::CancelJob { job }),
        2 => pick().prop_map(|job| Action::RetryJob { job }),
    ]
}

/// A task of a job, which gives it its queue and lets it have no keys; so that some fail, with few attempts.
fn wish_of_a_job(mix: Mix) -> impl Strategy<Value = Wish> {
    wish(mix).prop_map(|wish| Wish {
        max_attempts: wish.max_attempts.min(2),
        ..wish
    })
}

/// Time goes by.
fn passing(mix: Mix) -> impl Strategy<Value = Action> {
    let long: u64 = if mix == Mix::Crowded { 8_000 } else { 40_000 };
    let outage = prop_oneof![1_u64..2_000, 2_000_u64..long];
    let pass = prop_oneof![3 => 1_u64..4_000, 1 => 4_000_u64..long];
    prop_oneof![
        3 => outage.prop_map(|millis| Action::Outage { millis }),
        6 => pass.prop_map(|millis| Action::Pass { millis }),
    ]
}

/// One step of a sequence.
pub(crate) fn action(mix: Mix) -> impl Strategy<Value = Action> {
    let (few, many) = if mix == Mix::Crowded { (1, 12) } else { (4, 2) };
    let jobs = if mix == Mix::Jobs { 30 } else { 1 };
    prop_oneof![
        14 => wish(mix).prop_map(Action::Submit),
        many => atomic(mix),
        16 + many => claim(),
        20 => report(),
        few => pick().prop_map(|task| Action::Cancel { task }),
        few => pick().prop_map(|task| Action::Retry { task }),
        3 => pick().prop_map(|task| Action::RunNow { task }),
        2 => pick().prop_map(|task| Action::Delete { task }),
        few => (pick(), -2_i64..=2).prop_map(|(task, priority)| Action::Reprioritise { task, priority }),
        few + 2 => node(),
        5 => queue(mix),
        jobs => job(mix),
        6 + few => sweep(),
        9 => passing(mix),
        1 => Just(Action::Kill),
    ]
}
