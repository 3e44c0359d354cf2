//! The shell in which the commands of a document are run.

use std::fmt::Write;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::expected;
use super::markdown::{Block, Kind};
use crate::ops::service::{Service, eventually_within, shell};

/// For one document.
const LIMIT: Duration = Duration::from_mins(2);

/// Runs the blocks in order, as if they were pasted into one shell, and compares what they
/// print. The shell has `taskyard` on its PATH, and `TASKYARD_URL` and `TASKYARD_DATA_DIR`
/// name a fresh service; what it leaves running is ended.
pub(super) fn run(document: &str, blocks: &[Block]) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(dir.path());
    let place = dir.path().join("place");
    fs::create_dir(&place).unwrap();
    fs::write(place.join("script"), script(blocks, dir.path())).unwrap();

    let mut child = command(dir.path(), &place, &service).spawn().unwrap();
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let what = format!("the commands of {document} end");
    let status = eventually_within(LIMIT, &what, || child.try_wait().unwrap());
    // What the document starts in the background and leaves.
    let _ = kill_process_group(group, Signal::KILL);

    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    let at = read("at");
    let said = format!("{}{}", read(&format!("{at}.out")), read("stderr"));
    assert!(status.success(), "{document}:{at}: {status}\n{said}");
    let runs = blocks
        .iter()
        .filter(|block| block.kind == Kind::Run)
        .count();
    assert!(runs > 0, "{document} has no commands");
    for pair in blocks.windows(2) {
        let [before, block] = pair else { continue };
        let compare = match block.kind {
            Kind::Json => expected::json,
            Kind::Text => expected::text,
            _ => continue,
        };
        assert!(
            before.kind == Kind::Run,
            "{document}:{}: of what?",
            block.line
        );
        let printed = read(&format!("{}.out", before.line));
        if let Err(difference) = compare(&block.text, &printed) {
            panic!("{document}:{}: {difference}", block.line);
        }
    }
}

/// All blocks as one script. A brace group keeps variables and functions for the next.
fn script(blocks: &[Block], outputs: &Path) -> String {
    let mut script = "set -eu\n".to_owned();
    for block in blocks.iter().filter(|block| block.kind == Kind::Run) {
        let (line, dir) = (block.line, outputs.display());
        let text = &block.text;
        writeln!(
            script,
            "printf {line} > {dir}/at\n{{\n{text}}} > {dir}/{line}.out"
        )
        .unwrap();
    }
    script
}

fn command(dir: &Path, place: &Path, service: &Service) -> Command {
    let mut shell = shell(place);
    shell
        .arg("script")
        .env("HOME", dir)
        .env("TASKYARD_URL", format!("http://{}", service.address))
        .env("TASKYARD_DATA_DIR", &service.data_dir)
        .stdout(Stdio::null())
        .stderr(fs::File::create(dir.join("stderr")).unwrap())
        .process_group(0);
    shell
}
