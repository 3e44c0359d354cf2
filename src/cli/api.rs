//! `taskyard api`: any request, for what has no command of its own.

use std::io::{self, Write};

use anyhow::anyhow;
use clap::Args;

use super::call::{CallArgs, Caller};
use super::exit::{Exit, Failure};
use super::input::Content;
use crate::client::PlainRequest;

const EXAMPLES: &str = "\
Examples:
  taskyard api GET /v1/queues
  taskyard api POST /v1/tasks -d '{\"queue\": \"mail\"}' -H 'Idempotency-Key: order-17'
  taskyard api POST /v1/tasks/batch -d @tasks.json
  jq -c . claim.json | taskyard api POST /v1/nodes/laptop/claim -d -";

/// Send a request to the service and print the body of its answer
///
/// The body is printed as it comes, whatever the status, which stands on stderr. The exit
/// code tells its class: 0 for 2xx, else as below `taskyard --help`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Api {
    #[command(flatten)]
    call: CallArgs,
    /// GET, POST, PUT, PATCH or DELETE
    method: String,
    /// The path, with its query, such as /v1/queues?limit=5
    path: String,
    /// The body: itself, @FILE, or - for stdin; JSON unless a header says otherwise
    #[arg(short, long, value_name = "BODY")]
    data: Option<Content>,
    /// A header; may be given more than once
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
}

impl Api {
    pub(super) fn run(self) -> Result<(), Failure> {
        let request = self.request()?;
        self.call.run(async |caller| send(&caller, request).await)
    }

    fn request(&self) -> Result<PlainRequest, Failure> {
        let mut request = PlainRequest::new(&self.method, &self.path).map_err(Failure::usage)?;
        for line in &self.headers {
            request = request.header(line).map_err(Failure::usage)?;
        }
        Ok(match &self.data {
            Some(content) => request.body(content.read()?),
            None => request,
        })
    }
}

async fn send(caller: &Caller, request: PlainRequest) -> Result<(), Failure> {
    let reply = caller.client.send_plain(request).await?;
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = io::stdout().write_all(&reply.body);
    if !reply.body.is_empty() && !reply.body.ends_with(b"\n") {
        let _ = io::stdout().write_all(b"\n");
    }
    let status = format!("{} {}", reply.status, reply.reason);
    if (200..300).contains(&reply.status) {
        caller.output.tell(&status);
        return Ok(());
    }
    Err(Failure::new(Exit::of_status(reply.status), anyhow!(status)))
}
