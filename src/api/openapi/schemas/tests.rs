use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::placement::LabelTests;
use super::{
    Load, Performance, Preference, Progress, Requirements, RetryPolicy, TaskError, TaskFilter,
};
use crate::domain::{
    Document, NodeId, QueueName, TaskState, TaskType, UnixMillis, node, placement, retry, task,
    task_filter,
};

/// The described form has the members that the domain's type is written with.
fn agree<T: ToSchema>(value: &impl Serialize) {
    let described = serde_json::to_value(T::schema()).expect("a schema");
    let written = serde_json::to_value(value).expect("a value");
    let names = |value: &Value| {
        value
            .as_object()
            .expect("members")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&described["properties"]),
        names(&written),
        "{}",
        T::name()
    );
}

#[test]
fn forms_have_the_members_of_the_domain_types() {
    agree::<RetryPolicy>(&retry::RetryPolicy::default());
    agree::<Requirements>(&placement::Requirements {
        labels: BTreeMap::from([("gpu".to_owned(), "a100".into())]),
        resources: BTreeMap::from([("memory_mb".to_owned(), 1.0)]),
        node: NodeId::parse("n").ok(),
    });
    agree::<LabelTests>(&placement::Tests {
        one_of: Some(Vec::new()),
        exists: Some(true),
        not: Some(String::new()),
        lt: Some(1.0),
        gt: Some(1.0),
    });
    agree::<Preference>(&placement::Preference {
        labels: BTreeMap::new(),
        weight: 1,
    });
    agree::<TaskError>(&task::TaskError {
        code: String::new(),
        message: String::new(),
        detail: Some(Document::empty_object()),
    });
    agree::<Progress>(&task::Progress {
        fraction: Some(0.5),
        message: Some(String::new()),
    });
    agree::<Performance>(&node::Performance {
        cpu_cores: Some(1.0),
        memory_mb: Some(1.0),
        benchmark: Some(1.0),
    });
    agree::<TaskFilter>(&task_filter::TaskFilter {
        queue: QueueName::parse("q").ok(),
        state: Some(TaskState::Queued),
        task_type: Some(TaskType::default()),
        tag: Some(String::new()),
        job_id: Some(uuid::Uuid::nil()),
        node_id: NodeId::parse("n").ok(),
        created_after: Some(UnixMillis::new(0)),
        created_before: Some(UnixMillis::new(0)),
    });
    agree::<Load>(&node::Load {
        cpu: Some(0.5),
        memory: Some(0.5),
    });
}
