//! Queues that are there and have nothing to claim: thousands of nodes may wait for one, and the look that a
//! sweep takes at it every second is enough for all of them.
//!
//! Only claims that wait rely on it. A claim takes its place among those that wait before it asks here, so what
//! becomes claimable either is known here by then or wakes it. It goes only by what holds for all of its queues,
//! and only when nothing else could come of its own look: without a `claim_id`, and with a node that held
//! nothing when it looked last, which decides its rank among those that wait.

use std::time::{Duration, Instant};

use super::claim::ClaimRequest;
use super::questions::{Answer, Questions};
use crate::domain::QueueName;
use crate::store::core::Core;

/// After so long a node looks for itself again: in other queues it may have got tasks through another replica.
const OWN_LOOK: Duration = Duration::from_mins(2);

/// Queues without claimable tasks, as far as it is known.
pub(crate) type QuietQueues = Questions<QuietSince>;

/// From that moment on every answer was that the queue has nothing, and there was no news.
#[derive(Clone, Copy)]
pub(crate) struct QuietSince(Instant);

impl Answer for QuietSince {
    /// A sweep asks every second; one that does not come leaves the claims to themselves.
    const BELIEVED: Duration = Duration::from_secs(2);

    fn found(asked: Instant, before: Option<Self>) -> Self {
        before.unwrap_or(Self(asked))
    }
}

impl QuietQueues {
    /// Since when none of the queues has had anything; `None` when one of them may have.
    fn since(&self, queues: &[QueueName], now: Instant) -> Option<Instant> {
        let answers = self.answers(now);
        let mut all_since = None;
        for queue in queues {
            let QuietSince(since) = answers.of(queue)?;
            all_since = all_since.max(Some(since));
        }
        all_since
    }
}

impl Core {
    /// Whether a claim that waits would find nothing, and its node holds nothing: it may rest without a look.
    pub(super) fn has_nothing_for(&self, request: &ClaimRequest) -> bool {
        if !request.waits || request.claim_id.is_some() {
            return false;
        }
        let now = Instant::now();
        let Some(quiet_since) = self.quiet.since(&request.queues, now) else {
            return false;
        };
        let session = request.session.as_ref().map(|(session, _)| session);
        // What it has got since then, it has not got of these queues.
        self.held_nothing_at(&request.node, session)
            .is_some_and(|looked| {
                quiet_since <= looked && now.saturating_duration_since(looked) < OWN_LOOK
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> QueueName {
        QueueName::parse(name).unwrap()
    }

    /// Asked and answered at once.
    fn found_quiet(queues: &QuietQueues, queue: &QueueName, at: Instant) {
        let question = queues.ask(queue, at);
        queues.learn(queue, question);
    }

    #[test]
    fn a_queue_is_quiet_since_the_first_of_the_answers_that_follow_each_other() {
        let (queues, q, begin) = (QuietQueues::default(), queue("q"), Instant::now());
        let names = [q.clone()];
        let second = |count: u64| begin + Duration::from_secs(count);
        for count in 0..5 {
            found_quiet(&queues, &q, second(count));
        }
        assert_eq!(queues.since(&names, second(5)), Some(begin));
        assert_eq!(queues.since(&names, second(6)), None, "it is too old");
        // Who knows what came and went while nobody asked.
        found_quiet(&queues, &q, second(8));
        assert_eq!(queues.since(&names, second(8)), Some(second(8)));
    }

    #[test]
    fn several_queues_are_quiet_when_each_of_them_is() {
        let (queues, begin) = (QuietQueues::default(), Instant::now());
        let names = [queue("a"), queue("b")];
        found_quiet(&queues, &names[0], begin);
        assert_eq!(queues.since(&names, begin), None);
        let later = begin + Duration::from_secs(1);
        found_quiet(&queues, &names[1], later);
        assert_eq!(queues.since(&names, later), Some(later));
        assert_eq!(queues.since(&names[..1], later), Some(begin));
    }
}
