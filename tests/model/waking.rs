//! Who waits for tasks of a queue is told when there are some: a claim that came back short is woken
//! by whatever makes a task claimable, be it a submit, a lost lease, or the end that frees a limit.

use deadpool_redis::redis;
use futures_util::StreamExt;
use taskyard::store::keys::Keys;

use super::action::QUEUES;
use super::world::World;

/// The channel by which it is known that all signals before have been heard.
const MARKS: &str = "marks";

/// What the partitions say, and who waits for it.
pub(crate) struct Ear {
    stream: redis::aio::PubSubStream,
    /// Of each queue, the classes of whose tasks somebody waits for one.
    pub(crate) waiting: [Vec<u8>; QUEUES.len()],
}

impl Ear {
    pub(crate) async fn open(url: &str, partitions: impl Iterator<Item = Keys>) -> Self {
        let client = redis::Client::open(url).unwrap();
        let (mut sink, stream) = client.get_async_pubsub().await.unwrap().split();
        sink.subscribe(MARKS).await.unwrap();
        for keys in partitions {
            sink.subscribe(keys.channel()).await.unwrap();
        }
        Self {
            stream,
            waiting: [const { Vec::new() }; QUEUES.len()],
        }
    }
}

impl World {
    /// Hears what has been said since it was asked last. Nobody may still wait for a queue that has
    /// a task for him.
    pub(crate) async fn check_wakes(&mut self) -> Result<(), String> {
        let () = redis::cmd("PUBLISH")
            .arg(MARKS)
            .arg("")
            .query_async(&mut self.redis)
            .await
            .map_err(|error| error.to_string())?;
        while let Some(message) = self.ear.stream.next().await {
            if message.get_channel_name() == MARKS {
                break;
            }
            let text: String = message.get_payload().map_err(|error| error.to_string())?;
            for line in text.lines() {
                let mut words = line.split(' ');
                let name = words
                    .next()
                    .filter(|word| *word == "ready")
                    .and(words.next());
                let number = QUEUES.iter().position(|queue| Some(*queue) == name);
                if let Some(number) = number {
                    self.ear.waiting[number].clear();
                }
            }
        }
        for (number, name) in QUEUES.iter().enumerate() {
            if self.model.has_work(number, &self.ear.waiting[number]) {
                return Err(format!(
                    "{name} has a task, and who waits for it was not told"
                ));
            }
        }
        Ok(())
    }
}
