//! Reading what a script answers: arrays of words, numbers and byte strings.

use deadpool_redis::redis::Value;

use super::StoreError;
use crate::domain::TaskState;

/// One part of a reply, read front to back.
#[derive(Debug)]
pub(crate) struct Reply(std::vec::IntoIter<Value>);

impl Reply {
    /// An array reply; anything else is corrupt.
    pub(crate) fn list(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            other => Err(StoreError::corrupt(format!(
                "a list was due, not {}",
                kind(&other)
            ))),
        }
    }

    /// What a script has answered behind its first word, which says whether it ran.
    pub(crate) fn of_script(value: Value, file: &str) -> Result<Self, StoreError> {
        let mut reply = Self::list(value)?;
        match reply.text()?.as_str() {
            "ok" => Ok(reply),
            "store_reset" => Err(StoreError::Reset),
            other => Err(StoreError::corrupt(format!(
                "an unknown word from {file}: {other}"
            ))),
        }
    }

    /// How many parts are left.
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }

    /// Whether the next part is this word.
    pub(crate) fn begins_with(&self, word: &str) -> bool {
        matches!(self.0.as_slice().first(), Some(Value::BulkString(bytes)) if bytes == word.as_bytes())
    }

    /// The next part, whatever it is.
    pub(crate) fn value(&mut self) -> Result<Value, StoreError> {
        self.0
            .next()
            .ok_or_else(|| StoreError::corrupt("a reply ended early"))
    }

    /// The next part as an array.
    pub(crate) fn next_list(&mut self) -> Result<Self, StoreError> {
        Self::list(self.value()?)
    }

    /// The next part as text.
    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        let value = self.value()?;
        text_of(value)
    }

    /// The next part as text, `None` when it is absent.
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.value()? {
            Value::Nil | Value::Boolean(false) => Ok(None),
            other => text_of(other).map(Some),
        }
    }

    /// The next part as a task's state.
    pub(crate) fn state(&mut self) -> Result<TaskState, StoreError> {
        TaskState::from_word(&self.text()?).ok_or_else(|| StoreError::corrupt("an unknown state"))
    }

    /// The next part as a whole number.
    pub(crate) fn number(&mut self) -> Result<i64, StoreError> {
        match self.value()? {
            Value::Int(number) => Ok(number),
            other => {
                let text = text_of(other)?;
                parse_number(&text)
            }
        }
    }

    /// The next part as a whole number that cannot be negative.
    pub(crate) fn count(&mut self) -> Result<u64, StoreError> {
        u64::try_from(self.number()?).map_err(|_| StoreError::corrupt("a negative count"))
    }
}

/// A number as the scripts write it: whole, perhaps with an exponent.
pub(crate) fn parse_number<T: TryFrom<i64>>(text: &str) -> Result<T, StoreError> {
    let corrupt = || StoreError::corrupt("a number was due");
    let whole = text.parse::<i64>().or_else(|_| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the scripts' numbers are whole and below 2^53"
        )]
        text.parse::<f64>()
            .map(|number| number as i64)
            .map_err(|_| corrupt())
    })?;
    T::try_from(whole).map_err(|_| corrupt())
}

fn text_of(value: Value) -> Result<String, StoreError> {
    match value {
        Value::BulkString(bytes) => {
            String::from_utf8(bytes).map_err(|_| StoreError::corrupt("text that is not UTF-8"))
        }
        Value::SimpleString(text) => Ok(text),
        Value::Okay => Ok("OK".to_owned()),
        Value::Int(number) => Ok(number.to_string()),
        other => Err(StoreError::corrupt(format!(
            "text was due, not {}",
            kind(&other)
        ))),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nothing",
        Value::Int(_) => "a number",
        Value::BulkString(_) | Value::SimpleString(_) | Value::Okay => "text",
        Value::Array(_) => "a list",
        _ => "something else",
    }
}
