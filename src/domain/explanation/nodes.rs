//! Why no registered node can take a task.

use super::{Missing, Reason, Situation};
use crate::domain::node::{Node, NodeState};
use crate::domain::placement::{Requirements, TaskClass, describe as condition_in_words};

/// Why no registered node can take it now.
pub(super) fn unplaceable(situation: &Situation, nodes: &[Node]) -> Option<Reason> {
    let class = &situation.class;
    let fitting: Vec<&Node> = nodes
        .iter()
        .filter(|node| node.offer().covers(class))
        .collect();
    if fitting.is_empty() {
        // Who is not registered may run what requires nothing.
        if nodes.is_empty() && class.requires.is_empty() {
            return None;
        }
        let missing = missing(class, nodes);
        return Some(Reason {
            message: describe(&missing),
            missing: Some(missing),
            ..Reason::new("no_matching_node", "")
        });
    }
    let counted = |code, message: &str, count: usize| {
        Some(Reason {
            nodes: Some(count as u64),
            ..Reason::new(code, message)
        })
    };
    let live: Vec<&&Node> = fitting
        .iter()
        .filter(|node| node.state != NodeState::Dead)
        .collect();
    if live.is_empty() {
        return counted(
            "nodes_dead",
            "every node that may run it is dead",
            fitting.len(),
        );
    }
    let open: Vec<&&&Node> = live
        .iter()
        .filter(|node| matches!(node.state, NodeState::Ready | NodeState::Suspect))
        .collect();
    if open.is_empty() {
        if live.iter().all(|node| node.state == NodeState::Quarantined) {
            let message = "every node that may run it is quarantined for its failures";
            return counted("nodes_quarantined", message, live.len());
        }
        return counted(
            "nodes_draining",
            "every node that may run it takes no more tasks",
            live.len(),
        );
    }
    let rests = |node: &&&&Node| {
        let health = node.health.as_ref();
        health.is_some_and(|health| health.open_until.is_some())
    };
    if open.iter().all(rests) {
        return counted(
            "endpoints_backing_off",
            "every node that may run it has an endpoint that is left alone for a while",
            open.len(),
        );
    }
    let full = |node: &&&&Node| node.used >= u64::from(node.registration.slots);
    if open.iter().all(full) {
        return counted(
            "nodes_full",
            "every node that may run it has all its slots in use",
            open.len(),
        );
    }
    let short = |node: &&&&Node| full(node) || !node.has_left_for(&class.requires);
    if open.iter().all(short) {
        return counted(
            "resources_in_use",
            "every node that may run it has given too much of its resources to other tasks",
            open.len(),
        );
    }
    None
}

/// What none of the nodes has that the class asks for.
fn missing(class: &TaskClass, nodes: &[Node]) -> Missing {
    let has_type = nodes.iter().any(|node| {
        let types = &node.registration.types;
        types.is_empty() || types.contains(&class.task_type)
    });
    let labels = class.requires.labels.iter().filter(|(name, condition)| {
        let has = |node: &Node| {
            let value = node.registration.labels.get(*name);
            condition.holds(value.map(String::as_str))
        };
        !nodes.iter().any(has)
    });
    let resources = class.requires.resources.iter().filter(|(name, amount)| {
        let has = |node: &Node| {
            let resources = &node.registration.resources;
            resources.get(*name).is_some_and(|has| has >= *amount)
        };
        !nodes.iter().any(has)
    });
    let wanted = class.requires.node.clone();
    Missing {
        task_type: (!has_type && !nodes.is_empty()).then(|| class.task_type.clone()),
        requires: Requirements {
            labels: labels
                .map(|(name, condition)| (name.clone(), condition.clone()))
                .collect(),
            resources: resources
                .map(|(name, amount)| (name.clone(), *amount))
                .collect(),
            node: wanted.filter(|name| nodes.iter().all(|node| node.id != *name)),
        },
    }
}

fn describe(missing: &Missing) -> String {
    let labels = missing.requires.labels.iter();
    let resources = missing.requires.resources.iter();
    let node = missing.requires.node.iter();
    let parts: Vec<String> = labels
        .map(|(name, condition)| format!("the label {}", condition_in_words(name, condition)))
        .chain(node.map(|name| format!("the name {name}")))
        .chain(resources.map(|(name, amount)| format!("{amount} {name}")))
        .chain(
            missing
                .task_type
                .iter()
                .map(|name| format!("the type {name}")),
        )
        .collect();
    if parts.is_empty() {
        return "no one registered node has all that it requires".to_owned();
    }
    format!("no registered node has {}", parts.join(", "))
}
