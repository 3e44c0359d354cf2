//! Graphs: tasks of one job that depend on each other by name.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::dependency::On;
use super::{Name, Submission};

/// Tasks of one graph.
pub const MAX_GRAPH_TASKS: usize = 20_000;
/// Dependencies of one graph, all tasks together.
pub const MAX_GRAPH_EDGES: usize = 100_000;
/// A graph that can run: every task stands behind those it depends on.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    tasks: Vec<GraphTask>,
}

/// One task of a graph.
#[derive(Debug, Clone)]
pub struct GraphTask {
    /// What it is called in the graph.
    pub name: Name,
    /// What is submitted; whom it depends on stands beside it.
    pub task: Submission,
    /// The tasks that it depends on, by their places in the list.
    pub depends_on: Vec<(usize, On)>,
}

impl Graph {
    /// Puts the tasks into an order in which each follows those it depends on: that in which they come, as far
    /// as it can be kept. An error is a cycle: the names of tasks of which each depends on the next, and the last
    /// on the first.
    pub fn new(tasks: Vec<GraphTask>) -> Result<Self, Vec<Name>> {
        let order = order(&tasks).map_err(|cycle| {
            let name = |index: usize| tasks[index].name.clone();
            cycle.into_iter().map(name).collect::<Vec<_>>()
        })?;
        let mut places = vec![0; tasks.len()];
        for (place, index) in order.iter().enumerate() {
            places[*index] = place;
        }
        let mut tasks: Vec<(usize, GraphTask)> = places.iter().copied().zip(tasks).collect();
        for (_, task) in &mut tasks {
            for (parent, _) in &mut task.depends_on {
                *parent = places[*parent];
            }
        }
        tasks.sort_by_key(|(place, _)| *place);
        Ok(Self {
            tasks: tasks.into_iter().map(|(_, task)| task).collect(),
        })
    }

    /// The tasks, each behind those it depends on.
    pub fn tasks(&self) -> &[GraphTask] {
        &self.tasks
    }

    /// For each task the places of those that depend on it.
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.tasks.len()];
        for (place, task) in self.tasks.iter().enumerate() {
            for (parent, _) in &task.depends_on {
                dependents[*parent].push(place);
            }
        }
        dependents
    }
}

/// The indexes in an order that can run, or those of a cycle.
fn order(tasks: &[GraphTask]) -> Result<Vec<usize>, Vec<usize>> {
    let mut dependents = vec![Vec::new(); tasks.len()];
    let mut missing = vec![0; tasks.len()];
    for (index, task) in tasks.iter().enumerate() {
        missing[index] = task.depends_on.len();
        for (parent, _) in &task.depends_on {
            dependents[*parent].push(index);
        }
    }
    let free = (0..tasks.len()).filter(|index| missing[*index] == 0);
    let mut free: BinaryHeap<_> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(tasks.len());
    while let Some(Reverse(index)) = free.pop() {
        order.push(index);
        for child in &dependents[index] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                free.push(Reverse(*child));
            }
        }
    }
    if order.len() == tasks.len() {
        Ok(order)
    } else {
        Err(cycle(tasks, &missing))
    }
}

/// Goes from parent to parent among the tasks that miss one, until a task comes again.
fn cycle(tasks: &[GraphTask], missing: &[usize]) -> Vec<usize> {
    let mut seen = vec![usize::MAX; tasks.len()];
    let mut path = Vec::new();
    let mut at = missing.iter().position(|count| *count > 0);
    while let Some(index) = at {
        if seen[index] != usize::MAX {
            path.drain(..seen[index]);
            break;
        }
        seen[index] = path.len();
        path.push(index);
        let mut parents = tasks[index].depends_on.iter().map(|(parent, _)| *parent);
        at = parents.find(|parent| missing[*parent] > 0);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::QueueName;

    /// Tasks named a, b, c ..., each with the indexes of its parents.
    fn tasks(edges: &[&[usize]]) -> Vec<GraphTask> {
        let queue = QueueName::parse("q").expect("a name");
        edges
            .iter()
            .zip("abcdefgh".chars())
            .map(|(parents, name)| GraphTask {
                name: Name::parse(&name.to_string()).expect("a name"),
                task: Submission::new(queue.clone()),
                depends_on: parents.iter().map(|index| (*index, On::Success)).collect(),
            })
            .collect()
    }

    fn names<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
        names.into_iter().map(Name::as_str).collect()
    }

    #[test]
    fn tasks_follow_those_they_depend_on_and_else_keep_their_order() {
        let graph = Graph::new(tasks(&[&[2], &[], &[], &[0, 1]])).expect("no cycle");
        assert_eq!(names(graph.tasks().iter().map(|task| &task.name)), "bcad");
        assert_eq!(graph.tasks()[3].depends_on[0].0, 2);
        assert_eq!(graph.dependents(), [vec![3], vec![2], vec![3], vec![]]);
        let kept = Graph::new(tasks(&[&[], &[0], &[0], &[]])).expect("no cycle");
        assert_eq!(names(kept.tasks().iter().map(|task| &task.name)), "abcd");
    }

    #[test]
    fn a_cycle_is_named_without_what_leads_to_it() {
        // a depends on b, b on c, c on d, d on b.
        let cycle = Graph::new(tasks(&[&[1], &[2], &[3], &[1], &[]])).expect_err("a cycle");
        assert_eq!(names(&cycle), "bcd");
        let own = Graph::new(tasks(&[&[], &[1]])).expect_err("a cycle");
        assert_eq!(names(&own), "b");
    }
}
