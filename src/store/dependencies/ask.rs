//! Ask: children want to be told how their parents end. Those that have ended answer at once.

use std::collections::BTreeMap;

use super::Answer;
use crate::domain::{Partition, TaskId};
use crate::store::args::Args;
use crate::store::core::Core;
use crate::store::{StoreError, scripts};

/// Questions of one call.
const PAGE: usize = 500;

struct Question<'a> {
    child: TaskId,
    run: &'a str,
    parent: TaskId,
}

impl Question<'_> {
    fn answered(&self, state: String) -> Answer {
        Answer {
            child: self.child,
            run: self.run.to_owned(),
            parent: self.parent.compact(),
            state,
        }
    }
}

impl Core {
    /// Delivers rows `CHILD RUN PARENT ...`; those that cannot be read are passed over.
    pub(crate) async fn deliver_asks(&self, rows: &[String]) -> Result<(), StoreError> {
        let mut by_partition: BTreeMap<Partition, Vec<Question>> = BTreeMap::new();
        let mut gone = Vec::new();
        for question in rows.iter().flat_map(|row| questions(row)) {
            if self.knows(question.parent) {
                let together = by_partition.entry(question.parent.partition()).or_default();
                together.push(question);
            } else {
                gone.push(question.answered("gone".to_owned()));
            }
        }
        self.answer(&gone).await?;
        for (partition, questions) in by_partition {
            for page in questions.chunks(PAGE) {
                self.ask(partition, page).await?;
            }
        }
        Ok(())
    }

    async fn ask(&self, partition: Partition, page: &[Question<'_>]) -> Result<(), StoreError> {
        let mut args = Args::default();
        for question in page {
            args.push(question.parent.compact())
                .push(question.child.compact())
                .push(question.run);
        }
        let mut reply = self.call(&scripts::ASK, partition, "", &args).await?;
        let mut answers = Vec::new();
        for question in page {
            let state = reply.text()?;
            if !state.is_empty() {
                answers.push(question.answered(state));
            }
        }
        self.answer(&answers).await
    }
}

fn questions(row: &str) -> impl Iterator<Item = Question<'_>> {
    let mut words = row.split(' ');
    let child = words
        .next()
        .and_then(|word| TaskId::from_compact(word.as_bytes()));
    let run = words.next();
    let asked = child.zip(run).map(|(child, run)| {
        words.filter_map(move |word| {
            let parent = TaskId::from_compact(word.as_bytes())?;
            Some(Question { child, run, parent })
        })
    });
    asked.into_iter().flatten()
}
