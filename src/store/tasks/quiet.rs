//! Queues that are there and have nothing to claim: thousands of nodes may wait for one, and the look that a
//! sweep takes at it every second is enough for all of them.
//!
//! Only claims that wait rely on it. A claim takes its place among those that wait before it asks here, so what
//! becomes claimable either is known here by then or wakes it. It goes only by what holds for all of its queues,
//! and only when nothing else could come of its own look: without a `claim_id`, and with a node that held
//! nothing when it looked last, which decides its rank among those that wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::claim::ClaimRequest;
use crate::domain::QueueName;
use crate::store::core::Core;

/// How long an answer is believed. A sweep asks every second; one that does not come leaves the claims to
/// themselves.
const BELIEVED: Duration = Duration::from_secs(2);
/// After so long a node looks for itself again: in other queues it may have got tasks through another replica.
const OWN_LOOK: Duration = Duration::from_mins(2);
/// Queues that are remembered at once; beyond it the memory starts anew.
const REMEMBERED_QUEUES: usize = 10_000;

/// Queues without claimable tasks, as far as it is known.
#[derive(Default)]
pub(crate) struct QuietQueues(Mutex<Questions>);

#[derive(Default)]
struct Questions {
    next: u64,
    latest: HashMap<QueueName, Question>,
}

/// The latest question after a queue, and what those before it have found.
struct Question {
    number: u64,
    quiet: Option<Quiet>,
}

#[derive(Clone, Copy)]
struct Quiet {
    /// From here on every answer was that it has nothing, and there was no news.
    since: Instant,
    /// When the last of those questions was asked.
    seen: Instant,
}

impl QuietQueues {
    /// The queue is asked for. The number of the question.
    pub(crate) fn ask(&self, queue: &QueueName) -> u64 {
        let mut questions = self.lock();
        questions.next += 1;
        let number = questions.next;
        if let Some(question) = questions.latest.get_mut(queue) {
            question.number = number;
            return number;
        }
        if questions.latest.len() >= REMEMBERED_QUEUES {
            questions.latest.clear();
        }
        let question = Question {
            number,
            quiet: None,
        };
        questions.latest.insert(queue.clone(), question);
        number
    }

    /// It has nothing, says the answer to that question; which counts unless there was news since.
    pub(crate) fn learn(&self, queue: &QueueName, number: u64, asked: Instant) {
        let mut questions = self.lock();
        if let Some(question) = questions.latest.get_mut(queue)
            && question.number == number
        {
            let before = question.quiet.filter(|quiet| quiet.is_believed(asked));
            question.quiet = Some(Quiet {
                since: before.map_or(asked, |quiet| quiet.since),
                seen: asked,
            });
        }
    }

    /// There is news of the queue: it may have tasks.
    pub(crate) fn forget(&self, queue: &QueueName) {
        self.lock().latest.remove(queue);
    }

    /// The same of all.
    pub(crate) fn clear(&self) {
        self.lock().latest.clear();
    }

    /// Since when none of the queues has had anything; `None` when one of them may have.
    fn since(&self, queues: &[QueueName], now: Instant) -> Option<Instant> {
        let questions = self.lock();
        let mut all_since = None;
        for queue in queues {
            let quiet = questions.latest.get(queue)?.quiet?;
            if !quiet.is_believed(now) {
                return None;
            }
            all_since = all_since.max(Some(quiet.since));
        }
        all_since
    }

    fn lock(&self) -> MutexGuard<'_, Questions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quiet {
    fn is_believed(self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) < BELIEVED
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
        let number = queues.ask(queue);
        queues.learn(queue, number, at);
    }

    #[test]
    fn an_answer_counts_unless_there_was_news_since_the_question() {
        let (queues, q, now) = (QuietQueues::default(), queue("q"), Instant::now());
        let names = [q.clone()];
        let number = queues.ask(&q);
        assert_eq!(queues.since(&names, now), None, "not answered yet");
        queues.forget(&q);
        queues.learn(&q, number, now);
        assert_eq!(queues.since(&names, now), None, "a task came meanwhile");

        let (first, second) = (queues.ask(&q), queues.ask(&q));
        queues.learn(&q, first, now);
        assert_eq!(queues.since(&names, now), None, "asked again since");
        queues.learn(&q, second, now);
        assert_eq!(queues.since(&names, now), Some(now));
        queues.forget(&q);
        assert_eq!(queues.since(&names, now), None);
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
