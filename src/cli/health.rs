//! `taskyard health`: whether the service can serve, for people and container health checks.

use clap::Args;

use super::call::CallArgs;
use super::exit::Failure;

const EXAMPLES: &str = "\
Examples:
  taskyard health
  until taskyard health -q > /dev/null; do sleep 1; done";

/// Ask whether the service is ready, and how safely it keeps what it confirms
///
/// Exit 0: ready. Exit 8: not ready, or not there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Health {
    #[command(flatten)]
    call: CallArgs,
}

impl Health {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.call.run(async |caller| {
            let readiness = caller.client.get_readiness().await?;
            caller.output.show(&readiness)
        })
    }
}
