//! Calls to Redis over a connection that is taken from the pool once and kept until it fails.
//!
//! Checking a connection out of the pool costs a round trip, so it is not done for each call.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::aio::ConnectionLike;
use deadpool_redis::redis::{self, Cmd, RedisError, Value};

use super::args::Args;
use super::confirmation::{self, is_promised};
use super::core::Shared;
use super::faults::Fault;
use super::functions;
use super::scripts::Script;
use super::wire::{Line, Wire};
use super::{Outcome, StoreError};

/// How long to wait for a partition that has moved to another server of a cluster.
const MOVED_PAUSES: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(150),
    Duration::from_millis(500),
];

/// How a call failed, as far as it matters for repeating it.
#[derive(Debug)]
pub(crate) enum CallError {
    /// It has not run and will not.
    NotRun(StoreError),
    /// Nobody knows whether it has run.
    Unknown(StoreError),
    /// It ran, and is not to run again: what it wrote stands.
    Ran(StoreError),
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotRun(error) | CallError::Unknown(error) | CallError::Ran(error) => error,
        }
    }
}

/// The forms in which a script is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Function,
    Digest,
    Text,
}

/// One who calls, one call at a time.
pub(crate) struct Link {
    shared: Arc<Shared>,
    wire: Arc<Wire>,
    /// The line of the last call.
    held: Option<Line>,
}

impl Link {
    /// A link with a connection of its own.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let wire = Arc::new(Wire::new(Arc::clone(&shared)));
        Self::over(wire, shared)
    }

    /// A link over a wire that others use as well.
    pub(crate) const fn over(wire: Arc<Wire>, shared: Arc<Shared>) -> Self {
        Self {
            shared,
            wire,
            held: None,
        }
    }

    /// Runs a script with these arguments, one part after another, by its name, loading it when Redis does not know it (any more).
    pub(crate) async fn eval(
        &mut self,
        script: &Script,
        prefix: &str,
        args: &[&Args],
    ) -> Result<Value, CallError> {
        let answer = self.evaluate(script, prefix, args).await;
        let answer = answer.map_err(Failure::into_call_error)?;
        if self.shared.replicated
            && is_promised(script)
            && !Box::pin(self.is_replicated(prefix)).await
        {
            return Err(CallError::Ran(StoreError::Unconfirmed));
        }
        Ok(answer)
    }

    async fn evaluate(
        &mut self,
        script: &Script,
        prefix: &str,
        args: &[&Args],
    ) -> Result<Value, Failure> {
        let mut pauses = MOVED_PAUSES.iter();
        let mut form = if self.shared.functions.are_taken() {
            Form::Function
        } else {
            Form::Digest
        };
        let mut is_loaded = false;
        loop {
            let command = match form {
                Form::Function => command("FCALL", script.function(), prefix, args),
                Form::Digest => command("EVALSHA", script.digest(), prefix, args),
                Form::Text => command("EVAL", &script.source(), prefix, args),
            };
            let error = match self.run(&command).await {
                Err(Failure::Server(error)) => error,
                other => return other,
            };
            match error.code() {
                // EVAL loads the script as it runs it, so nothing can come between.
                Some("NOSCRIPT") => form = Form::Text,
                _ if functions::is_unknown(&error) => {
                    let again = !is_loaded && self.load().await?;
                    is_loaded = true;
                    form = if again { Form::Function } else { Form::Digest };
                }
                Some("NOPERM") if form == Form::Function => {
                    self.shared.functions.refuse(&error);
                    form = Form::Digest;
                }
                // The connection to the cluster learns by it where the partition is now.
                Some("MOVED" | "ASK" | "TRYAGAIN") if let Some(pause) = pauses.next() => {
                    tokio::time::sleep(*pause).await;
                }
                _ => return Err(Failure::Server(error)),
            }
        }
    }

    /// Whether Redis has taken the functions, which it did not know. Nothing has run so far, whatever
    /// becomes of this.
    async fn load(&mut self) -> Result<bool, Failure> {
        let mut line = self.line().await?;
        let loaded = functions::load(&mut line.connection).await;
        match loaded {
            Err(error) if error.code().is_none() => {
                self.wire.discard(&line).await;
                return Err(Failure::NotSent(Some(error)));
            }
            Err(error) => self.shared.functions.refuse(&error),
            Ok(()) => {}
        }
        self.held = Some(line);
        Ok(self.shared.functions.are_taken())
    }

    /// Whether what the last call wrote has reached a replica.
    async fn is_replicated(&mut self, prefix: &str) -> bool {
        match &mut self.held {
            Some(line) if self.wire.is_current(line) => {
                confirmation::is_replicated(&mut line.connection, prefix).await
            }
            // Another server may be the master by now, and know nothing of it.
            _ => false,
        }
    }

    /// Asks whether the server of a partition is there.
    pub(crate) async fn ping(&mut self, prefix: &str) -> Result<(), CallError> {
        self.run(redis::cmd("EXISTS").arg(prefix))
            .await
            .map(drop)
            .map_err(Failure::into_call_error)
    }

    async fn run(&mut self, command: &Cmd) -> Result<Value, Failure> {
        let fault = self
            .shared
            .faults
            .as_ref()
            .map_or(Fault::None, |faults| faults.draw());
        if fault == Fault::Refused {
            return Err(Failure::NotSent(None));
        }
        let mut line = self.line().await?;
        // As it comes: `query_async` would look for errors in every part, and a script has none but the whole.
        let answer = match line.connection.req_packed_command(command).await {
            Ok(Value::ServerError(error)) => Err(error.into()),
            answer => answer,
        };
        let answer = match answer {
            _ if fault == Fault::ReplyLost => Err(Failure::Lost(None)),
            Err(error) if error.code().is_none() => {
                self.shared.condition.doubt();
                Err(Failure::Lost(Some(error)))
            }
            answer => answer.map_err(Failure::Server),
        };
        let worn = match &answer {
            Ok(_) => false,
            Err(Failure::Server(error)) => match error.code() {
                // A replica, perhaps the master of a moment ago.
                Some("READONLY" | "MASTERDOWN") if !self.shared.address.is_cluster() => {
                    self.shared.leave_server();
                    true
                }
                // A server that wants other credentials: a new connection may bring them.
                Some("NOAUTH" | "WRONGPASS" | "NOPERM") => true,
                _ => false,
            },
            Err(_) => true,
        };
        if worn {
            self.wire.discard(&line).await;
        } else {
            self.held = Some(line);
        }
        answer
    }

    async fn line(&mut self) -> Result<Line, Failure> {
        match self.held.take() {
            Some(line) if self.wire.is_current(&line) => Ok(line),
            _ => self
                .wire
                .line()
                .await
                .map_err(|error| Failure::NotSent(Some(error))),
        }
    }
}

