//! What there is only so much of in one service: bytes of bodies, requests that wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An amount that requests share.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<AtomicUsize>);

/// A part of a budget, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    amount: usize,
}

impl Budget {
    /// A budget of so much.
    pub(crate) fn of(amount: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(amount)))
    }

    /// Takes a part, if there is so much left.
    pub(crate) fn take(&self, amount: usize) -> Option<Share> {
        let mut share = Share {
            budget: self.clone(),
            amount: 0,
        };
        share.grow(amount).then_some(share)
    }
}

impl Share {
    /// Takes that much more, if there is.
    pub(crate) fn grow(&mut self, amount: usize) -> bool {
        let taken = self
            .budget
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(amount)
            })
            .is_ok();
        if taken {
            self.amount += amount;
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_missing_until_it_is_dropped() {
        let budget = Budget::of(10);
        let mut first = budget.take(4).unwrap();
        assert!(first.grow(6));
        assert!(!first.grow(1));
        assert!(budget.take(1).is_none());
        drop(first);
        assert!(budget.take(10).is_some());
    }
}
