//! What nodes do, on the store and on the model: register, heartbeat, remove.

use std::collections::BTreeSet;

use taskyard::domain::node::Registration;
use taskyard::store::Store;
use taskyard::store::nodes::{HeartbeatOutcome, RegisterOutcome};

use super::text;
use crate::model::action::{Action, NODES};
use crate::model::reference::Answer;
use crate::model::world::World;
use crate::support::node;

impl World {
    pub(super) async fn node(
        &mut self,
        store: &Store,
        action: &Action,
    ) -> Result<(Answer, Answer), String> {
        Ok(match action {
            Action::Register {
                node: number,
                again,
            } => {
                let current = self.model.nodes[*number].session.filter(|_| *again);
                let expected = self.model.register(*number, current);
                let session = current.map(|session| self.sessions[session].clone());
                let registration = Registration {
                    slots: 4,
                    ..Registration::default()
                };
                let outcome = store
                    .nodes
                    .register(&node(NODES[*number]), &registration, session.as_ref())
                    .await
                    .map_err(text)?;
                let found = match outcome {
                    RegisterOutcome::Registered(registered) => {
                        if current.is_none() {
                            self.sessions.push(registered.session);
                        }
                        Answer::Registered {
                            new: registered.is_new,
                        }
                    }
                    RegisterOutcome::SessionEnded => Answer::SessionEnded,
                };
                (expected, found)
            }
            Action::Heartbeat {
                node: number,
                session,
                held,
            } => {
                let of_node: Vec<usize> = (0..self.sessions.len())
                    .filter(|session| self.model.sessions[*session] == *number)
                    .collect();
                let Some(session) = session.of(of_node.len()).map(|index| of_node[index]) else {
                    return Ok((Answer::Nothing, Answer::Nothing));
                };
                let held: Vec<usize> = held.iter().filter_map(|pick| self.meant(*pick)).collect();
                let expected = self.model.heartbeat(*number, session, &held);
                let held: Vec<_> = held.iter().map(|task| self.id(*task)).collect();
                let outcome = store
                    .nodes
                    .heartbeat(&node(NODES[*number]), &self.sessions[session], None, &held)
                    .await
                    .map_err(text)?;
                let serials = |ids: Vec<_>| -> Result<BTreeSet<usize>, String> {
                    ids.into_iter().map(|id| self.serial(id)).collect()
                };
                let found = match outcome {
                    HeartbeatOutcome::Alive { cancel, lost, .. } => Answer::Alive {
                        cancel: serials(cancel)?,
                        lost: serials(lost)?,
                    },
                    HeartbeatOutcome::SessionEnded => Answer::SessionEnded,
                };
                (expected, found)
            }
            Action::Remove { node: number } => {
                let found = store
                    .nodes
                    .remove(&node(NODES[*number]))
                    .await
                    .map_err(text)?;
                (self.model.remove(*number), Answer::Flag(found))
            }
            _ => unreachable!("what a node does"),
        })
    }
}