fn command(verb: &str, script: &str, prefix: &str, args: &[&Args]) -> Cmd {
    let count: usize = args.iter().map(|part| part.count()).sum();
    let bytes: usize = args.iter().map(|part| part.bytes()).sum();
    let mut command = Cmd::with_capacity(count + 4, bytes + script.len() + prefix.len() + 16);
    command.arg(verb).arg(script).arg(1).arg(prefix);
    for argument in args.iter().flat_map(|part| part.iter()) {
        command.arg(argument);
    }
    command
}

/// How one command failed.
enum Failure {
    NotSent(Option<RedisError>),
    Lost(Option<RedisError>),
    Server(RedisError),
}

impl Failure {
    fn into_call_error(self) -> CallError {
        match self {
            Self::NotSent(source) => CallError::NotRun(StoreError::Unavailable {
                outcome: Outcome::None,
                source: source.map(Arc::new),
            }),
            Self::Lost(source) => CallError::Unknown(StoreError::Unavailable {
                outcome: Outcome::Unknown,
                source: source.map(Arc::new),
            }),
            Self::Server(error) if is_raised_by_a_script(&error) => {
                CallError::Ran(StoreError::Broken(error.to_string()))
            }
            // Redis refuses a script, for whatever reason, before it begins.
            Self::Server(error) => CallError::NotRun(match error.code() {
                Some("OOM") => StoreError::Full,
                Some("ERR") => StoreError::Corrupt(error.to_string()),
                _ => StoreError::Unavailable {
                    outcome: Outcome::None,
                    source: Some(Arc::new(error)),
                },
            }),
        }
    }
}

/// Whether a script was running when the error came up. Redis adds to such errors, whatever their
/// code, which script it was and where: `... script: <name>, on @user_function:<line>.`, or
/// `@user_script` for one that came by EVAL.
fn is_raised_by_a_script(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| {
        detail.contains(" script: ")
            && (detail.contains(", on @user_function:") || detail.contains(", on @user_script:"))
    })
}
