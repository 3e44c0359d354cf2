//! The OpenAPI documents: that they are fresh, whole, fit for generators, and true.
//!
//! [`described`] holds every answer that any test of the api gets against the document, and
//! [`examples`] every example. What outside tools make of it is judged by `tests/judges`.

pub(crate) mod described;
mod document;
mod examples;
mod page;
mod schema;

use std::sync::OnceLock;

use serde_json::Value;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// The document as it is generated now.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&taskyard::api::document()).unwrap())
}

/// An operation, and where it is.
struct Operation {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    body: &'static Value,
}

/// Every operation of the document.
fn operations() -> impl Iterator<Item = Operation> {
    let paths = document()["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            let body = item.get(method)?;
            let id = body["operationId"].as_str().unwrap_or_default();
            Some(Operation {
                method,
                path,
                id,
                body,
            })
        })
    })
}

impl Operation {
    /// The media types of an answer, none if it is not described.
    fn answer(&self, status: &str) -> Option<&'static Value> {
        self.body["responses"].get(status)
    }

    /// Statuses of success, with what they answer.
    fn successes(&self) -> impl Iterator<Item = (&'static String, &'static Value)> {
        let responses = self.body["responses"].as_object().unwrap();
        responses
            .iter()
            .filter(|(status, _)| status.starts_with('2'))
    }
}
