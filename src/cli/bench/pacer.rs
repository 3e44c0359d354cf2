//! Arrivals at a fixed rate, whether or not the service keeps up (an open loop).

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Hands out the instants at which requests are due. A latency is counted from there, so
/// that a stall of the service also counts for the requests that it kept waiting.
pub(super) struct Pacer {
    due: Mutex<UnboundedReceiver<Instant>>,
}

impl Pacer {
    /// Starts `per_s` arrivals a second, for `duration`.
    pub(super) fn start(per_s: f64, duration: Duration) -> Self {
        let (sender, due) = mpsc::unbounded_channel();
        // A thread of its own: the runtime's timer ticks in milliseconds, which would add
        // up to one to each latency.
        thread::spawn(move || pace(per_s, duration, &sender));
        Self {
            due: Mutex::new(due),
        }
    }

    /// The next arrival, as soon as it is due; `None` when there are no more.
    pub(super) async fn next(&self) -> Option<Instant> {
        self.due.lock().await.recv().await
    }
}

fn pace(per_s: f64, duration: Duration, sender: &UnboundedSender<Instant>) {
    let interval = Duration::from_secs_f64(1.0 / per_s);
    let started = Instant::now();
    let mut offset = Duration::ZERO;
    while offset < duration {
        let due = started + offset;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if sender.send(due).is_err() {
            return;
        }
        offset += interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn arrivals_keep_their_rate_when_nobody_takes_them() {
        let pacer = Pacer::start(1000.0, Duration::from_millis(50));
        tokio::time::sleep(Duration::from_millis(80)).await;
        let first = pacer.next().await.unwrap();
        let mut count = 1;
        let mut last = first;
        while let Some(due) = pacer.next().await {
            last = due;
            count += 1;
        }
        assert_eq!(count, 50);
        assert_eq!(last - first, Duration::from_millis(49));
    }
}
