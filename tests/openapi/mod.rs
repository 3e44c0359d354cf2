//! The committed OpenAPI document is what the routes say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

#[test]
fn the_committed_document_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let committed = fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed.trim_end() == taskyard::api::document(),
        "openapi/openapi.json is stale; renew it with\n\n    cargo run -- openapi > openapi/openapi.json\n"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_declared_tag() {
    let document: Value = serde_json::from_str(&taskyard::api::document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(is_camel_case(name), "{method} {path} is named {name:?}");
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            let of = operation["tags"].as_array().unwrap();
            assert_eq!(of.len(), 1, "{name}");
            assert!(tags.contains(of[0].as_str().unwrap()), "{name}");
        }
    }
    assert!(names.contains("submitTask"));
}

#[test]
fn every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&taskyard::api::document()).unwrap();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
