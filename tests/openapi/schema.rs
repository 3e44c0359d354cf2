//! Whether a value is of its schema: the keywords that the document uses, read strictly. A
//! member that is not described is a fault, since no client could know of it.

use serde_json::Value;

/// What is wrong with the value, by JSON pointer; nothing if it is of the schema.
pub(super) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "", &mut faults);
    faults
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        return check(document, target, value, at, faults);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = |choice: &&Value| self::faults(document, choice, value).is_empty();
        if choices.iter().filter(fits).count() != 1 {
            faults.push(format!("{at}: {value} is not one of the choices"));
        }
        return;
    }
    let Some(word) = schema["type"].as_str() else {
        return;
    };
    let is_of_type = match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        _ => panic!("{at}: the type {word} is not expected in the document"),
    };
    if !is_of_type {
        return faults.push(format!("{at}: {value} is no {word}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        faults.push(format!("{at}: {value} is none of {words:?}"));
    }
    match value {
        Value::Object(_) => check_object(document, schema, value, at, faults),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check(
                    document,
                    &schema["items"],
                    item,
                    &format!("{at}/{index}"),
                    faults,
                );
            }
        }
        Value::String(text) => {
            let is_of_format = match schema["format"].as_str() {
                Some("uuid") => uuid::Uuid::parse_str(text).is_ok(),
                Some("date-time") => text.parse::<jiff::Timestamp>().is_ok(),
                _ => true,
            };
            if !is_of_format {
                faults.push(format!("{at}: {text} is no {}", schema["format"]));
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            let below = schema["minimum"]
                .as_f64()
                .is_some_and(|least| number < least);
            let above = schema["maximum"].as_f64().is_some_and(|most| number > most);
            if below || above {
                faults.push(format!("{at}: {number} is out of range"));
            }
        }
        _ => {}
    }
}

fn check_object(
    document: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
    faults: &mut Vec<String>,
) {
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            faults.push(format!("{at}: {name} is missing"));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, member) in value.as_object().unwrap() {
        let place = format!("{at}/{name}");
        match (
            properties.and_then(|described| described.get(name)),
            &schema["additionalProperties"],
        ) {
            (Some(described), _) | (None, described @ Value::Object(_)) => {
                check(document, described, member, &place, faults);
            }
            // An object of which nothing is described is free.
            (None, Value::Null) if properties.is_none() => {}
            (None, _) => faults.push(format!("{place} is not described")),
        }
    }
}

#[test]
fn what_is_not_of_its_schema_is_found() {
    let document = serde_json::json!({ "components": { "schemas": {
        "A": { "type": "object", "required": ["n"], "additionalProperties": false, "properties": {
            "n": { "type": "integer", "minimum": 1 },
            "word": { "type": "string", "enum": ["a", "b"] },
            "at": { "type": "string", "format": "date-time" },
            "id": { "type": "string", "format": "uuid" },
            "list": { "type": "array", "items": { "$ref": "#/components/schemas/A" } },
            "either": { "oneOf": [{ "type": "string" }, { "$ref": "#/components/schemas/A" }] },
            "free": {},
        }},
    }}});
    let schema = serde_json::json!({ "$ref": "#/components/schemas/A" });
    let faults = |text: &str| faults(&document, &schema, &serde_json::from_str(text).unwrap());
    let well = r#"{"n":1,"word":"a","at":"2026-11-23T07:01:55.000Z","list":[{"n":2}],"either":{"n":3},"free":[null]}"#;
    assert_eq!(faults(well), Vec::<String>::new());
    for wrong in [
        "[]",
        "{}",
        r#"{"n":0}"#,
        r#"{"n":1.5}"#,
        r#"{"n":1,"word":"c"}"#,
        r#"{"n":1,"at":"today"}"#,
        r#"{"n":1,"id":"7"}"#,
        r#"{"n":1,"list":[{"n":"2"}]}"#,
        r#"{"n":1,"either":1}"#,
        r#"{"n":1,"other":1}"#,
        r#"{"n":1,"word":null}"#,
    ] {
        assert_eq!(faults(wrong).len(), 1, "{wrong}");
    }
}
