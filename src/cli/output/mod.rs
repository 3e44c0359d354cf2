//! How answers look: a table on a terminal, tabs between values when piped, and the
//! service's own JSON for programs.
//!
//! Data goes to stdout, messages to stderr. Nothing here knows what a task or a queue
//! is: a table's columns are names of members. Deliberately without colours, so that
//! `NO_COLOR` holds (clap heeds it in its help).
//!
//! Start with [`Output`].

mod confirm;
mod members;
mod progress;
mod table;

use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use clap::{Args, ValueEnum};

pub(crate) use confirm::Confirm;
pub(crate) use progress::Progress;

use self::members::Members;
use self::table::Layout;
use super::exit::Failure;
use crate::client::{Document, Page};

/// How answers look.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// How the answer looks
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "table",
        global = true,
        help_heading = "Output"
    )]
    output: Format,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, help_heading = "Output")]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people; when piped, values with tabs between them and no heading.
    Table,
    /// The service's JSON.
    Json,
    /// A list as one JSON object a line.
    Ndjson,
}

impl Output {
    /// Whether the service's JSON is wanted rather than what a command makes of it.
    pub(crate) fn is_json(self) -> bool {
        self.output != Format::Table
    }

    /// A resource: each member, in the service's order.
    pub(crate) fn show(self, document: &Document) -> Result<(), Failure> {
        if self.is_json() {
            return write(document.get());
        }
        // An answer without a body says no more than that it is done.
        if document.get() == "null" {
            return Ok(());
        }
        let members = Members::of(document)?;
        let rows = members
            .names()
            .map(|name| vec![name.to_owned(), members.text(name)]);
        write(&table::lines(Layout::of_stdout(), &[], rows.collect()))
    }

    /// A part of a list: the named members of each item.
    pub(crate) fn list(self, page: &Page, columns: &[&str]) -> Result<(), Failure> {
        match self.output {
            Format::Json => {
                let text = serde_json::to_string(page).context("cannot write")?;
                write(&text)?;
            }
            Format::Ndjson => {
                for item in &page.items {
                    write(item.get())?;
                }
            }
            Format::Table => {
                let rows: Result<Vec<_>, Failure> = page
                    .items
                    .iter()
                    .map(|item| {
                        let members = Members::of(item)?;
                        Ok(columns.iter().map(|name| members.text(name)).collect())
                    })
                    .collect();
                write(&table::lines(Layout::of_stdout(), columns, rows?))?;
            }
        }
        if let (Some(cursor), Format::Table | Format::Ndjson) = (&page.next_cursor, self.output) {
            self.tell(&format!("there are more: --cursor {cursor}"));
        }
        Ok(())
    }

    /// The same with every member that an item has.
    pub(crate) fn list_whole(self, page: &Page) -> Result<(), Failure> {
        let mut columns: Vec<String> = Vec::new();
        for item in &page.items {
            for name in Members::of(item)?.names() {
                if columns.iter().all(|column| column != name) {
                    columns.push(name.to_owned());
                }
            }
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        self.list(page, &columns)
    }

    /// A message for people.
    pub(crate) fn tell(self, message: &str) {
        if !self.quiet {
            // With stderr closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "{message}");
        }
    }
}

/// Data for stdout, with a line's end. A reader that has seen enough, such as `head`, is
/// no failure; a full disk is.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::from(error).context("cannot write").into())
        }
        _ => Ok(()),
    }
}

/// Whether a person reads stdout.
fn is_for_people() -> bool {
    io::stdout().is_terminal()
}
