//! Outages: what ran out while nobody swept lives on for a while.

use super::Model;

const GAP_MS: u64 = 2_000;

impl Model {
    /// The first lease or session of an idle partition begins: the idle time was no outage.
    pub(crate) fn begin_leases(&mut self, partition: u16) {
        let running = self.tasks_in(partition, |task| {
            task.is(taskyard::domain::TaskState::Running)
        });
        let mut homes = self.nodes.iter().filter(|node| node.partition == partition);
        if running.is_empty() && homes.all(|node| node.beats_until.is_none()) {
            self.partitions[usize::from(partition)].swept = Some(self.now);
        }
    }

    /// A sweep looks at the clock.
    pub(crate) fn look(&mut self, partition: u16) {
        let now = self.now;
        let memory = &mut self.partitions[usize::from(partition)];
        let swept = memory.swept.unwrap_or(now);
        if now - swept > GAP_MS {
            memory.gap = (swept, now);
        }
        memory.swept = Some(now);
    }

    /// Whether what was due then ran out inside the last outage.
    pub(crate) fn ran_out_in_outage(&self, partition: u16, due: u64) -> bool {
        let (from, to) = self.partitions[usize::from(partition)].gap;
        due > from && due <= to
    }
}
