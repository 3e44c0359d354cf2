//! A terminal for a command, as a person would have it.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// All that a command writes to its terminal. It has to succeed.
pub(crate) fn shown(command: Command) -> String {
    shown_while(command, |_| {})
}

/// The same, while `look` sees what is there so far.
pub(crate) fn shown_while(mut command: Command, mut look: impl FnMut(&str)) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut child = command
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs)
        .spawn()
        .unwrap();
    // What keeps the other side open.
    drop(command);
    let (mut ours, mut shown, mut piece) = (File::from(ours), Vec::new(), [0; 4096]);
    // A terminal that nobody writes to any more is an error to whoever reads it.
    while let Ok(read @ 1..) = ours.read(&mut piece) {
        shown.extend_from_slice(&piece[..read]);
        look(&String::from_utf8_lossy(&shown));
    }
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(child.wait().unwrap().success(), "{shown}");
    shown
}
