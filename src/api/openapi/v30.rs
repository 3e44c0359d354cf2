//! The document in OpenAPI 3.0.3: the same content for tools that cannot read 3.1.

use serde_json::{Map, Value, json};

/// Members whose members have names of the user's choice, so that none is a keyword.
const NAMED: [&str; 8] = [
    "properties",
    "schemas",
    "responses",
    "headers",
    "parameters",
    "paths",
    "content",
    "securitySchemes",
];
/// Free JSON, which is left as it is.
const FREE: [&str; 3] = ["example", "default", "enum"];

/// Says in 3.0 what a finished 3.1 document says.
pub(super) fn convert(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document
        .pointer_mut("/info/license")
        .and_then(Value::as_object_mut)
    {
        license.remove("identifier");
    }
    walk(&mut document, false);
    document
}

fn walk(value: &mut Value, named: bool) {
    match value {
        Value::Object(members) => {
            if !named {
                keywords(members);
            }
            for (name, member) in members.iter_mut() {
                if named || !FREE.contains(&name.as_str()) {
                    walk(member, !named && NAMED.contains(&name.as_str()));
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, false)),
        _ => {}
    }
}

fn keywords(members: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = members.get("type") {
        let mut types = types.clone();
        members.remove("type");
        let all = types.len();
        types.retain(|word| word != "null");
        if types.len() < all {
            members.insert("nullable".into(), json!(true));
        }
        if let [word] = &types[..] {
            members.insert("type".into(), word.clone());
        } else {
            members.insert(
                "anyOf".into(),
                types.iter().map(|word| json!({ "type": word })).collect(),
            );
        }
    }
    if let Some(constant) = members.remove("const") {
        members.insert("enum".into(), json!([constant]));
    }
    if let Some(Value::Array(examples)) = members.get("examples")
        && let Some(first) = examples.first().cloned()
    {
        members.remove("examples");
        members.insert("example".into(), first);
    }
    for (exclusive, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if let Some(limit) = members
            .get(exclusive)
            .filter(|limit| limit.is_number())
            .cloned()
        {
            members.insert(bound.into(), limit);
            members.insert(exclusive.into(), json!(true));
        }
    }
    // In 3.0 what stands beside a reference is ignored.
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        members.insert("allOf".into(), json!([{ "$ref": reference }]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_3_1_can_say_is_said_otherwise() {
        let said = convert(json!({
            "info": { "license": { "name": "X", "identifier": "X" } },
            "components": { "schemas": { "A": {
                "type": ["string", "null"],
                "properties": {
                    "type": { "const": "a", "examples": ["a", "b"] },
                    "const": { "exclusiveMinimum": 0 },
                    "other": { "$ref": "#/components/schemas/A", "description": "Another." },
                    "plain": { "$ref": "#/components/schemas/A" },
                },
                "example": { "const": 1 },
            }}},
        }));
        let wanted = json!({
            "openapi": "3.0.3",
            "info": { "license": { "name": "X" } },
            "components": { "schemas": { "A": {
                "type": "string",
                "nullable": true,
                "properties": {
                    "type": { "enum": ["a"], "example": "a" },
                    "const": { "minimum": 0, "exclusiveMinimum": true },
                    "other": { "allOf": [{ "$ref": "#/components/schemas/A" }], "description": "Another." },
                    "plain": { "$ref": "#/components/schemas/A" },
                },
                "example": { "const": 1 },
            }}},
        });
        assert_eq!(said, wanted);
    }
}
