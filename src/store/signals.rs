//! Signals: what the scripts publish, as values. A hint only: what is missed is found by a sweep.

use deadpool_redis::redis::{self, Msg};
use futures_util::{Stream, StreamExt};

use super::{Store, StoreError};
use crate::domain::{NodeId, Partition, QueueName, SessionId, TaskId};

/// Something happened in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Tasks became claimable: how many, and the number of their class, if they have one in common.
    Ready(QueueName, u64, Option<usize>),
    /// Runs ended.
    Final(Vec<TaskId>),
    /// Something is due by then, milliseconds since 1970.
    Due(Partition, u64),
    /// Rows wait in the outbox.
    Outbox(Partition),
    /// A session is over.
    Ended(NodeId, SessionId),
    /// A queue has got a new class.
    Classes(QueueName),
    /// A node drains, or does not any more.
    Drain(NodeId),
    /// An operation is over.
    Operation,
    /// Where tasks are pushed to, or how that fares, has changed.
    Endpoint(Partition),
    /// A running task without a session is to stop.
    Cancel(TaskId),
}

/// A live subscription to all partitions. It ends when its connection does.
pub struct Signals(redis::aio::PubSubStream);

impl Store {
    /// Subscribes to the signals of every partition.
    pub async fn subscribe(&self) -> Result<Signals, StoreError> {
        let away = StoreError::away;
        let client = self.core.shared.address.client().await.map_err(away)?;
        let (mut sink, stream) = client.get_async_pubsub().await.map_err(away)?.split();
        for keys in &self.core.keys {
            sink.subscribe(keys.channel()).await.map_err(away)?;
        }
        // The stream stays open without the sink, which only adds subscriptions.
        Ok(Signals(stream))
    }
}

impl Signals {
    /// The signals of the next message; `None` when the connection has ended.
    pub async fn next(&mut self) -> Option<Vec<Signal>> {
        let message: Msg = stream_next(&mut self.0).await?;
        let partition = message
            .get_channel_name()
            .trim_start_matches(|letter: char| !letter.is_ascii_digit())
            .split('}')
            .next()
            .and_then(|number| number.parse().ok())
            .map(Partition::new);
        let text = String::from_utf8_lossy(message.get_payload_bytes()).into_owned();
        Some(
            text.lines()
                .filter_map(|line| parse(partition?, line))
                .collect(),
        )
    }
}

async fn stream_next(stream: &mut (impl Stream<Item = Msg> + Unpin)) -> Option<Msg> {
    stream.next().await
}

fn parse(partition: Partition, line: &str) -> Option<Signal> {
    let mut words = line.split(' ');
    Some(match words.next()? {
        "ready" => Signal::Ready(
            QueueName::parse(words.next()?).ok()?,
            words.next()?.parse().ok()?,
            words.next().and_then(|class| class.parse().ok()),
        ),
        "final" => Signal::Final(
            words
                .filter_map(|id| TaskId::from_compact(id.as_bytes()))
                .collect(),
        ),
        "due" => Signal::Due(partition, words.next()?.parse().ok()?),
        "outbox" => Signal::Outbox(partition),
        "ended" => Signal::Ended(
            NodeId::parse(words.next()?).ok()?,
            SessionId::parse(words.next()?)?,
        ),
        "classes" => Signal::Classes(QueueName::parse(words.next()?).ok()?),
        "operation" => Signal::Operation,
        "endpoint" => Signal::Endpoint(partition),
        "cancel" => Signal::Cancel(TaskId::from_compact(words.next()?.as_bytes())?),
        "drain" => Signal::Drain(NodeId::parse(words.next()?).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_signals() {
        let partition = Partition::new(3);
        let queue = QueueName::parse("bulk").expect("a name");
        assert_eq!(
            parse(partition, "ready bulk 4 2"),
            Some(Signal::Ready(queue, 4, Some(2)))
        );
        assert_eq!(
            parse(partition, "due 1795417315081"),
            Some(Signal::Due(partition, 1_795_417_315_081))
        );
        assert_eq!(parse(partition, "outbox"), Some(Signal::Outbox(partition)));
        assert_eq!(parse(partition, "something new"), None);
    }
}
