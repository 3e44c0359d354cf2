//! Which part of a list.

use clap::Args;

use crate::client::PageOf;

/// The arguments of every list.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// How many at most [default: 50, at most 500]
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Go on where an earlier list ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

impl Paging {
    pub(crate) fn page(&self) -> PageOf<'_> {
        PageOf {
            limit: self.limit,
            cursor: self.cursor.as_deref(),
        }
    }
}
