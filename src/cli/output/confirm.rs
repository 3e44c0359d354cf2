//! Asking before what cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, anyhow};
use clap::Args;

use crate::cli::exit::{Exit, Failure};

/// The answer given beforehand.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Confirm {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Confirm {
    /// Asks `question`. Without a terminal nobody can answer, so --yes has to be there.
    pub(crate) fn ask(self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            let needed = anyhow!("{question} There is no terminal to ask on: say --yes");
            return Err(Failure::usage(needed));
        }
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        io::stdin()
            .lock()
            .read_line(&mut answer)
            .context("the answer cannot be read")?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        Err(Failure::new(Exit::Failure, anyhow!("nothing was done")))
    }
}
