//! The worker's process, and the files its handlers leave for a test to see.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A running worker on queue `q`; dropping it kills it, and its handlers.
pub(crate) struct Worker {
    child: Child,
    /// Handlers run here.
    dir: TempDir,
}

impl Worker {
    pub(crate) fn start(url: &str, exec: &str, arguments: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_taskyard"))
            .args([
                "worker", "run", "--queue", "q", "--url", url, "--exec", exec,
            ])
            .args(arguments)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, dir }
    }

    /// Whatever runs in the worker's folder: the worker, and handlers that outlive one that is killed.
    fn all_here(&self) -> Vec<Pid> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let here = processes.filter(|entry| {
            let folder = std::fs::read_link(entry.path().join("cwd"));
            folder.is_ok_and(|folder| folder == self.dir.path())
        });
        let ids = here.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter_map(Pid::from_raw).collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// The worker's exit, which has to come.
    pub(crate) async fn exit(&mut self) -> ExitStatus {
        let wait = tokio::time::timeout(Duration::from_secs(20), self.child.wait());
        wait.await.expect("the worker does not end").unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Lets a handler that waits for a file of this name go on.
    pub(crate) fn write_file(&self, name: &str) {
        std::fs::write(self.path(name), "").unwrap();
    }

    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Polls until a handler has made a file of this name.
    pub(crate) async fn until_file(&self, name: &str) {
        let poll = async {
            while !self.has_file(name) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), poll).await;
        assert!(waited.is_ok(), "no handler has written {name}");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        for process in self.all_here() {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}
