//! Keeps one function's process running: starts it, replaces it when it hangs, restarts it when it dies.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::environment::Surroundings;
use super::leftovers::Leftovers;
use super::reaper::Reaper;
use super::runtime_api::{self, Run};
use super::{Function, InvokeError};

/// How long a crashed process rests before its first restart; each further crash doubles it.
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);

/// The longest rest between restarts.
const BACK_OFF_LIMIT: Duration = Duration::from_secs(10);

/// A process that lived this long starts again without a longer rest.
const LIVED_WELL: Duration = Duration::from_secs(30);

/// The longest line of a function's output that is passed on, in bytes.
const LINE_LIMIT_BYTES: u64 = 16 * 1024;

/// One function's process and what it is started with.
pub(super) struct Process {
    pub(super) function: Arc<Function>,
    pub(super) bootstrap: PathBuf,
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) leftovers: Arc<Leftovers>,
    pub(super) reaper: Arc<Reaper>,
    pub(super) stopping: CancellationToken,
    pub(super) retired: TaskTracker,
}

/// A process that runs, with its Runtime API.
struct Running {
    child: Child,
    run: Arc<Run>,
    api: JoinHandle<()>,
    since: Instant,
}

/// Why the supervisor looks at its process.
enum Turn {
    Ended(io::Result<ExitStatus>),
    Overdue,
    Stop,
}

impl Process {
    /// Runs until the platform stops.
    pub(super) async fn keep_running(self) {
        let mut rest = BACK_OFF_FIRST;
        while !self.stopping.is_cancelled() {
            let Some(running) = self.start().await else {
                self.rest(&mut rest).await;
                continue;
            };
            let since = running.since;
            if self.watch(running).await && since.elapsed() < LIVED_WELL {
                self.rest(&mut rest).await;
            } else {
                rest = BACK_OFF_FIRST;
            }
        }
    }

    async fn rest(&self, rest: &mut Duration) {
        tokio::select! {
            () = tokio::time::sleep(*rest) => {}
            () = self.stopping.cancelled() => {}
        }
        *rest = (*rest * 2).min(BACK_OFF_LIMIT);
    }

    /// Follows one process to its end; true if it crashed.
    async fn watch(&self, mut running: Running) -> bool {
        let turn = tokio::select! {
            biased;
            () = self.stopping.cancelled() => Turn::Stop,
            ended = running.child.wait() => Turn::Ended(ended),
            () = running.run.overdue.cancelled() => Turn::Overdue,
        };
        match turn {
            Turn::Stop => {
                running
                    .end("the platform is stopping", &self.leftovers)
                    .await;
                false
            }
            Turn::Overdue => {
                tracing::warn!(
                    function = self.function.name,
                    "an invocation missed its deadline, the process is replaced"
                );
                let (leftovers, stopping) = (Arc::clone(&self.leftovers), self.stopping.clone());
                let patience = self.function.timeout;
                self.retired
                    .spawn(async move { running.retire(patience, &stopping, &leftovers).await });
                false
            }
            Turn::Ended(status) => {
                let reason = match status {
                    Ok(status) => format!("Runtime exited with error: {status}"),
                    Err(unknown) => format!("Runtime exited: {unknown}"),
                };
                tracing::error!(
                    function = self.function.name,
                    reason,
                    "a function's process ended"
                );
                if !running.run.ready.is_cancelled() {
                    self.function
                        .queue
                        .fail_waiting(&InvokeError::function("Runtime.ExitError", reason.clone()));
                }
                running.end(&reason, &self.leftovers).await;
                true
            }
        }
    }

    async fn start(&self) -> Option<Running> {
        match self.try_start().await {
            Ok(running) => Some(running),
            Err(error) => {
                tracing::error!(function = self.function.name, %error, "a function's process does not start");
                let reason = format!("the process does not start: {error}");
                self.function
                    .queue
                    .fail_waiting(&InvokeError::function("Runtime.InvalidEntrypoint", reason));
                None
            }
        }
    }

    async fn try_start(&self) -> io::Result<Running> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let run = Run::new(Arc::clone(&self.function));
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let router = runtime_api::router(Arc::clone(&run));
        let api = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let spawned = self.command(&address.to_string()).spawn();
        let mut child = spawned.inspect_err(|_| api.abort())?;
        if let Some(pid) = child.id() {
            self.leftovers.started(pid);
        }
        self.pass_on(child.stdout.take());
        self.pass_on(child.stderr.take());
        Ok(Running {
            child,
            run,
            api,
            since: Instant::now(),
        })
    }

    fn command(&self, runtime_api: &str) -> Command {
        let mut command = Command::new(&self.bootstrap);
        command
            .env_clear()
            .envs(
                self.surroundings
                    .of(&self.function.name, &self.function.spec, runtime_api),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Out of the terminal's group, so that Ctrl-C lets invocations end; into the reaper's, which ends
        // them all should this process be killed.
        #[cfg(unix)]
        command.process_group(self.reaper.group());
        command
    }

    /// Passes a function's output on to ours, with its name before each line.
    fn pass_on(&self, output: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let Some(output) = output else { return };
        let name = self.function.name.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(output);
            let mut line = Vec::new();
            loop {
                line.clear();
                let mut limited = tokio::io::AsyncReadExt::take(&mut lines, LINE_LIMIT_BYTES);
                match limited.read_until(b'\n', &mut line).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => eprintln!("[{name}] {}", String::from_utf8_lossy(&line).trim_end()),
                }
            }
        });
    }
}

impl Running {
    /// Lets the invocations that are still awaited end, then ends the process.
    async fn retire(self, patience: Duration, stopping: &CancellationToken, leftovers: &Leftovers) {
        tokio::select! {
            () = self.run.idle() => {}
            () = tokio::time::sleep(patience) => {}
            () = stopping.cancelled() => {}
        }
        self.end("the process was replaced", leftovers).await;
    }

    async fn end(mut self, reason: &str, leftovers: &Leftovers) {
        let pid = self.child.id();
        let _ = self.child.kill().await;
        if let Some(pid) = pid {
            leftovers.ended(pid);
        }
        self.run.fail_in_flight(reason);
        self.api.abort();
    }
}
