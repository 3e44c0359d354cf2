//! Dependencies: which tasks a task waits for, and how those have to end.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Document, InvalidInput, Name, TaskId, TaskState};

/// Tasks that one submitted task may depend on. In a graph they may be as many as its tasks.
pub const MAX_PARENTS: usize = 1_000;
/// Parents that a claim tells of.
pub const MAX_TOLD_PARENTS: usize = 1_000;
/// Longest result of a parent that comes with a claim, bytes; a longer one is named by its size.
pub const TOLD_RESULT_BYTES: usize = 64 * 1024;
/// Bytes of all parents' results that come with one task.
pub const TOLD_TASK_BYTES: usize = 256 * 1024;
/// Bytes of all parents' results that come with one claim.
pub const TOLD_CLAIM_BYTES: usize = 4 * 1024 * 1024;

/// How a parent has to end for its child to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// It succeeded.
    #[default]
    Success,
    /// It ended, however.
    Finish,
    /// It failed or expired.
    Failure,
}

impl On {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Success, Self::Finish, Self::Failure];

    /// The letter that the store keeps.
    pub const fn letter(self) -> char {
        match self {
            Self::Success => 's',
            Self::Finish => 'f',
            Self::Failure => 'x',
        }
    }

    fn from_letter(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|on| text.chars().eq([on.letter()]))
    }
}

/// One task that another waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The task that has to end first.
    pub parent: TaskId,
    /// How it has to end.
    pub on: On,
    /// What it is called in its graph.
    pub name: Option<Name>,
}

impl Dependency {
    /// As the store keeps them: `PARENT:ON:NAME ` each, in their order.
    pub fn pack(all: &[Self]) -> String {
        let mut text = String::with_capacity(all.len() * 48);
        for Self { parent, on, name } in all {
            text.push_str(&parent.compact());
            text.push(':');
            text.push(on.letter());
            text.push(':');
            text.push_str(name.as_ref().map_or("", Name::as_str));
            text.push(' ');
        }
        text
    }

    /// Reads what [`Self::pack`] wrote.
    pub fn unpack(text: &str) -> Option<Vec<Self>> {
        text.split_terminator(' ').map(Self::read).collect()
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let parent = TaskId::from_compact(parts.next()?.as_bytes())?;
        let on = On::from_letter(parts.next()?)?;
        let name = parts.next()?;
        let name = (!name.is_empty()).then(|| Name::parse(name));
        Some(Self {
            parent,
            on,
            name: name.transpose().ok()?,
        })
    }

    /// Checks what a submitted task depends on.
    pub fn validate(all: &[Self]) -> Result<(), InvalidInput> {
        if all.len() > MAX_PARENTS {
            let message = format!("a task depends on at most {MAX_PARENTS} others");
            return Err(InvalidInput::new("/depends_on", message));
        }
        let mut seen = HashSet::with_capacity(all.len());
        match all.iter().position(|edge| !seen.insert(edge.parent)) {
            Some(index) => Err(InvalidInput::new(
                format!("/depends_on/{index}"),
                "a task is named once",
            )),
            None => Ok(()),
        }
    }
}

/// A task that another one has waited for, as it is told with a claim.
#[derive(Debug, Clone)]
pub struct Parent {
    /// What it was.
    pub dependency: Dependency,
    /// How it ended.
    pub state: TaskState,
    /// Bytes of its result, 0 for none.
    pub result_bytes: u64,
    /// Its result, unless it is too long or not there any more.
    pub result: Option<Document>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Partition;

    #[test]
    fn dependencies_come_back() {
        let id = |number| TaskId::mint(uuid::Uuid::now_v7(), Partition::new(number));
        let all = vec![
            Dependency {
                parent: id(1),
                on: On::Success,
                name: None,
            },
            Dependency {
                parent: id(2),
                on: On::Failure,
                name: Name::parse("build.x").ok(),
            },
        ];
        assert_eq!(Dependency::unpack(&Dependency::pack(&all)), Some(all));
        assert_eq!(Dependency::unpack(""), Some(Vec::new()));
        assert_eq!(Dependency::unpack("ab:s: "), None);
    }

    #[test]
    fn a_parent_named_twice_is_refused() {
        let parent = TaskId::mint(uuid::Uuid::now_v7(), Partition::new(0));
        let edge = |on| Dependency {
            parent,
            on,
            name: None,
        };
        let fault = Dependency::validate(&[edge(On::Success), edge(On::Finish)]);
        assert_eq!(
            fault.map_err(|fault| fault.pointer),
            Err("/depends_on/1".into())
        );
    }
}
