//! The command line as a person or a script uses it: against a real service, by what it
//! prints and how it exits.
//!
//! The service and the program come from `ops::service`. Commands for nodes at work are in
//! `worker`.

mod bulk;
mod errors;
mod help;
mod jobs;
mod nodes;
mod queues;
mod recorder;
mod records;
mod requests;
mod schedules;
mod tasks;
mod terminal;

use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::ops::service::{Service, printed, taskyard};

/// A service and a place to type commands.
pub(crate) struct Shell {
    service: Service,
    dir: TempDir,
}

impl Shell {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            service: Service::start(dir.path()),
            dir,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.service.address)
    }

    /// Runs `taskyard` with these arguments; nothing but pipes around it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = taskyard(self.dir.path());
        command.args(arguments).env("TASKYARD_URL", self.url());
        command.output().unwrap()
    }

    /// The same, with something on stdin.
    pub(crate) fn run_with(&self, arguments: &[&str], stdin: &str) -> Output {
        use std::io::Write;
        let mut command = taskyard(self.dir.path());
        command
            .args(arguments)
            .env("TASKYARD_URL", self.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(stdin.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    /// What it prints, without the newline at its end; it has to succeed.
    pub(crate) fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            printed(&output)
        );
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.told(&[arguments, &["-o", "json"]].concat())).unwrap()
    }

    /// Expects this exit code, and these words on stderr.
    pub(crate) fn fails(&self, arguments: &[&str], code: i32, words: &str) {
        let output = self.run(arguments);
        let said = printed(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(words), "{arguments:?}: {said}");
    }

    /// Claims the next task of a queue as a node with nothing but HTTP would.
    pub(crate) fn claim(&self, queue: &str) -> Value {
        let body = format!("{{\"queues\": [\"{queue}\"]}}");
        let claimed = self.told(&["api", "POST", "/v1/nodes/n/claim", "-d", &body]);
        let claimed: Value = serde_json::from_str(&claimed).unwrap();
        claimed["tasks"][0].clone()
    }

    /// Reports a claimed task; `verb` and more members of the body.
    pub(crate) fn report(&self, task: &Value, verb: &str, mut body: Value) {
        body["lease_token"] = task["lease_token"].clone();
        let path = format!("/v1/tasks/{}/{verb}", task["id"].as_str().unwrap());
        self.told(&["api", "POST", &path, "-d", &body.to_string()]);
    }
}
