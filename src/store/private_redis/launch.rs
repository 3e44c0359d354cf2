//! All that must be settled before a server process is started, and the start itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::data_dir::{DataDir, open_private, unusable};
use super::endpoint::Endpoint;
use super::exec::SUBCOMMAND;
use super::supervisor::StopSignal;
use super::{PrivateRedisError, PrivateRedisOptions, conf, leftover, server_program};

/// A prepared data directory and the command that starts a server in it.
#[derive(Debug)]
pub(super) struct Launch {
    dir: DataDir,
    program: PathBuf,
    launcher: Option<PathBuf>,
    url: String,
    log_start: u64,
}

impl Launch {
    /// Holds the data directory, frees it of leftovers and writes the configuration.
    pub(super) fn prepare(
        options: &PrivateRedisOptions,
        stop: &StopSignal,
    ) -> Result<Self, PrivateRedisError> {
        let program = server_program::find(options.server.as_deref())?;
        let dir = DataDir::hold(&options.data_dir)?;
        leftover::clear(&dir, stop)?;
        let endpoint = Endpoint::choose(dir.socket(), options.loopback)?;
        let password = random_password()?;
        let url = endpoint.url(&password);
        DataDir::write_secret(
            &dir.conf(),
            &conf::render(options, &dir, &endpoint, &password),
        )?;
        DataDir::write_secret(&dir.url_file(), &url)?;
        let log_start = fs::metadata(dir.log()).map_or(0, |log| log.len());
        tracing::debug!(server = %program.version, program = %program.path.display(), "private Redis prepared");
        Ok(Self {
            dir,
            program: program.path,
            launcher: options.launcher.clone(),
            url,
            log_start,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn log(&self) -> PathBuf {
        self.dir.log()
    }

    /// Starts a server. Call it from a thread that lives as long as the server shall:
    /// the kernel takes the end of the thread that forked for the parent's death.
    pub(super) fn spawn(&self) -> Result<Child, PrivateRedisError> {
        let mut command = match &self.launcher {
            Some(launcher) => self.tied_to_us(launcher),
            None => Command::new(&self.program),
        };
        let log = open_private(OpenOptions::new().append(true), &self.dir.log())
            .map_err(unusable(&self.dir.log()))?;
        // What it says before it opens its log by itself, such as a line it cannot read.
        let (out, err) = (log.try_clone().map_err(PrivateRedisError::Spawn)?, log);
        command
            .arg(self.dir.conf())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            // Ctrl-C in a terminal goes to a whole group; Redis must outlast the service.
            .process_group(0)
            .spawn()
            .map_err(PrivateRedisError::Spawn)
    }

    fn tied_to_us(&self, launcher: &Path) -> Command {
        let mut command = Command::new(launcher);
        command
            .arg0("taskyard")
            .arg(SUBCOMMAND)
            .arg("--parent")
            .arg(std::process::id().to_string())
            .arg("--lock")
            .arg(self.dir.server_lock())
            .arg("--")
            .arg(&self.program);
        command
    }

    /// The last lines logged since the launch was prepared.
    pub(super) fn log_end(&self) -> String {
        let read = || -> io::Result<String> {
            let mut log = File::open(self.dir.log())?;
            log.seek(SeekFrom::Start(self.log_start))?;
            let mut text = Vec::new();
            log.take(64 << 10).read_to_end(&mut text)?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        let text = read().unwrap_or_default();
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        lines[lines.len().saturating_sub(4)..].join(" | ")
    }
}

/// 256 random bits in a form that neither a URL nor redis.conf needs to quote.
fn random_password() -> Result<String, PrivateRedisError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(PrivateRedisError::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
