//! `taskyard openapi`: the OpenAPI document, without a service.

use std::io::{self, Write};

use super::exit::Failure;

const EXAMPLES: &str = "\
Examples:
  taskyard openapi > openapi.json
  taskyard openapi | jq '.paths | keys'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Openapi {
    /// Print OpenAPI 3.0.3 instead of 3.1, for tools that cannot read 3.1
    #[arg(long)]
    v30: bool,
}

impl Openapi {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "every command runs in the same way"
    )]
    pub(super) fn run(self) -> Result<(), Failure> {
        let document = if self.v30 {
            crate::server::openapi_document_v30()
        } else {
            crate::server::openapi_document()
        };
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = writeln!(io::stdout(), "{document}");
        Ok(())
    }
}
