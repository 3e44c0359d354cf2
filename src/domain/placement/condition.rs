//! What a task asks of one label of a node.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::domain::InvalidInput;

/// Most values that `in` lists.
const MAX_VALUES: usize = 100;
/// Longest value of a label, bytes.
const MAX_VALUE_BYTES: usize = 256;

/// What a label is to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Condition {
    /// Just this value.
    Is(String),
    /// A value that passes every test named.
    Where(Tests),
}

/// Tests of a label's value. At least one is named, and all that are have to hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tests {
    /// The value is one of these.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// Whether the node has the label at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// The value is another one, or the node does not have the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<String>,
    /// The value is a number below this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
    /// The value is a number above this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gt: Option<f64>,
}

impl From<&str> for Condition {
    fn from(value: &str) -> Self {
        Self::Is(value.to_owned())
    }
}

impl Condition {
    /// Whether a node with this value, or without the label, will do.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let tests = match self {
            Self::Is(wanted) => return value == Some(wanted.as_str()),
            Self::Where(tests) => tests,
        };
        let number = || value.and_then(|text| text.parse::<f64>().ok());
        let listed = |values: &Vec<String>| values.iter().any(|one| value == Some(one.as_str()));
        tests.one_of.as_ref().is_none_or(listed)
            && tests.exists.is_none_or(|wanted| wanted == value.is_some())
            && tests.not.as_deref().is_none_or(|not| value != Some(not))
            && tests
                .lt
                .is_none_or(|bound| number().is_some_and(|is| is < bound))
            && tests
                .gt
                .is_none_or(|bound| number().is_some_and(|is| is > bound))
    }

    /// Checks the form; the pointer says where the condition stands.
    pub(super) fn validate(&self, pointer: &str) -> Result<(), InvalidInput> {
        let tests = match self {
            Self::Is(value) => return validate_value(pointer, value),
            Self::Where(tests) => tests,
        };
        if *tests == Tests::default() {
            return Err(InvalidInput::new(
                pointer,
                "a condition names at least one of in, exists, not, lt and gt",
            ));
        }
        if let Some(values) = &tests.one_of {
            let pointer = format!("{pointer}/in");
            if !(1..=MAX_VALUES).contains(&values.len()) {
                return Err(InvalidInput::new(pointer, "in lists 1 to 100 values"));
            }
            for (index, value) in values.iter().enumerate() {
                validate_value(&format!("{pointer}/{index}"), value)?;
            }
        }
        tests.not.as_ref().map_or(Ok(()), |value| {
            validate_value(&format!("{pointer}/not"), value)
        })
    }
}

/// Checks the value of a label.
pub(super) fn validate_value(pointer: &str, value: &str) -> Result<(), InvalidInput> {
    if value.len() > MAX_VALUE_BYTES || value.chars().any(char::is_control) {
        return Err(InvalidInput::new(
            pointer,
            "a label's value has at most 256 bytes and no control characters",
        ));
    }
    Ok(())
}

/// Says it in words: `gpu=a100`, `zone in (a, b)`, `cores > 8`.
pub(crate) fn describe(label: &str, condition: &Condition) -> String {
    let tests = match condition {
        Condition::Is(value) => return format!("{label}={value}"),
        Condition::Where(tests) => tests,
    };
    let all = [
        tests
            .one_of
            .as_ref()
            .map(|values| format!("{label} in ({})", values.join(", "))),
        tests.exists.map(|wanted| {
            if wanted {
                label.to_owned()
            } else {
                format!("no {label}")
            }
        }),
        tests
            .not
            .as_ref()
            .map(|value| format!("{label} other than {value}")),
        tests.lt.map(|bound| format!("{label} < {bound}")),
        tests.gt.map(|bound| format!("{label} > {bound}")),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

// Not derived as untagged: that would lose which member of the object is wrong.
impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Condition;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a label's value, or an object of in, exists, not, lt and gt")
            }

            fn visit_str<E>(self, value: &str) -> Result<Condition, E> {
                Ok(Condition::from(value))
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Condition, M::Error> {
                Tests::deserialize(MapAccessDeserializer::new(map)).map(Condition::Where)
            }
        }

        deserializer.deserialize_any(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        serde_json::from_str(text).expect("a condition")
    }

    #[test]
    fn each_test_says_which_values_will_do() {
        for (text, fitting, unfit) in [
            (r#""a""#, vec![Some("a")], vec![Some("b"), None]),
            (
                r#"{"in":["a","b"]}"#,
                vec![Some("b")],
                vec![Some("c"), None],
            ),
            (r#"{"exists":true}"#, vec![Some("")], vec![None]),
            (r#"{"exists":false}"#, vec![None], vec![Some("a")]),
            (r#"{"not":"a"}"#, vec![Some("b"), None], vec![Some("a")]),
            (
                r#"{"lt":4}"#,
                vec![Some("3.5"), Some("-1")],
                vec![Some("4"), Some("x"), None],
            ),
            (
                r#"{"gt":4}"#,
                vec![Some("10")],
                vec![Some("4"), Some("9a"), None],
            ),
            (
                r#"{"gt":1,"lt":3,"not":"2"}"#,
                vec![Some("2.5")],
                vec![Some("2"), Some("3")],
            ),
        ] {
            let condition = condition(text);
            for value in fitting {
                assert!(condition.holds(value), "{text} refuses {value:?}");
            }
            for value in unfit {
                assert!(!condition.holds(value), "{text} takes {value:?}");
            }
        }
    }

    #[test]
    fn a_condition_comes_back_as_it_was() {
        for text in [r#""a""#, r#"{"in":["a"]}"#, r#"{"exists":false,"lt":2.5}"#] {
            assert_eq!(serde_json::to_string(&condition(text)).expect("text"), text);
        }
        assert!(serde_json::from_str::<Condition>(r#"{"like":"a"}"#).is_err());
        assert!(serde_json::from_str::<Condition>("3").is_err());
    }

    #[test]
    fn what_cannot_be_asked_is_pointed_at() {
        let long = format!("\"{}\"", "x".repeat(257));
        for (text, pointer) in [
            ("{}", "/l"),
            (r#"{"in":[]}"#, "/l/in"),
            (&format!(r#"{{"in":["a",{long}]}}"#), "/l/in/1"),
            (&format!(r#"{{"not":{long}}}"#), "/l/not"),
            (&long, "/l"),
        ] {
            let fault = condition(text).validate("/l").expect_err(text);
            assert_eq!(fault.pointer, pointer, "{text}");
        }
    }
}
