//! Random sequences against the store on a real Redis and against a pure model of it.
//!
//! After each step the reply, and all that is stored about the tasks it changed, is compared, and
//! nobody may wait for a task that is there;
//! every `FULL_AUDIT_EVERY` steps and at the end every task is, and everything stored is audited
//! as `taskyard doctor` does it. A sequence that fails is made as short as it goes and told as a story.

mod action;
mod compare;
mod dependencies;
mod drive;
mod generate;
mod jobs;
mod reference;
mod shrink;
mod waking;
mod world;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::action::Action;
use self::generate::{Mix, action};
use self::world::World;
use crate::support::TestRedis;

const STEPS: usize = 200;
const FULL_AUDIT_EVERY: usize = 25;
/// Sequences are shared out to threads, each with a Redis of its own.
const THREADS: u32 = 2;

/// How a sequence ended that did not hold.
struct Difference {
    /// The step that showed it.
    step: usize,
    message: String,
    story: Vec<String>,
}

/// Runs a sequence on an emptied Redis.
async fn run(redis: &TestRedis, steps: &[(usize, Action)]) -> Result<(), Difference> {
    let mut world = World::begin(redis).await;
    for (step, (client, action)) in steps.iter().enumerate() {
        let result = async {
            world.step(*client, action).await?;
            world.compare_tasks(false).await?;
            world.compare_jobs(false).await?;
            world.check_wakes().await?;
            if step % FULL_AUDIT_EVERY == FULL_AUDIT_EVERY - 1 || step + 1 == steps.len() {
                world.audit().await?;
            }
            Ok(())
        };
        if let Err(message) = result.await {
            return Err(Difference {
                step,
                message,
                story: world.story,
            });
        }
    }
    Ok(())
}

/// The sequences of a seed are the same in each run: `TASKYARD_MODEL_SEED` gives others.
#[expect(
    clippy::disallowed_methods,
    reason = "as proptest reads its own settings"
)]
fn seed() -> u64 {
    std::env::var("TASKYARD_MODEL_SEED").map_or(1, |seed| seed.parse().unwrap())
}

/// Runs every `THREADS`th of the sequences.
fn run_sequences(seed: u64, first: u32, count: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let redis = runtime.block_on(TestRedis::start());
    for number in (first..count).step_by(THREADS as usize) {
        let mix = [Mix::Plain, Mix::Whole, Mix::Crowded, Mix::Jobs][number as usize / 2 % 4];
        let sequences = proptest::collection::vec((0_usize..2, action(mix)), STEPS);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng_of(seed, number));
        let steps = sequences.new_tree(&mut runner).unwrap().current();
        if let Err(difference) = runtime.block_on(run(&redis, &steps)) {
            let (steps, difference) = runtime.block_on(shrink::shrink(&redis, steps, difference));
            panic!(
                "seed {seed}, sequence {number}: model and store differ after {} steps: {}\n{}\n{steps:#?}",
                difference.step + 1,
                difference.message,
                difference.story.join("\n"),
            );
        }
    }
}

fn rng_of(seed: u64, sequence: u32) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&sequence.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// 256 sequences, or as many as `PROPTEST_CASES` says.
#[test]
fn random_sequences_agree_with_the_model() {
    let (seed, count) = (seed(), Config::default().cases);
    std::thread::scope(|scope| {
        for first in 0..THREADS {
            scope.spawn(move || run_sequences(seed, first, count));
        }
    });
}
