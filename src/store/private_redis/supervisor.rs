//! The thread that starts the private Redis, waits for its end and starts it again.
//!
//! It is a thread of its own because it must live as long as the child (see
//! [`super::launch::Launch::spawn`]), and because all it does is wait.

use std::convert::Infallible;
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use deadpool_redis::redis::{self, ErrorKind, ServerErrorKind};
use rustix::process::{Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::{oneshot, watch};

use super::launch::Launch;
use super::{PrivateRedisError, PrivateRedisOptions, log, process_id};

/// A server that says nothing at all for this long will not come. Loading is an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// A server that ran this long did not fail for the reason the last one did.
const STEADY: Duration = Duration::from_secs(30);

/// Given by dropping the other end of the channel.
#[derive(Debug)]
pub(super) struct StopSignal(Receiver<Infallible>);

impl StopSignal {
    pub(super) fn new(receiver: Receiver<Infallible>) -> Self {
        Self(receiver)
    }

    fn is_given(&self) -> bool {
        matches!(self.0.try_recv(), Err(TryRecvError::Disconnected))
    }

    /// Sleeps, but not beyond the signal.
    pub(super) fn is_given_within(&self, time: Duration) -> bool {
        matches!(
            self.0.recv_timeout(time),
            Err(RecvTimeoutError::Disconnected)
        )
    }
}

/// The pid of the current child, as [`super::PrivateRedis`] sees it.
type PidSender = watch::Sender<Option<u32>>;

/// Runs until the stop signal, or until a server ends that shall not be restarted.
pub(super) fn run(
    options: &PrivateRedisOptions,
    stop: &StopSignal,
    pid: &PidSender,
    ready: oneshot::Sender<Result<String, PrivateRedisError>>,
) {
    // Nobody hears the answer when the start was given up; the stop signal follows then.
    let (launch, child) = match first_start(options, stop, pid) {
        Ok((launch, child)) => {
            let _ = ready.send(Ok(launch.url().to_owned()));
            (launch, child)
        }
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let (running, ended) = mpsc::channel();
    thread::scope(|scope| {
        let log = launch.log();
        scope.spawn(move || log::keep_short(&log, &ended));
        supervise(options, stop, pid, &launch, child);
        drop(running);
    });
}

/// Waits for the end of each child and starts the next one.
fn supervise(
    options: &PrivateRedisOptions,
    stop: &StopSignal,
    pid: &PidSender,
    launch: &Launch,
    mut child: Child,
) {
    let mut backoff = FIRST_BACKOFF;
    let mut started = Instant::now();
    loop {
        await_end(&mut child, stop, pid);
        if stop.is_given() || !options.restart {
            return;
        }
        if started.elapsed() > STEADY {
            backoff = FIRST_BACKOFF;
        }
        tracing::error!(log = %launch.log().display(), "the private Redis ended by itself; starting it again in {backoff:?}");
        loop {
            if stop.is_given_within(backoff) {
                return;
            }
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
            started = Instant::now();
            match spawn(launch, pid) {
                Ok(next) => {
                    child = next;
                    break;
                }
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "trying again in {backoff:?}"
                ),
            }
        }
    }
}

fn first_start(
    options: &PrivateRedisOptions,
    stop: &StopSignal,
    pid: &PidSender,
) -> Result<(Launch, Child), PrivateRedisError> {
    let launch = Launch::prepare(options, stop)?;
    let mut child = spawn(&launch, pid)?;
    match await_answer(&launch, &child, stop) {
        Ok(()) => Ok((launch, child)),
        Err(error) => {
            signal(&child, Signal::KILL);
            await_end(&mut child, stop, pid);
            Err(error)
        }
    }
}

fn spawn(launch: &Launch, pid: &PidSender) -> Result<Child, PrivateRedisError> {
    let child = launch.spawn()?;
    pid.send_replace(Some(child.id()));
    Ok(child)
}

fn await_answer(
    launch: &Launch,
    child: &Child,
    stop: &StopSignal,
) -> Result<(), PrivateRedisError> {
    let mut silent_since = Instant::now();
    loop {
        match ping(launch.url()) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::BusyLoading) => {
                silent_since = Instant::now();
            }
            Err(_) => {}
        }
        if has_ended(child) {
            return Err(PrivateRedisError::EndedAtStart {
                log: launch.log(),
                log_end: launch.log_end(),
            });
        }
        if silent_since.elapsed() > ANSWER_LIMIT {
            return Err(PrivateRedisError::NoAnswer {
                seconds: ANSWER_LIMIT.as_secs(),
                log: launch.log(),
            });
        }
        if stop.is_given_within(POLL) {
            return Err(PrivateRedisError::Stopped);
        }
    }
}

fn ping(url: &str) -> redis::RedisResult<()> {
    let limit = Duration::from_secs(1);
    let mut connection = redis::Client::open(url)?.get_connection_with_timeout(limit)?;
    connection.set_read_timeout(Some(limit))?;
    redis::cmd("PING").query(&mut connection)
}

fn has_ended(child: &Child) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    process_id(child.id()).is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), options), Ok(None)))
}

/// Waits for the child's end, then reaps it under the lock that guards its pid.
fn await_end(child: &mut Child, stop: &StopSignal, pid: &PidSender) {
    if stop.is_given() {
        // Whoever gave the signal may have looked for a pid just before this one was known.
        signal(child, Signal::TERM);
    }
    if let Some(id) = process_id(child.id()) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(
            waitid(WaitId::Pid(id), options),
            Err(rustix::io::Errno::INTR)
        ) {}
    }
    pid.send_modify(|current| {
        // It has ended, so this neither waits nor fails.
        let _ = child.wait();
        *current = None;
    });
}

fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = process_id(child.id()) {
        // The child is not reaped yet, so the pid is its own; an ended one ignores signals.
        let _ = kill_process(pid, signal);
    }
}
