//! `taskyard completion`: what makes a shell complete the commands and options.

use std::io::{self, Write};

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};

use super::exit::Failure;

const EXAMPLES: &str = "\
Examples:
  source <(taskyard completion bash)
  taskyard completion zsh > ~/.zfunc/_taskyard
  taskyard completion fish > ~/.config/fish/completions/taskyard.fish";

/// Print a script that makes a shell complete commands and options
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completion {
    /// The shell
    shell: ShellName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
}

impl Completion {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "every command runs in the same way"
    )]
    pub(super) fn run(self, mut program: Command) -> Result<(), Failure> {
        let shell = match self.shell {
            ShellName::Bash => Shell::Bash,
            ShellName::Zsh => Shell::Zsh,
            ShellName::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        generate(shell, &mut program, "taskyard", &mut script);
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = io::stdout().write_all(&script);
        Ok(())
    }
}
