//! Pages of lists over many tasks, by each filter, and what the indexes behind them cost a task.
//!
//! One request at a time, beside nothing else: how long a page takes, not how many a second there
//! may be. Start with [`lists`] for what is read, [`fill`] for what it is read from.

mod bytes;
mod fill;
mod pages;

use std::collections::BTreeMap;

use serde::Serialize;

use self::bytes::IndexBytes;
use self::fill::Filled;
use self::pages::Pages;
use super::BenchArgs;
use super::deployment::Deployment;
use super::http::Connection;

/// Tasks of a page, unless a client asks for another number.
const PAGE: usize = 50;

/// As many as a page may have.
const LARGEST_PAGE: usize = 500;

#[derive(Serialize)]
pub(super) struct Lists {
    tasks: u64,
    /// By what the filter names; `largest` is `queue_state` with pages of 500.
    pages: BTreeMap<&'static str, Pages>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index_bytes_each: Option<IndexBytes>,
}

pub(super) async fn run(args: &BenchArgs, deployment: &Deployment) -> anyhow::Result<Lists> {
    let (filled, index_bytes_each) = fill::fill(args, deployment).await?;
    if let Some(redis) = deployment.redis() {
        redis.settle().await?;
    }
    let mut connection = Connection::open(deployment.address()).await?;
    let mut pages = BTreeMap::new();
    for (name, path, limit) in lists(&filled) {
        let measured = pages::turn(&mut connection, deployment, &path, limit, args.rounds).await?;
        pages.insert(name, measured);
    }
    Ok(Lists {
        tasks: filled.tasks,
        pages,
        index_bytes_each,
    })
}

/// The lists: what each is called, where it is, and how many tasks a page has.
fn lists(filled: &Filled) -> Vec<(&'static str, String, usize)> {
    let Filled {
        queue,
        finished,
        node,
        job,
        middle,
        later,
        ..
    } = filled;
    let of_tasks = [
        ("all", String::new()),
        ("state", "state=queued".to_owned()),
        ("queue_state", format!("queue={queue}&state=queued")),
        (
            "queue_type_state",
            format!("queue={queue}&type=t3&state=queued"),
        ),
        ("type_state", "type=t3&state=queued".to_owned()),
        ("finished", format!("queue={finished}&state=succeeded")),
        ("tag", "tag=rare".to_owned()),
        ("tag_state", "tag=rare&state=queued".to_owned()),
        ("node", format!("queue={finished}&node_id={node}")),
        ("job_id", format!("job_id={job}&state=queued")),
        (
            "job_id_nothing_fits",
            format!("job_id={job}&state=succeeded"),
        ),
        (
            "time",
            format!("created_after={middle}&created_before={later}"),
        ),
        // Those that were stored before come behind half of all tasks.
        ("before", format!("created_before={middle}")),
        // Each page looks at as many tasks as it may, and none of them fits.
        ("nothing_fits", "type=none".to_owned()),
    ];
    let of_tasks = of_tasks.map(|(name, filter)| (name, format!("/v1/tasks?{filter}"), PAGE));
    let others = [
        (
            "largest",
            format!("/v1/tasks?queue={queue}&state=queued"),
            LARGEST_PAGE,
        ),
        ("job", format!("/v1/jobs/{job}/tasks?"), PAGE),
    ];
    of_tasks.into_iter().chain(others).collect()
}
