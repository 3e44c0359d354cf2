//! Makes a failing sequence short: steps are left out as long as it still fails.

use super::action::Action;
use super::{Difference, run};
use crate::support::TestRedis;

/// The shortest sequence found, and how it fails.
pub(crate) async fn shrink(
    redis: &TestRedis,
    mut steps: Vec<(usize, Action)>,
    mut difference: Difference,
) -> (Vec<(usize, Action)>, Difference) {
    steps.truncate(difference.step + 1);
    let mut length = steps.len().div_ceil(2);
    loop {
        let mut first = 0;
        let mut shorter = false;
        while first < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(first..steps.len().min(first + length));
            match run(redis, &fewer).await {
                Err(found) => {
                    fewer.truncate(found.step + 1);
                    (steps, difference, shorter) = (fewer, found, true);
                }
                Ok(()) => first += length,
            }
        }
        if length == 1 && !shorter {
            return (steps, difference);
        }
        length = length.div_ceil(2).max(1);
    }
}
