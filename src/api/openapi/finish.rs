//! What makes the document fit for generators of clients: no null types, examples, and the
//! parameters and headers that every operation has.

use serde_json::{Map, Value, json};

use super::examples;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];
/// Free JSON, in which null is a value.
const FREE: [&str; 3] = ["example", "default", "enum"];

/// Finishes the document that the routes made.
pub(super) fn finish(document: &mut Value) {
    omit_nulls(document);
    request_ids(document);
    let operations = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in operations {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                examples::add(operation);
                answer_with_request_id(operation);
                // `security(())` becomes one way in that asks for nothing: none is plainer.
                if operation.get("security") == Some(&json!([{}])) {
                    operation["security"] = json!([]);
                }
            }
        }
    }
}

/// An `Option` is written as nullable. Here absent members are left out, and nullable types,
/// above all nullable references, are what generators understand least.
fn omit_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| name != "propertyNames");
            omit_null_type(members);
            for (name, member) in members {
                if !FREE.contains(&name.as_str()) {
                    omit_nulls(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(omit_nulls),
        _ => {}
    }
}

fn omit_null_type(members: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|word| word != "null");
        if let [word] = &types[..] {
            let word = word.clone();
            members.insert("type".into(), word);
        }
    }
    let Some(Value::Array(choices)) = members.get_mut("oneOf") else {
        return;
    };
    choices.retain(|choice| choice["type"] != "null");
    if let [Value::Object(only)] = &choices[..] {
        let only = only.clone();
        members.remove("oneOf");
        for (name, member) in only {
            members.entry(name).or_insert(member);
        }
    }
}

/// Every request may carry an id, which comes back with the answer.
fn request_ids(document: &mut Value) {
    let components = &mut document["components"];
    components["parameters"]["RequestId"] = json!({
        "name": "X-Request-Id",
        "in": "header",
        "description": "An id to find this request in logs by: up to 128 letters, digits and `_.:-`. One that is not of this form is replaced.",
        "schema": { "type": "string" },
    });
    components["headers"]["RequestId"] = json!({
        "description": "The id of this request: the caller's own, or a new one.",
        "schema": { "type": "string" },
    });
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        item["parameters"] = json!([{ "$ref": "#/components/parameters/RequestId" }]);
    }
}

fn answer_with_request_id(operation: &mut Value) {
    for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        response["headers"]["X-Request-Id"] = json!({ "$ref": "#/components/headers/RequestId" });
    }
}
