//! The process of one attempt: started, fed, and stopped with all it started.
//!
//! It runs in a process group of its own, so that a Ctrl-C at the terminal reaches
//! only the worker, and an order to stop reaches whatever the command started.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::FusedFuture;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::held::{Stop, StopOrders, StopReason};
use super::output::{Output, pass_stderr_on, read_result};
use crate::client::ClaimedTask;

/// How long a process has between SIGTERM and SIGKILL.
pub(super) const TERM_GRACE: Duration = Duration::from_secs(5);
/// How long pipes are read once the process and its group are gone: only a
/// descendant that left the group can still hold them open.
const LEFT_OPEN: Duration = Duration::from_secs(2);
/// How often to look whether a stopped group is gone; nothing tells.
const GROUP_POLL: Duration = Duration::from_millis(20);

/// How an attempt's process ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// By itself.
    Exited(ExitStatus, Output),
    /// Stopped by an order.
    Stopped(StopReason),
    /// Stopped when the task's time was over.
    PastDeadline,
    /// It never ran.
    NotStarted(io::Error),
}

/// Runs `command` for `task` until it ends or has to. Whatever it left running in its
/// group ends with it, so that no attempt outlives its report.
pub(super) async fn run(
    command: &str,
    task: &ClaimedTask,
    deadline: Option<Instant>,
    mut orders: StopOrders,
) -> Ending {
    let mut child = match spawn(command, task) {
        Ok(child) => child,
        Err(error) => return Ending::NotStarted(error),
    };
    let group = Group::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut output = Output::default();
    let pipes = async {
        let _ = tokio::join!(
            async { feed(stdin?, task.payload.get()).await.ok() },
            async { read_result(stdout?, &mut output.stdout).await.ok() },
            async { pass_stderr_on(stderr?, &mut output.stderr_tail).await.ok() },
        );
    };
    let mut pipes = Box::pin(pipes.fuse());

    let ended = async {
        tokio::select! {
            status = child.wait() => Ok(status),
            stop = first_order(&mut orders) => Err(Ending::Stopped(stop.reason)),
            () = passed(deadline) => Err(Ending::PastDeadline),
        }
    };
    let ended = while_pumping(&mut pipes, ended).await;
    if ended.is_err() {
        group.signal(Signal::TERM);
        let gone = async {
            tokio::select! {
                () = gone(&mut child, &group) => {}
                () = sleep(TERM_GRACE) => {}
                () = order_in_haste(&mut orders) => {}
            }
        };
        while_pumping(&mut pipes, gone).await;
    }
    group.signal(Signal::KILL);
    let _ = while_pumping(&mut pipes, child.wait()).await;
    if !pipes.is_terminated() {
        let _ = timeout(LEFT_OPEN, &mut pipes).await;
    }
    drop(pipes);
    match ended {
        Ok(Ok(status)) => Ending::Exited(status, output),
        Ok(Err(error)) => Ending::NotStarted(error),
        Err(stopped) => stopped,
    }
}

/// Awaits `work` and keeps the pipes flowing meanwhile, since a process whose pipe is
/// full stands still.
async fn while_pumping<T>(
    pipes: &mut (impl Future<Output = ()> + Unpin),
    work: impl Future<Output = T>,
) -> T {
    let pump = async {
        pipes.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = work => done,
        () = pump => unreachable!("it never ends"),
    }
}

/// Waits until nobody is left in the child's group.
async fn gone(child: &mut Child, group: &Group) {
    // Reaped first: a leader that nobody has waited for still counts.
    let _ = child.wait().await;
    while group.has_members() {
        sleep(GROUP_POLL).await;
    }
}

fn spawn(command: &str, task: &ClaimedTask) -> io::Result<Child> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env("TASKYARD_TASK_ID", &task.id)
        .env("TASKYARD_TASK_TYPE", &task.kind)
        .env("TASKYARD_QUEUE", &task.queue)
        .env("TASKYARD_ATTEMPT", task.attempt.to_string())
        .env("TASKYARD_FENCE", task.fence.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(deadline) = &task.deadline_at {
        shell.env("TASKYARD_DEADLINE_AT", deadline);
    }
    shell.spawn()
}

/// Writes the payload and closes stdin. A handler need not read it.
async fn feed(mut stdin: ChildStdin, payload: &str) -> io::Result<()> {
    stdin.write_all(payload.as_bytes()).await?;
    stdin.write_all(b"\n").await
}

async fn first_order(orders: &mut StopOrders) -> Stop {
    loop {
        if let Some(stop) = *orders.borrow_and_update() {
            return stop;
        }
        if orders.changed().await.is_err() {
            // Nobody is left to give orders; the process may go on.
            std::future::pending::<()>().await;
        }
    }
}

async fn order_in_haste(orders: &mut StopOrders) {
    let hasty = |stop: &Option<Stop>| stop.is_some_and(|stop| stop.at_once);
    if orders.wait_for(hasty).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The process group that the child leads.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    fn has_members(&self) -> bool {
        self.0
            .is_some_and(|group| test_kill_process_group(group).is_ok())
    }

    /// Signals whoever is left in the group; an empty one is no error.
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, signal);
        }
    }
}
