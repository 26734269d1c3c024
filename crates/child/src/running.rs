//! A program that runs: started without the gateway's environment, asked one line at a time.

use std::{process::Stdio, time::Duration};

use futures_util::FutureExt;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout, Command},
    time::Instant,
};

use crate::{
    Program, UnseenCause,
    log::{self, Allowance},
};

/// Where programs lie that it may run by name itself; nothing of the gateway's own environment reaches it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long a killed program, and what it has started, may take to be gone.
const BURIAL: Duration = Duration::from_secs(5);
/// How much of a line that is no answer is shown.
const SHOWN: usize = 80;

/// Dropped, it is killed with all that it has started.
#[derive(Debug)]
pub(crate) struct Running {
    process: tokio::process::Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    allowance: Allowance,
}

/// Why a line is no answer.
#[derive(Debug)]
pub(crate) struct Unseen {
    pub(crate) cause: UnseenCause,
    pub(crate) detail: String,
}

/// What a program that nobody asks is found doing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AtRest {
    /// Waiting, as agreed.
    Waits,
    /// It has ended.
    Ended,
    /// It has written without being asked.
    Talks,
}

impl Running {
    /// Starts it; says nothing to it yet.
    pub(crate) fn start(program: &Program) -> std::io::Result<Self> {
        let mut process = Command::new(&program.path)
            .args(&program.args)
            .current_dir(&program.directory)
            .env_clear()
            .env("PATH", PATH)
            .env("LANG", "C.UTF-8")
            .envs(&program.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A signal from the terminal is for the gateway, which then finishes what is under way. And a group can be
            // ended as one.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let lost = || std::io::Error::other("its input or output is lost");
        let stdin = process.stdin.take().ok_or_else(lost)?;
        let stdout = process.stdout.take().ok_or_else(lost)?;
        let stderr = process.stderr.take().ok_or_else(lost)?;
        let allowance = Allowance::default();
        tokio::spawn(log::follow(
            program.name(),
            stderr,
            program.secrets.clone(),
            allowance.clone(),
        ));
        Ok(Self {
            process,
            stdin,
            stdout: BufReader::new(stdout),
            allowance,
        })
    }

    /// What it does while it should wait.
    pub(crate) fn at_rest(&mut self) -> AtRest {
        match self.stdout.fill_buf().now_or_never() {
            None => AtRest::Waits,
            Some(Ok([_, ..])) => AtRest::Talks,
            Some(_) => AtRest::Ended,
        }
    }

    /// Sends a line and reads one.
    pub(crate) async fn ask(
        &mut self,
        line: &[u8],
        until: Instant,
        line_bytes: usize,
    ) -> Result<Vec<u8>, Unseen> {
        self.allowance.renew();
        // Both at once: a program that writes before it has read all would else wait for us, and we for it.
        let told = async { tell(&mut self.stdin, line).await };
        let heard = hear(&mut self.stdout, line_bytes);
        match tokio::time::timeout_at(until, async { tokio::try_join!(told, heard) }).await {
            Ok(Ok(((), answer))) => Ok(answer),
            Ok(Err(unseen)) => Err(unseen),
            Err(_) => Err(Unseen {
                cause: UnseenCause::Silent,
                detail: "it did not answer in time".to_owned(),
            }),
        }
    }

    /// Kills it and waits until it is gone, so that no two of it ever run; how it ended.
    pub(crate) async fn end(mut self) -> Option<String> {
        self.kill();
        // Its output ends with the last who holds it: what it has started may outlive it by a moment.
        let (stdout, mut nowhere) = (&mut self.stdout, tokio::io::sink());
        let gone = async { tokio::join!(self.process.wait(), tokio::io::copy(stdout, &mut nowhere)).0 };
        let status = tokio::time::timeout(BURIAL, gone).await;
        status.ok()?.ok().map(|status| status.to_string())
    }

    /// Kills the whole group: what a shell has started would else run on beside the next of its kind.
    fn kill(&mut self) {
        // It has an id until it is waited for; from then on the number may be another's.
        let group = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group {
            // Fails only if all have ended already.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn tell(stdin: &mut ChildStdin, line: &[u8]) -> Result<(), Unseen> {
    let written = async {
        stdin.write_all(line).await?;
        stdin.write_all(b"\n").await?;
        stdin.flush().await
    };
    written.await.map_err(|_| ended())
}

async fn hear(stdout: &mut BufReader<ChildStdout>, line_bytes: usize) -> Result<Vec<u8>, Unseen> {
    let most = u64::try_from(line_bytes).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    let read = (&mut *stdout)
        .take(most.saturating_add(1))
        .read_until(b'\n', &mut line)
        .await;
    read.map_err(|_| ended())?;
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(line);
    }
    if line.len() > line_bytes {
        return Err(Unseen {
            cause: UnseenCause::TooLong,
            detail: format!("its line has more than {line_bytes} bytes"),
        });
    }
    Err(ended())
}

fn ended() -> Unseen {
    Unseen {
        cause: UnseenCause::Ended,
        detail: "it ended".to_owned(),
    }
}

/// A line that is no answer, so that an operator knows it again. It is no answer: it holds nobody's data.
pub(crate) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line.get(..SHOWN).unwrap_or(line));
    format!("{:?}", text.trim_end())
}
