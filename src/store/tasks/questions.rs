//! What Redis answered a moment ago when it was asked after a queue, so that thousands of claims that wait need
//! not ask the same.
//!
//! An answer counts unless there was news of the queue since its question. While the next question is on its way
//! the answer before goes on to be believed, for as long as it would have been without. What an answer says, and
//! for how long, stands with its [`Answer`]: see `missing` and `quiet`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::QueueName;

/// Queues that are remembered at once; beyond it the memory starts anew.
const REMEMBERED_QUEUES: usize = 10_000;

/// What is believed of a queue.
pub(crate) trait Answer: Copy {
    /// How long it is believed, counted from its question.
    const BELIEVED: Duration;

    /// What the answer to a question of that moment says, with the one that was believed just then.
    fn found(asked: Instant, before: Option<Self>) -> Self;
}

/// The latest question after each queue, and what those before it have found.
pub(crate) struct Questions<A>(Mutex<Memory<A>>);

struct Memory<A> {
    next: u64,
    queues: HashMap<QueueName, Asked<A>>,
}

/// A queue that was asked after.
struct Asked<A> {
    /// The number of the latest question.
    latest: u64,
    /// The latest answer, and when its question was asked.
    answered: Option<(Instant, A)>,
}

/// A question that is on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    number: u64,
    asked: Instant,
}

/// What is believed at one moment: nothing is learned or forgotten meanwhile.
pub(crate) struct Answers<'a, A> {
    memory: MutexGuard<'a, Memory<A>>,
    now: Instant,
}

impl<A: Answer> Questions<A> {
    /// The queue is asked after now.
    pub(crate) fn ask(&self, queue: &QueueName, now: Instant) -> Question {
        let mut memory = self.lock();
        memory.next += 1;
        let number = memory.next;
        if let Some(asked) = memory.queues.get_mut(queue) {
            asked.latest = number;
        } else {
            if memory.queues.len() >= REMEMBERED_QUEUES {
                memory.queues.clear();
            }
            let asked = Asked {
                latest: number,
                answered: None,
            };
            memory.queues.insert(queue.clone(), asked);
        }
        Question { number, asked: now }
    }

    /// It is so, says the answer to that question; which counts unless there was news since, or another question.
    pub(crate) fn learn(&self, queue: &QueueName, question: Question) {
        let Question { number, asked: now } = question;
        if let Some(asked) = self.lock().queues.get_mut(queue)
            && asked.latest == number
        {
            let before = asked.believed(now);
            asked.answered = Some((now, A::found(now, before)));
        }
    }

    /// There is news of the queue: it may be otherwise by now.
    pub(crate) fn forget(&self, queue: &QueueName) {
        self.lock().queues.remove(queue);
    }

    /// The same of all.
    pub(crate) fn clear(&self) {
        self.lock().queues.clear();
    }

    /// What is believed now.
    pub(super) fn answers(&self, now: Instant) -> Answers<'_, A> {
        let memory = self.lock();
        Answers { memory, now }
    }

    fn lock(&self) -> MutexGuard<'_, Memory<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Answer> Answers<'_, A> {
    /// What is believed of the queue, if anything.
    pub(super) fn of(&self, queue: &QueueName) -> Option<A> {
        self.memory.queues.get(queue)?.believed(self.now)
    }
}

impl<A: Answer> Asked<A> {
    fn believed(&self, now: Instant) -> Option<A> {
        let (asked, answer) = self.answered?;
        (now.saturating_duration_since(asked) < A::BELIEVED).then_some(answer)
    }
}

impl<A> Default for Questions<A> {
    fn default() -> Self {
        Self(Mutex::new(Memory {
            next: 0,
            queues: HashMap::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many answers in a row were the same.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Streak(u32);

    impl Answer for Streak {
        const BELIEVED: Duration = Duration::from_secs(3);

        fn found(_: Instant, before: Option<Self>) -> Self {
            Self(before.map_or(1, |streak| streak.0 + 1))
        }
    }

    fn queue(name: &str) -> QueueName {
        QueueName::parse(name).unwrap()
    }

    fn streak(questions: &Questions<Streak>, queue: &QueueName, now: Instant) -> Option<u32> {
        questions.answers(now).of(queue).map(|streak| streak.0)
    }

    #[test]
    fn an_answer_counts_unless_there_was_news_since_the_question() {
        let (questions, q, now) = (Questions::default(), queue("q"), Instant::now());
        let question = questions.ask(&q, now);
        assert_eq!(streak(&questions, &q, now), None, "not answered yet");
        questions.learn(&q, question);
        assert_eq!(streak(&questions, &q, now), Some(1));

        let question = questions.ask(&q, now);
        questions.forget(&q);
        assert_eq!(streak(&questions, &q, now), None);
        questions.learn(&q, question);
        assert_eq!(streak(&questions, &q, now), None, "the news is younger");

        let question = questions.ask(&q, now);
        questions.clear();
        questions.learn(&q, question);
        assert_eq!(streak(&questions, &q, now), None, "news of all queues");
    }

    #[test]
    fn of_two_questions_the_later_one_is_to_be_answered() {
        let (questions, q, now) = (Questions::default(), queue("q"), Instant::now());
        let (first, second) = (questions.ask(&q, now), questions.ask(&q, now));
        questions.learn(&q, first);
        let answer = streak(&questions, &q, now);
        assert_eq!(answer, None, "news may be between the two");
        questions.learn(&q, second);
        assert_eq!(streak(&questions, &q, now), Some(1));
    }

    #[test]
    fn an_answer_is_believed_for_its_time_also_while_the_next_is_on_its_way() {
        let (questions, q, begin) = (Questions::default(), queue("q"), Instant::now());
        let second = |count| begin + Duration::from_secs(count);
        let question = questions.ask(&q, begin);
        questions.learn(&q, question);
        let question = questions.ask(&q, second(2));
        assert_eq!(streak(&questions, &q, second(2)), Some(1));
        assert_eq!(streak(&questions, &q, second(3)), None, "it is too old");
        questions.learn(&q, question);
        // Its time is that of its question, and it follows one that was believed by then.
        assert_eq!(streak(&questions, &q, second(4)), Some(2));
        assert_eq!(streak(&questions, &q, second(5)), None);

        let question = questions.ask(&q, second(5));
        questions.learn(&q, question);
        assert_eq!(
            streak(&questions, &q, second(5)),
            Some(1),
            "a new beginning"
        );
    }

    #[test]
    fn no_more_queues_are_remembered_than_the_bound() {
        let (questions, now) = (Questions::default(), Instant::now());
        let names: Vec<QueueName> = (0..REMEMBERED_QUEUES)
            .map(|number| queue(&format!("q{number}")))
            .collect();
        for name in &names {
            let question = questions.ask(name, now);
            questions.learn(name, question);
        }
        let known = || questions.answers(now).memory.queues.len();
        assert_eq!(known(), REMEMBERED_QUEUES);
        let question = questions.ask(&names[0], now);
        questions.learn(&names[0], question);
        let answer = streak(&questions, &names[0], now);
        assert_eq!(answer, Some(2), "a known queue takes no more room");
        questions.ask(&queue("another"), now);
        assert_eq!(known(), 1);
        assert_eq!(streak(&questions, &names[0], now), None);
    }
}
