//! JSON that Taskyard carries and never looks into.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Deepest nesting of arrays and objects that is accepted.
///
/// `serde_json`'s own parser stops at 128, so what we take every reader can read.
pub const MAX_DEPTH: usize = 127;

/// One JSON value, kept byte for byte: numbers above 2^53, `[]` and `{}` come back as they came.
#[derive(Clone)]
pub struct Document(Box<RawValue>);

impl Document {
    /// Takes text that is known to be one JSON value; `None` when it is not.
    pub fn parse(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(Self)
    }

    /// Any serialisable value as a document.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self(RawValue::from_string("{}".to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Length of the JSON text in bytes.
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// A JSON text is never empty.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether the value is an object.
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }

    /// Whether arrays and objects nest deeper than [`MAX_DEPTH`].
    pub fn is_too_deep(&self) -> bool {
        nests_deeper(self.as_str(), MAX_DEPTH)
    }
}

/// Whether arrays and objects of this JSON text nest deeper than so many levels.
pub fn nests_deeper(text: &str, levels: usize) -> bool {
    // It has no more levels than it opens, strings and all. They are counted many bytes at a time.
    let opens = |byte: &u8| matches!(byte, b'[' | b'{');
    if text.as_bytes().iter().filter(|byte| opens(byte)).count() <= levels {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth > levels {
            return true;
        }
    }
    false
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Document {}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A payload is the user's own; logs and panics get its size only.
        write!(formatter, "Document({} bytes)", self.len())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_byte_for_byte() {
        for text in ["null", "[]", "{}", "9007199254740993", "{\"a\" : 1e999}"] {
            let document: Document = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&document).expect(text), text);
        }
    }

    #[test]
    fn depth_is_bounded_and_strings_do_not_count() {
        let nested = |levels: usize| {
            Document::parse("[".repeat(levels) + &"]".repeat(levels)).expect("JSON")
        };
        assert!(!nested(MAX_DEPTH).is_too_deep());
        assert!(nested(MAX_DEPTH + 1).is_too_deep());
        let text = format!("\"\\\"{}\"", "[".repeat(500));
        assert!(!Document::parse(text).expect("JSON").is_too_deep());
    }
}
