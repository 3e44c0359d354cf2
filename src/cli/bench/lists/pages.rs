//! The pages of one list, one after another.

use std::time::Instant;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::cli::bench::deployment::Deployment;
use crate::cli::bench::http::{self, Connection};
use crate::cli::bench::latency::{Latencies, Percentiles};
use crate::cli::bench::report::rounded;

#[derive(Serialize)]
pub(super) struct Pages {
    latency: Percentiles,
    /// How many tasks a page had, on average: few where few of those looked at fit.
    items_each: f64,
}

/// What of a page counts here.
#[derive(Deserialize)]
struct Page {
    items: Vec<IgnoredAny>,
    next_cursor: Option<String>,
}

/// Turns so many pages; behind the last one the list begins anew.
#[expect(clippy::cast_precision_loss, reason = "no run counts as far as 2^53")]
pub(super) async fn turn(
    connection: &mut Connection,
    deployment: &Deployment,
    path: &str,
    limit: usize,
    pages: u32,
) -> anyhow::Result<Pages> {
    let latency = Latencies::new()?;
    let (mut cursor, mut items) = (String::new(), 0);
    for _ in 0..pages {
        let request = http::get(
            deployment.address(),
            &format!("{path}&limit={limit}{cursor}"),
        );
        let sent = Instant::now();
        let reply = connection.send(&request).await?;
        latency.record(sent.elapsed());
        let page: Page = serde_json::from_slice(reply.require(200)?)?;
        items += page.items.len();
        cursor = page
            .next_cursor
            .map_or_else(String::new, |next| format!("&cursor={next}"));
    }
    Ok(Pages {
        latency: latency.percentiles(),
        items_each: rounded(items as f64 / f64::from(pages.max(1))),
    })
}
