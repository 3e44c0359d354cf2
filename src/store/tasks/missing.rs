//! Queues that are not there: thousands of nodes may wait for one before its first task comes, and one
//! question a second is enough for all of them.
//!
//! Only claims that wait rely on it: the signal of the first task takes it back, and wakes one of them. Whoever
//! does not wait asks Redis.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::classes::Classes;
use crate::domain::QueueName;
use crate::store::StoreError;
use crate::store::core::Core;

/// How long a queue is believed not to be there: what a lost signal costs.
const BELIEVED: Duration = Duration::from_secs(1);
/// Queues that are remembered at once; beyond it the memory starts anew.
const REMEMBERED_QUEUES: usize = 10_000;

/// Queues that are not there, as far as it is known.
#[derive(Default)]
pub(crate) struct MissingQueues(Mutex<Questions>);

#[derive(Default)]
struct Questions {
    next: u64,
    latest: HashMap<QueueName, Question>,
}

/// The latest question after a queue.
struct Question {
    number: u64,
    asked: Instant,
    /// Whether the answer was that it is not there.
    is_missing: bool,
}

impl MissingQueues {
    /// Whether the queue was not there when it was last asked for, a moment ago.
    fn has(&self, queue: &QueueName) -> bool {
        let questions = self.lock();
        let question = questions.latest.get(queue);
        question.is_some_and(|last| last.is_missing && last.asked.elapsed() < BELIEVED)
    }

    /// The queue is asked for now. The number of the question.
    fn ask(&self, queue: &QueueName) -> u64 {
        let mut questions = self.lock();
        if questions.latest.len() >= REMEMBERED_QUEUES {
            questions.latest.clear();
        }
        questions.next += 1;
        let question = Question {
            number: questions.next,
            asked: Instant::now(),
            is_missing: false,
        };
        let number = question.number;
        questions.latest.insert(queue.clone(), question);
        number
    }

    /// It is not there, says the answer to that question; which counts unless there was news since.
    fn learn(&self, queue: &QueueName, number: u64) {
        let mut questions = self.lock();
        if let Some(question) = questions.latest.get_mut(queue)
            && question.number == number
        {
            question.is_missing = true;
        }
    }

    /// There is news of the queue: it may have come into being.
    pub(crate) fn forget(&self, queue: &QueueName) {
        self.lock().latest.remove(queue);
    }

    /// The same of all.
    pub(crate) fn clear(&self) {
        self.lock().latest.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Questions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// The classes of a queue for a claim, or `None` when there is no such queue. One that `waits` is woken
    /// by its first task, and need not ask after a queue that another one has just asked after in vain.
    pub(super) async fn classes_for_claim(
        &self,
        queue: &QueueName,
        waits: bool,
    ) -> Result<Option<Arc<Classes>>, StoreError> {
        if !waits || self.knows_classes_of(queue) {
            return self.classes_of(queue).await;
        }
        if self.missing.has(queue) {
            return Ok(None);
        }
        let question = self.missing.ask(queue);
        let classes = self.classes_of(queue).await?;
        if classes.is_none() {
            self.missing.learn(queue, question);
        }
        Ok(classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_unless_there_was_news_since_the_question() {
        let missing = MissingQueues::default();
        let queue = QueueName::parse("q").unwrap();
        let question = missing.ask(&queue);
        assert!(!missing.has(&queue), "the answer is not there yet");
        missing.learn(&queue, question);
        assert!(missing.has(&queue));

        missing.forget(&queue);
        assert!(!missing.has(&queue));
        missing.learn(&queue, question);
        assert!(!missing.has(&queue), "it came into being meanwhile");

        let (first, second) = (missing.ask(&queue), missing.ask(&queue));
        missing.learn(&queue, first);
        assert!(!missing.has(&queue), "news may be between the two");
        missing.learn(&queue, second);
        assert!(missing.has(&queue));
    }
}
