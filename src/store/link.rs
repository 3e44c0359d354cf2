//! One connection to Redis, taken from the pool once and kept until it fails.
//!
//! Checking a connection out of the pool costs a round trip, so lanes keep theirs.

use std::sync::Arc;

use deadpool_redis::redis::{self, Cmd, RedisError, Value};
use deadpool_redis::{Connection, Pool};

use super::args::Args;
use super::faults::{Fault, Faults};
use super::scripts::Script;
use super::{Outcome, StoreError};

/// How a call failed, as far as it matters for repeating it.
#[derive(Debug)]
pub(crate) enum CallError {
    /// It has not run and will not.
    NotRun(StoreError),
    /// Nobody knows whether it has run.
    Unknown(StoreError),
}

impl From<CallError> for StoreError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotRun(error) | CallError::Unknown(error) => error,
        }
    }
}

/// A kept connection.
pub(crate) struct Link {
    pool: Pool,
    faults: Option<Arc<Faults>>,
    held: Option<redis::aio::MultiplexedConnection>,
}

impl Link {
    pub(crate) fn new(pool: Pool, faults: Option<Arc<Faults>>) -> Self {
        Self {
            pool,
            faults,
            held: None,
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
            .faults
            .as_ref()
            .map_or(Fault::None, |faults| faults.draw());
        if fault == Fault::Refused {
            return Err(Failure::NotSent(None));
        }
        let mut connection = match self.held.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = command.query_async::<Value>(&mut connection).await;
        if fault == Fault::ReplyLost {
            return Err(Failure::Lost(None));
        }
        match answer {
            Ok(value) => {
                self.held = Some(connection);
                Ok(value)
            }
            Err(error) if error.code().is_none() => Err(Failure::Lost(Some(error))),
            Err(error) => {
                // A replica, or a server that wants other credentials: a new connection may find better.
                if !matches!(
                    error.code(),
                    Some("READONLY" | "MASTERDOWN" | "NOAUTH" | "WRONGPASS" | "NOPERM")
                ) {
                    self.held = Some(connection);
                }
                Err(Failure::Server(error))
            }
        }
    }

    async fn connect(&self) -> Result<redis::aio::MultiplexedConnection, Failure> {
        match self.pool.get().await {
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
            // Redis answered: it refuses a script before its first write, or not at all.
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
