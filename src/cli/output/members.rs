//! The members of a JSON object, in the order in which they came.

use anyhow::Context;
use serde::de::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cli::exit::Failure;
use crate::client::Document;
use crate::domain::members;

/// Names and values.
pub(super) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    pub(super) fn of(document: &Document) -> Result<Self, Failure> {
        let members = serde_json::from_str(document.get());
        Ok(members.context("the service's answer is no JSON object")?)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A value as people read it: strings bare, all else as JSON, what is absent as a dash.
    pub(super) fn text(&self, name: &str) -> String {
        let member = self.0.iter().find(|(member, _)| member == name);
        let Some((_, value)) = member else {
            return "-".to_owned();
        };
        match serde_json::from_str(value.get()) {
            Ok(Value::String(text)) => one_line(&text),
            // Numbers keep their digits.
            _ => value.get().to_owned(),
        }
    }
}

/// Text that can neither end a row or a cell nor speak to the terminal.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        members::in_order(deserializer, "a JSON object").map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::Members;

    #[test]
    fn members_keep_their_order_and_their_digits() {
        let text = r#"{"z": "a\tb\u001b[2J", "a": 9007199254740993.0, "m": {"k": [1]}}"#;
        let document = RawValue::from_string(text.to_owned()).unwrap();
        let members = Members::of(&document).unwrap();
        assert_eq!(members.names().collect::<Vec<_>>(), ["z", "a", "m"]);
        assert_eq!(members.text("z"), "a b [2J");
        assert_eq!(members.text("a"), "9007199254740993.0");
        assert_eq!(members.text("m"), r#"{"k": [1]}"#);
        assert_eq!(members.text("absent"), "-");
    }
}
