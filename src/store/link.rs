//! One connection to Redis, taken from the pool once and kept until it fails.
//!
//! Checking a connection out of the pool costs a round trip, so lanes keep theirs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadpool_redis::Connection;
use deadpool_redis::redis::{self, Cmd, RedisError, Value};

use super::args::Args;
use super::core::Shared;
use super::faults::Fault;
use super::scripts::Script;
use super::{Outcome, StoreError};

/// How a call failed, as far as it matters for repeating it.
#[derive(Debug)]
pub(crate) enum CallError {
    /// It has not run and will not.
    NotRun(StoreError),
    /// Nobody knows whether it has run.
    Unknown(StoreError),
    /// It ran and failed on the way: what it wrote until then stands.
    BrokeOff(StoreError),
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotRun(error) | CallError::Unknown(error) | CallError::BrokeOff(error) => {
                error
            }
        }
    }
}

/// A kept connection.
pub(crate) struct Link {
    shared: Arc<Shared>,
    held: Option<redis::aio::MultiplexedConnection>,
    /// When `held` was made, in moves to another server.
    moves: u64,
}

impl Link {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            held: None,
            moves: 0,
        }
    }

    /// Runs a script by its digest, loading it when Redis does not know it (any more).
    pub(crate) async fn eval(
        &mut self,
        script: &Script,
        prefix: &str,
        args: &Args,
    ) -> Result<Value, CallError> {
        match self
            .run(&command("EVALSHA", &script.sha, prefix, args))
            .await
        {
            Err(Failure::Server(error)) if error.code() == Some("NOSCRIPT") => {
                // EVAL loads the script as it runs it, so nothing can come between.
                self.run(&command("EVAL", &script.source, prefix, args))
                    .await
            }
            other => other,
        }
        .map_err(Failure::into_call_error)
    }

    /// Asks whether Redis is there.
    pub(crate) async fn ping(&mut self) -> Result<(), CallError> {
        self.run(&redis::cmd("PING"))
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
        let moves = self.shared.moves.load(Ordering::Relaxed);
        let mut connection = match self.held.take() {
            Some(connection) if moves == self.moves => connection,
            _ => self.connect().await?,
        };
        self.moves = moves;
        let answer = command.query_async::<Value>(&mut connection).await;
        if fault == Fault::ReplyLost {
            return Err(Failure::Lost(None));
        }
        match answer {
            Ok(value) => {
                self.held = Some(connection);
                Ok(value)
            }
            Err(error) if error.code().is_none() => {
                self.shared.condition.doubt();
                Err(Failure::Lost(Some(error)))
            }
            Err(error) => {
                match error.code() {
                    // A replica, perhaps the master of a moment ago.
                    Some("READONLY" | "MASTERDOWN") => self.shared.leave_server(),
                    // A server that wants other credentials: a new connection may bring them.
                    Some("NOAUTH" | "WRONGPASS" | "NOPERM") => {}
                    _ => self.held = Some(connection),
                }
                Err(Failure::Server(error))
            }
        }
    }

    async fn connect(&self) -> Result<redis::aio::MultiplexedConnection, Failure> {
        match self.shared.pool.get().await {
            Ok(connection) => Ok(Connection::take(connection)),
            Err(deadpool_redis::PoolError::Backend(error)) => Err(Failure::NotSent(Some(error))),
            Err(_) => Err(Failure::NotSent(None)),
        }
    }
}

fn command(verb: &str, script: &str, prefix: &str, args: &Args) -> Cmd {
    let mut command = Cmd::with_capacity(
        args.count() + 4,
        args.bytes() + script.len() + prefix.len() + 16,
    );
    command.arg(verb).arg(script).arg(1).arg(prefix);
    for argument in args.iter() {
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
                CallError::BrokeOff(StoreError::Broken(error.to_string()))
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
/// code, which script it was and where: `... script: <sha>, on @user_script:<line>.`
fn is_raised_by_a_script(error: &RedisError) -> bool {
    error
        .detail()
        .is_some_and(|detail| detail.contains(" script: ") && detail.contains(", on @user_script:"))
}
