//! Lists, which come in pages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::call::Call;

/// A resource as the service tells it, byte for byte: what it knows and this client does
/// not is still there, and no number loses digits.
pub type Document = Box<RawValue>;

/// A part of a list.
#[derive(Debug, Deserialize, Serialize)]
pub struct Page {
    /// In the order of the list.
    pub items: Vec<Document>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageOf<'a> {
    /// How many at most; the service's own number when absent.
    pub limit: Option<u32>,
    /// Where to begin: the `next_cursor` of the page before.
    pub cursor: Option<&'a str>,
}

impl PageOf<'_> {
    pub(super) fn ask(&self, call: Call) -> Call {
        call.query("limit", self.limit).query("cursor", self.cursor)
    }
}
