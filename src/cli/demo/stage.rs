//! The demo's processes: started, watched, and all gone at the end.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::cli::tied_exec;

/// The handler, the same file that a user can read and run.
const HANDLER: &str = include_str!("../../../examples/word-count/count-words.sh");
/// How long the service may take to start, or a process to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// Variables by which the user's own deployment would get into the demo.
const NOT_OURS: [&str; 4] = [
    "REDIS_URL",
    "TASKYARD_CONFIG",
    "TASKYARD_TOKEN",
    "TASKYARD_ADMIN_TOKEN",
];

/// A folder of its own, and the processes that run in it.
pub(super) struct Stage {
    folder: PathBuf,
    program: PathBuf,
    /// In the order of their start; they are ended the other way round.
    actors: Vec<Actor>,
}

struct Actor {
    name: String,
    process: Child,
}

/// Runs single commands beside the actors.
pub(super) struct Crew {
    folder: PathBuf,
    program: PathBuf,
    url: String,
}

impl Stage {
    /// Makes the folder, which nobody else may look into.
    pub(super) fn prepare() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("taskyard-demo-{}", std::process::id()));
        let shown = folder.display().to_string();
        // Left by a demo that had no chance to clear its stage and had the same id.
        let _ = fs::remove_dir_all(&folder);
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .and_then(|()| fs::write(folder.join("count-words.sh"), HANDLER))
            .with_context(|| format!("cannot make {shown}"))?;
        Ok(Self {
            folder,
            program: std::env::current_exe().context("cannot find this program")?,
            actors: Vec::new(),
        })
    }

    /// Starts the service on a free port; its first line names the URL.
    pub(super) async fn start_service(&mut self) -> anyhow::Result<String> {
        let folder = self.folder.join("data");
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir"];
        let arguments = arguments.map(str::to_owned).into_iter();
        let arguments = arguments.chain([folder.display().to_string()]);
        let stdout = self.start("service", arguments, Stdio::piped())?;
        let mut stdout = BufReader::new(stdout.context("the service has no stdout")?);
        let mut line = String::new();
        let read = timeout(PATIENCE, stdout.read_line(&mut line)).await;
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        if let (Ok(Ok(_)), Some(url)) = (read, url) {
            // Whatever it writes later must not fill the pipe.
            tokio::spawn(async move { stdout.read_to_end(&mut Vec::new()).await });
            return Ok(url.to_owned());
        }
        bail!(
            "the service did not start; it says:\n{}",
            self.log("service").trim_end()
        )
    }

    /// Starts a worker that counts words.
    pub(super) fn start_worker(
        &mut self,
        url: &str,
        queue: &str,
        node: &str,
    ) -> anyhow::Result<()> {
        let arguments = [
            "worker",
            "run",
            "--url",
            url,
            "--queue",
            queue,
            "--node",
            node,
            "--concurrency",
            "2",
            "--grace",
            "5",
            "--exec",
            "sh ./count-words.sh",
        ];
        self.start(node, arguments.map(str::to_owned), Stdio::null())?;
        Ok(())
    }

    /// Writes a file into the folder.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Who runs commands against the service at `url`.
    pub(super) fn crew(&self, url: &str) -> Crew {
        Crew {
            folder: self.folder.clone(),
            program: self.program.clone(),
            url: url.to_owned(),
        }
    }

    fn start(
        &mut self,
        name: &str,
        arguments: impl IntoIterator<Item = String>,
        stdout: Stdio,
    ) -> anyhow::Result<Option<ChildStdout>> {
        let log = File::create(self.log_path(name)).context("cannot write a log")?;
        let mut process = tied(&self.program, &self.folder)
            .args(arguments)
            .stdout(stdout)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let stdout = process.stdout.take();
        self.actors.push(Actor {
            name: name.to_owned(),
            process,
        });
        Ok(stdout)
    }

    /// Waits until one of the processes ends, which none should, and says so.
    pub(super) async fn first_end(&mut self) -> String {
        let ends = self.actors.iter_mut().map(|actor| {
            Box::pin(async {
                let _ = actor.process.wait().await;
                actor.name.clone()
            })
        });
        let (name, ..) = futures_util::future::select_all(ends).await;
        format!("{name} has ended; it says:\n{}", self.log(&name).trim_end())
    }

    /// Ends all processes, the workers before the service they report to, and removes
    /// what they stored.
    pub(super) async fn clear(mut self) {
        while let Some(actor) = self.actors.pop() {
            actor.end().await;
        }
        let _ = fs::remove_dir_all(&self.folder);
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.folder.join(Path::new(name).with_extension("log"))
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.log_path(name)).unwrap_or_default()
    }
}

/// A command of this program in that folder, tied to the demo's life.
fn tied(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in NOT_OURS {
        command.env_remove(variable);
    }
    command
        .args(tied_exec::arguments(program))
        .current_dir(folder)
        .stdin(Stdio::null())
        // Ctrl-C at the terminal is for the demo, which ends the others in order.
        .process_group(0)
        .kill_on_drop(true);
    command
}

impl Crew {
    /// The service's URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Runs a command of this program to its end: what it wrote to stdout. Stderr is the demo's.
    pub(super) async fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let command = arguments.join(" ");
        let output = tied(&self.program, &self.folder)
            .args(arguments)
            .env("TASKYARD_URL", &self.url)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command}"))?
            .wait_with_output()
            .await
            .with_context(|| format!("cannot wait for {command}"))?;
        if !output.status.success() {
            bail!("taskyard {command} ended with {}", output.status);
        }
        String::from_utf8(output.stdout).with_context(|| format!("{command} wrote no text"))
    }
}

impl Actor {
    async fn end(mut self) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(PATIENCE, self.process.wait()).await.is_err() {
            let _ = self.process.kill().await;
        }
    }
}
