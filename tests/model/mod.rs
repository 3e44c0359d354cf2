//! Random sequences against the store on a real Redis and against a pure model of it.
//!
//! After each step the reply, and all that is stored about the tasks it changed, is compared;
//! every `FULL_AUDIT_EVERY` steps and at the end every task is, and everything stored is audited
//! as `taskyard doctor` does it. A sequence that fails is made as short as it goes and told as a story.

mod action;
mod compare;
mod drive;
mod edit;
mod queues;
mod reference;
mod shrink;
mod world;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

use self::action::{Action, action};
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

fn run_sequences(count: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let redis = runtime.block_on(TestRedis::start());
    let mut runner = TestRunner::default();
    let sequences = proptest::collection::vec((0_usize..2, action()), STEPS);
    for _ in 0..count {
        let steps = sequences.new_tree(&mut runner).unwrap().current();
        if let Err(difference) = runtime.block_on(run(&redis, &steps)) {
            let (steps, difference) = runtime.block_on(shrink::shrink(&redis, steps, difference));
            panic!(
                "model and store differ after {} steps: {}\n{}\n{steps:#?}",
                difference.step + 1,
                difference.message,
                difference.story.join("\n"),
            );
        }
    }
}

/// 256 sequences, or as many as `PROPTEST_CASES` says.
#[test]
fn random_sequences_agree_with_the_model() {
    let each = Config::default().cases.div_ceil(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| run_sequences(each));
        }
    });
}
