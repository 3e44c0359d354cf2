//! `taskyard bench` against the service itself: that it measures, not how fast it is.

use serde_json::Value;
use tempfile::tempdir;

use super::service::{printed, taskyard};

#[test]
fn bench_jobs_brings_a_job_in_through_and_out() {
    let dir = tempdir().unwrap();
    let output = taskyard(dir.path())
        .args(["bench", "jobs", "--quick", "--json", "--lines", "3000"])
        .args(["--chunk", "7", "--stream-bytes", "300000", "--data-dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", printed(&output));
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let jobs = &figures["jobs"];
    assert_eq!(
        (&jobs["lines"], &jobs["tasks"]),
        (&3_000.into(), &429.into())
    );
    for (part, count) in [("ingest", 3_000), ("process", 429), ("results", 429)] {
        assert_eq!(jobs[part]["count"], count, "{part}");
        assert!(jobs[part]["per_s"].as_f64().unwrap() > 0.0, "{part}");
    }
    assert!(jobs["redis_bytes_each_line"].as_f64().unwrap() > 100.0);
    assert!(jobs["ingest_memory_rise_bytes"].is_u64());
    assert_eq!(jobs["stream"]["bytes"], 300_000);
    assert!(jobs["stream"]["memory_rise_bytes"].is_u64());
}
