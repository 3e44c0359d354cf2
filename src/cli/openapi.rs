//! `taskyard openapi`: the OpenAPI document, without a service.

use std::io::{self, Write};

use super::exit::Failure;

const EXAMPLES: &str = "\
Examples:
  taskyard openapi > openapi.json
  taskyard openapi | jq '.paths | keys'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Openapi;

impl Openapi {
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "every command runs in the same way"
    )]
    pub(super) fn run(self) -> Result<(), Failure> {
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = writeln!(io::stdout(), "{}", crate::server::openapi_document());
        Ok(())
    }
}
