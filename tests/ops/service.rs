//! A `taskyard serve` of a test's own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use deadpool_redis::redis;
use rustix::process::{Pid, Signal, kill_process};

const LIMIT: Duration = Duration::from_secs(20);

/// A running service; dropping it kills it.
pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) data_dir: PathBuf,
}

impl Service {
    /// Starts on a free port and waits for the first line.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::with(dir, |_| {})
    }

    /// The same on a Redis of the test's.
    pub(crate) fn on(dir: &Path, redis_url: &str) -> Self {
        Self::with(dir, |command| {
            command.env("REDIS_URL", redis_url);
        })
    }

    /// The same, with what the test adds to the command.
    pub(crate) fn with(dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let data_dir = dir.join("data");
        let mut command = taskyard(dir);
        change(&mut command);
        let mut child = command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--redis-maxmemory-bytes",
                "67108864",
                "--data-dir",
            ])
            .arg(&data_dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, first_line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let _ = sender.send(line);
        });
        let line = first_line
            .recv_timeout(LIMIT)
            .expect("the service prints its first line");
        let address = line
            .strip_prefix("Taskyard listens on http://")
            .and_then(|rest| rest.strip_suffix('\n'))
            .unwrap_or_else(|| panic!("an unexpected first line: {line:?}"));
        Self {
            address: address.to_owned(),
            child,
            data_dir,
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// The exit code, once the process has ended.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        eventually("the service ends", || self.child.try_wait().unwrap()).code()
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn crash(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn redis_pid(&self) -> u32 {
        eventually("Redis writes its pid", || {
            fs::read_to_string(self.data_dir.join("redis.pid"))
                .ok()?
                .trim()
                .parse()
                .ok()
        })
    }

    pub(crate) fn redis_url(&self) -> String {
        fs::read_to_string(self.data_dir.join("redis.url")).unwrap()
    }

    pub(crate) fn redis_connection(&self) -> redis::Connection {
        redis::Client::open(self.redis_url())
            .unwrap()
            .get_connection()
            .unwrap()
    }

    pub(crate) fn redis<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        redis::cmd(command[0])
            .arg(&command[1..])
            .query(&mut self.redis_connection())
            .unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in a directory and an environment without settings.
pub(crate) fn taskyard(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskyard"));
    command
        .current_dir(dir)
        .stdin(Stdio::null())
        .env_remove("REDIS_URL");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TASKYARD_") {
            command.env_remove(name);
        }
    }
    command
}

/// A shell in a directory that finds the program, and has its environment without settings.
pub(crate) fn shell(dir: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_taskyard"));
    let others = std::env::var_os("PATH").unwrap_or_default();
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(others);
    let mut shell = Command::new("sh");
    for (name, value) in taskyard(dir).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
        .current_dir(dir)
        .env("PATH", path)
        .stdin(Stdio::null());
    shell
}

/// Stdout and stderr of a command that ended, in one text.
pub(crate) fn printed(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// A process that has ended but was not yet reaped counts as gone: it shows no arguments.
pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|arguments| !arguments.is_empty())
}

/// Polls until there is an answer.
pub(crate) fn eventually<T>(what: &str, answer: impl FnMut() -> Option<T>) -> T {
    eventually_within(LIMIT, what, answer)
}

/// The same, for what may take longer.
pub(crate) fn eventually_within<T>(
    limit: Duration,
    what: &str,
    mut answer: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
