//! The hidden `taskyard tied-exec`: becomes another program that ends with its parent.
//!
//! Only a process itself can ask the kernel for a signal at its parent's death, and a
//! hook between fork and exec would need unsafe code. So whoever must not leave
//! processes behind, not even when it is killed, starts them through this.

use std::os::unix::process::{CommandExt, parent_id};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use clap::Args;

use super::exit::Failure;

/// The subcommand's name.
pub(super) const SUBCOMMAND: &str = "tied-exec";

/// Becomes PROGRAM, tied to the life of the process that started this one.
#[derive(Debug, Args)]
pub(super) struct TiedExec {
    /// The process that started this one
    #[arg(long)]
    parent: u32,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// The arguments that tie `program` to this process; its own follow.
pub(super) fn arguments(program: &Path) -> [String; 5] {
    let parent = std::process::id().to_string();
    let program = program.display().to_string();
    [
        SUBCOMMAND.to_owned(),
        "--parent".to_owned(),
        parent,
        "--".to_owned(),
        program,
    ]
}

impl TiedExec {
    /// Returns only when it failed. No thread may have been started before, since the
    /// kernel keeps the signal for the thread that asks.
    pub(super) fn run(self) -> Result<(), Failure> {
        Ok(self.become_program()?)
    }

    fn become_program(self) -> anyhow::Result<()> {
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
            .context("cannot be tied to the parent process")?;
        // The parent may have died before the kernel knew that we want to hear of it.
        if parent_id() != self.parent {
            bail!("the process that started this one has ended");
        }
        let Some((program, arguments)) = self.command.split_first() else {
            bail!("there is no program to run");
        };
        Err(Command::new(program).args(arguments).exec()).context("cannot run the program")
    }
}
