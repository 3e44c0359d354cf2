//! `taskyard openapi`: the OpenAPI document, without a service.

use std::io::{self, Write};

use super::exit::Failure;

#[derive(Debug, clap::Args)]
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
