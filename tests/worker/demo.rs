//! `taskyard demo` as a process, with the real service.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A demo on a text of three files; dropping it ends it.
struct Demo {
    process: Child,
    _text: TempDir,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let text = tempfile::tempdir().unwrap();
        fs::write(text.path().join("a.txt"), "Yard yard\n".repeat(1000)).unwrap();
        fs::write(text.path().join("b.txt"), "the \"yard\" don't\n").unwrap();
        fs::write(text.path().join("c.bin"), b"\0yard").unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_taskyard"))
            .arg("demo")
            .arg(text.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            process,
            _text: text,
        }
    }

    /// What it writes, up to a line that begins with `last`, or to the end.
    fn lines_to(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for line in BufReader::new(self.process.stdout.as_mut().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines.last().unwrap().starts_with(last) {
                break;
            }
        }
        lines
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// The folder in which all of the demo's processes run.
    fn folder(&self) -> String {
        format!("taskyard-demo-{}", self.process.id())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How many processes run in a folder of this name, or below it.
fn processes_in(folder: &str) -> usize {
    let links = fs::read_dir("/proc").unwrap().flatten();
    let folders = links.filter_map(|entry| fs::read_link(entry.path().join("cwd")).ok());
    folders
        .filter(|path| path.to_string_lossy().contains(folder))
        .count()
}

#[test]
fn the_demo_counts_exactly_and_leaves_nothing() {
    let mut demo = Demo::start(&["--once"]);
    let lines = demo.lines_to("never").join("\n");
    assert!(demo.process.wait().unwrap().success());
    for told in [
        "in 2 files, 1,001 lines (1 files skipped: not text)",
        "\njob       taskyard job submit lines.ndjson --queue word-count --chunk 400\n",
        "\n          taskyard job watch ",
        "\n          taskyard job results ",
        "\ntasks     3 in ",
        "demo-1 did ",
        "words     2,004, 4 different",
        "\n       2,001  yard\n           1  don\n           1  t\n           1  the",
    ] {
        assert!(lines.contains(told), "{told:?} is missing in:\n{lines}");
    }
    assert_eq!(processes_in(&demo.folder()), 0);
    assert!(!std::env::temp_dir().join(demo.folder()).exists());
}

#[test]
fn ctrl_c_ends_all_that_the_demo_started() {
    let mut demo = Demo::start(&[]);
    demo.lines_to("Ctrl-C");
    assert!(processes_in(&demo.folder()) >= 3);
    demo.signal(Signal::INT);
    assert!(demo.process.wait().unwrap().success());
    assert_eq!(processes_in(&demo.folder()), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_demo_leaves_no_process() {
    let mut demo = Demo::start(&[]);
    demo.lines_to("Ctrl-C");
    demo.signal(Signal::KILL);
    let started = Instant::now();
    while processes_in(&demo.folder()) > 0 {
        assert!(started.elapsed() < Duration::from_secs(40), "some are left");
        std::thread::sleep(Duration::from_millis(50));
    }
    fs::remove_dir_all(std::env::temp_dir().join(demo.folder())).unwrap();
}
