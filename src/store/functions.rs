//! Scripts as Redis functions: their parts are loaded once rather than at each call.
//!
//! The library is loaded when Redis does not know a function of it. Where it may not be, because Redis
//! is full or the user of the connection has no right to, scripts are run by EVALSHA for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_redis::redis::{self, FromRedisValue, RedisError, Value};

use super::connection::Connection;
use super::scripts::library;

/// How long scripts are run by EVALSHA after functions were refused.
const PAUSE: Duration = Duration::from_secs(10);

/// Whether Redis takes functions, as far as is known.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    refused: Mutex<Option<Instant>>,
}

impl Functions {
    pub(crate) fn are_taken(&self) -> bool {
        self.refused().is_none_or(|at| at.elapsed() >= PAUSE)
    }

    pub(crate) fn refuse(&self, error: &RedisError) {
        let first = self.refused().replace(Instant::now()).is_none();
        if first {
            tracing::warn!(%error, "Redis takes no functions: scripts cost more without");
        }
    }

    fn refused(&self) -> MutexGuard<'_, Option<Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether Redis says that it does not know the function that was called.
pub(crate) fn is_unknown(error: &RedisError) -> bool {
    error.code() == Some("ERR") && error.detail() == Some("Function not found")
}

/// Loads the library, unless it is there.
pub(crate) async fn load(connection: &mut Connection) -> Result<(), RedisError> {
    let loaded = redis::cmd("FUNCTION")
        .arg("LOAD")
        .arg(library::text())
        .exec_async(connection)
        .await;
    match loaded {
        // By another replica, or for another call. The name says that it is the same.
        Err(error)
            if error
                .detail()
                .is_some_and(|detail| detail.ends_with("already exists")) =>
        {
            Ok(())
        }
        loaded => loaded,
    }
}

/// Loads the library of this release, and deletes those of others.
pub(crate) async fn install(connection: &mut Connection) {
    // What is refused is tried again with the first call, and reported then.
    if load(connection).await.is_ok() {
        delete_old(connection).await;
    }
}

/// Deletes the libraries of other releases. A replica that still runs one of those loads its own
/// again. What can't be deleted only takes room.
async fn delete_old(connection: &mut Connection) {
    let listed = redis::cmd("FUNCTION")
        .arg("LIST")
        .arg("LIBRARYNAME")
        .arg(format!("{}*", library::PREFIX))
        .query_async::<Value>(connection)
        .await;
    let Ok(Value::Array(libraries)) = listed else {
        return;
    };
    for name in libraries.into_iter().filter_map(library_name) {
        if name == library::name() {
            continue;
        }
        let deleted = redis::cmd("FUNCTION")
            .arg("DELETE")
            .arg(&name)
            .exec_async(connection)
            .await;
        tracing::debug!(name, ok = deleted.is_ok(), "functions of another release");
    }
}

/// The name in a row of FUNCTION LIST, which is a list of field, value, ...
fn library_name(row: Value) -> Option<String> {
    let Value::Array(fields) = row else {
        return None;
    };
    let [field, value] = fields.get(..2)? else {
        return None;
    };
    let field = String::from_redis_value_ref(field).ok()?;
    (field == "library_name").then(|| String::from_redis_value_ref(value).ok())?
}
