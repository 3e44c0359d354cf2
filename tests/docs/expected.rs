//! Whether a command printed what the document says it prints.

use serde_json::Value;

/// JSON documents, one after another: the same kinds, and the same names in objects. Of an
/// array its first item speaks for all.
pub(super) fn json(expected: &str, printed: &str) -> Result<(), String> {
    let (expected, printed) = (documents(expected)?, documents(printed)?);
    if expected.len() != printed.len() {
        let (expected, printed) = (expected.len(), printed.len());
        return Err(format!("{printed} JSON documents instead of {expected}"));
    }
    let pairs = expected.iter().zip(&printed);
    pairs
        .into_iter()
        .try_for_each(|(expected, printed)| same(expected, printed, ""))
}

fn documents(text: &str) -> Result<Vec<Value>, String> {
    let documents = serde_json::Deserializer::from_str(text).into_iter();
    let documents: Result<Vec<Value>, _> = documents.collect();
    documents.map_err(|error| format!("not JSON ({error}): {text}"))
}

fn same(expected: &Value, printed: &Value, at: &str) -> Result<(), String> {
    match (expected, printed) {
        (Value::Object(expected), Value::Object(printed)) => {
            if let Some(name) = expected.keys().find(|name| !printed.contains_key(*name)) {
                return Err(format!("{at}/{name} is said, and not there: {printed:?}"));
            }
            for (name, printed) in printed {
                let Some(expected) = expected.get(name) else {
                    return Err(format!("{at}/{name} is there, and not said"));
                };
                same(expected, printed, &format!("{at}/{name}"))?;
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(printed)) => {
            match (expected.first(), printed.first()) {
                (Some(expected), Some(printed)) => same(expected, printed, &format!("{at}/0")),
                (None, None) => Ok(()),
                _ => Err(format!("{at} is empty in one of them")),
            }
        }
        _ if std::mem::discriminant(expected) == std::mem::discriminant(printed) => Ok(()),
        _ => Err(format!(
            "{at} is {printed}, which is of another kind than {expected}"
        )),
    }
}

/// Text, line for line; `...` stands for anything within a line.
pub(super) fn text(expected: &str, printed: &str) -> Result<(), String> {
    let (expected, printed): (Vec<_>, Vec<_>) = (lines(expected), lines(printed));
    let fits = |(expected, printed): (&&str, &&str)| fits(expected, printed);
    if expected.len() == printed.len() && expected.iter().zip(&printed).all(fits) {
        return Ok(());
    }
    Err(format!("printed:\n{}", printed.join("\n")))
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

fn fits(expected: &str, printed: &str) -> bool {
    let mut parts = expected.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        open = part.is_empty();
    }
    open || rest.is_empty()
}

#[test]
fn output_is_compared_by_names_and_kinds() {
    assert!(json("{\"a\": [{\"b\": 1}]}", "{\"a\": [{\"b\": 7}, {}]}").is_ok());
    assert!(json("{\"a\": 1}", "{\"a\": 1, \"b\": 2}").is_err());
    assert!(json("{\"a\": 1, \"b\": 2}", "{\"a\": 1}").is_err());
    assert!(json("{\"a\": 1}", "{\"a\": \"1\"}").is_err());
    assert!(json("1 2", "1").is_err());
}

#[test]
fn output_is_compared_line_by_line() {
    assert!(text("id ...\nstate queued\n", "id 12\nstate queued").is_ok());
    assert!(text("a...c", "abbc").is_ok());
    assert!(text("a...c", "abbcd").is_err());
    assert!(text("a", "a\nb").is_err());
}
