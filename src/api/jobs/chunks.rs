//! Items into payloads: so many at most, and no more bytes than a payload may have.

use crate::domain::{Document, JobId};

/// Room for what stands around the items of a payload.
const FRAME_BYTES: usize = 96;

/// The items of one task to come.
pub(super) struct Chunk {
    most_items: u64,
    most_bytes: usize,
    items: String,
    count: u64,
}

impl Chunk {
    pub(super) const fn new(most_items: u64, most_bytes: usize) -> Self {
        Self {
            most_items,
            most_bytes,
            items: String::new(),
            count: 0,
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Whether an item would fit into any chunk at all.
    pub(super) const fn can_hold(&self, item: &str) -> bool {
        item.len() + FRAME_BYTES <= self.most_bytes
    }

    /// Whether the chunk has to go before that item comes.
    pub(super) const fn is_full_for(&self, item: &str) -> bool {
        self.count > 0
            && (self.count >= self.most_items
                || self.items.len() + 1 + item.len() + FRAME_BYTES > self.most_bytes)
    }

    /// Adds an item, byte for byte as it came.
    pub(super) fn push(&mut self, item: &str) {
        if self.count > 0 {
            self.items.push(',');
        }
        self.items.push_str(item);
        self.count += 1;
    }

    /// The payload of a task with these items; the chunk is empty again.
    pub(super) fn take(&mut self, job: JobId, offset: u64) -> Option<Document> {
        let payload = format!(
            r#"{{"job_id":"{job}","offset":{offset},"items":[{}]}}"#,
            self.items
        );
        self.items.clear();
        self.count = 0;
        Document::parse(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_full_by_items_or_by_bytes() {
        let mut chunk = Chunk::new(2, FRAME_BYTES + 10);
        assert!(
            !chunk.is_full_for("12345678901"),
            "an empty one takes what comes"
        );
        assert!(!chunk.can_hold("12345678901"));
        chunk.push("12345");
        assert!(!chunk.is_full_for("1234"));
        assert!(chunk.is_full_for("12345"));
        chunk.push("9007199254740993");
        assert!(chunk.is_full_for("1"));
        let id = JobId::parse("019db0a3-6f2c-7a41-9c3d-5b8e0f21a003").unwrap();
        let payload = chunk.take(id, 40).unwrap();
        assert_eq!(
            payload.as_str(),
            r#"{"job_id":"019db0a3-6f2c-7a41-9c3d-5b8e0f21a003","offset":40,"items":[12345,9007199254740993]}"#
        );
        assert_eq!(chunk.count(), 0);
    }
}
