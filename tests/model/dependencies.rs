//! Random graphs of tasks in two partitions, with a dispatcher that is killed between any two steps:
//! each task runs when all that it depends on has ended as it asks, and then once.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use taskyard::domain::dependency::On;
use taskyard::domain::{Dependency, FailureReason, Submission, TaskId, TaskState};

use super::{rng_of, seed};
use crate::support::{TestStore, claim, queue, submission, sweep};

/// Graphs for each of the sequences of the model: they are larger.
const GRAPHS_PER_CASES: u32 = 8;
const MOST_TASKS: usize = 14;
/// Calls after which a dispatcher is killed at the latest.
const MOST_CALLS: u64 = 12;

/// One task: its queue, how it ends when it runs, and whom it depends on: a task before it, counted backwards.
#[derive(Debug, Clone)]
struct Planned {
    away: bool,
    end: TaskState,
    edges: Vec<(usize, On)>,
    /// Submitted only after so many rounds, when others may have ended.
    round: usize,
}

fn planned() -> impl Strategy<Value = Planned> {
    let end = select(vec![
        TaskState::Succeeded,
        TaskState::Succeeded,
        TaskState::Succeeded,
        TaskState::Failed,
        TaskState::Cancelled,
    ]);
    let edges = vec((0..MOST_TASKS, select(On::ALL.to_vec())), 0..4);
    (any::<bool>(), end, edges, 0_usize..3).prop_map(|(away, end, edges, round)| Planned {
        away,
        end,
        edges,
        round,
    })
}

/// A graph and when its dispatchers are killed.
fn case() -> impl Strategy<Value = (Vec<Planned>, Vec<u64>)> {
    (1..MOST_TASKS)
        .prop_flat_map(|count| (vec(planned(), count), vec(0..MOST_CALLS, 8), Just(())))
        .prop_map(|(tasks, kills, ())| (tasks, kills))
}

/// The tasks before `index` that it depends on, each once.
fn edges_of(tasks: &[Planned], index: usize) -> BTreeMap<usize, On> {
    let mut edges = BTreeMap::new();
    for (back, on) in &tasks[index].edges {
        if let Some(parent) = index.checked_sub(back + 1)
            && tasks[parent].round <= tasks[index].round
        {
            edges.entry(parent).or_insert(*on);
        }
    }
    edges
}

fn meets(on: On, end: TaskState) -> bool {
    match on {
        On::Success => end == TaskState::Succeeded,
        On::Finish => true,
        On::Failure => end == TaskState::Failed,
    }
}

/// How each task must end, and whether it runs.
fn expected(tasks: &[Planned]) -> Vec<(TaskState, bool)> {
    let mut ends: Vec<(TaskState, bool)> = Vec::new();
    for index in 0..tasks.len() {
        let edges = edges_of(tasks, index);
        let runs = edges.iter().all(|(parent, on)| meets(*on, ends[*parent].0));
        ends.push(if runs {
            (tasks[index].end, true)
        } else {
            (TaskState::Failed, false)
        });
    }
    ends
}

struct Run<'a> {
    test: &'a TestStore,
    tasks: &'a [Planned],
    ids: Vec<Option<TaskId>>,
    runs: Vec<u32>,
    names: [String; 2],
}

impl Run<'_> {
    async fn submit(&mut self, round: usize) {
        for index in 0..self.tasks.len() {
            let task = &self.tasks[index];
            if task.round != round {
                continue;
            }
            let edges = edges_of(self.tasks, index);
            let depends_on = edges.iter().map(|(parent, on)| Dependency {
                parent: self.ids[*parent].unwrap(),
                on: *on,
                name: None,
            });
            let submission = Submission {
                depends_on: depends_on.collect(),
                max_attempts: Some(1),
                ..submission(&self.names[usize::from(task.away)])
            };
            self.ids[index] = Some(self.test.submit(submission).await);
        }
    }

    /// Works on all that can be claimed.
    async fn work(&mut self) {
        for name in self.names.clone() {
            for lease in self.test.claim_as(claim("n1", &name, 50)).await {
                let index = self
                    .ids
                    .iter()
                    .position(|id| *id == Some(lease.id))
                    .unwrap();
                self.runs[index] += 1;
                assert_eq!(lease.attempt, 1);
                for (parent, on) in edges_of(self.tasks, index) {
                    let state = self.test.state(self.ids[parent].unwrap()).await;
                    assert!(
                        state.is_final() && meets(on, state),
                        "{index} runs too soon"
                    );
                }
                match self.tasks[index].end {
                    TaskState::Succeeded => drop(self.test.complete(&lease).await),
                    TaskState::Failed => self.test.fail(&lease, None).await,
                    _ => {
                        self.test.store.tasks.cancel(lease.id).await.unwrap();
                        self.test.fail(&lease, None).await;
                    }
                }
            }
        }
    }
}

async fn runs_as_planned(test: &TestStore, tasks: &[Planned], kills: &[u64]) {
    let home = test.store.sweeps.partition_of(&queue("default"));
    let away = (0..100)
        .map(|number| format!("away{number}"))
        .find(|name| test.store.sweeps.partition_of(&queue(name)) != home);
    let mut run = Run {
        test,
        tasks,
        ids: vec![None; tasks.len()],
        runs: vec![0; tasks.len()],
        names: ["default".into(), away.unwrap()],
    };
    let (store, faults) = test.mortal().await;
    let mut kills = kills.iter();
    for round in 0..3 {
        run.submit(round).await;
        for calls in kills.by_ref().take(2) {
            faults.cut_after(*calls);
            let _killed = sweep(&store, "mortal", 1).await;
            faults.cut_after(u64::MAX);
            run.work().await;
        }
    }
    // What is left is done by dispatchers that live; each round brings the deepest path one task further.
    for calls in kills
        .copied()
        .chain(std::iter::repeat_n(u64::MAX, 4 * MOST_TASKS))
    {
        faults.cut_after(calls);
        let _killed = sweep(&store, "mortal", 1).await;
        faults.cut_after(u64::MAX);
        run.work().await;
    }
    for (index, (end, runs)) in expected(tasks).into_iter().enumerate() {
        let task = test.task(run.ids[index].unwrap()).await;
        assert_eq!(task.state, end, "task {index}");
        assert_eq!(run.runs[index], u32::from(runs), "task {index}");
        let by_dependency = task.reason == Some(FailureReason::Dependency);
        assert_eq!(by_dependency, !runs, "task {index}");
    }
    test.audit().await;
}

#[test]
fn graphs_run_as_their_edges_say_whenever_the_dispatcher_is_killed() {
    let (seed, count) = (seed(), (Config::default().cases / GRAPHS_PER_CASES).max(4));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let test = runtime.block_on(TestStore::start());
    for number in 0..count {
        let mut runner = TestRunner::new_with_rng(Config::default(), rng_of(seed, number));
        let (tasks, kills) = case().new_tree(&mut runner).unwrap().current();
        println!("seed {seed}, graph {number}, killed after {kills:?}: {tasks:#?}");
        runtime.block_on(runs_as_planned(&test, &tasks, &kills));
    }
}
