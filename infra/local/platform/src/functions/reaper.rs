//! Ends the functions when this process is killed.
//!
//! A killed process cannot clean up, and a Lambda runtime whose Runtime API is gone asks for it for ever. So a
//! shell, leader of the process group that all functions join, reads from a pipe whose other end only this
//! process holds. When the pipe closes, whatever the reason, the shell kills its group.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Waits for the end of its input, then kills its whole process group, itself included.
const SCRIPT: &str = "while read -r _; do :; done; kill -KILL 0";

/// The shell that outlives us by a moment.
#[derive(Debug)]
pub(super) struct Reaper {
    group: Arc<AtomicI32>,
}

impl Reaper {
    /// Starts the shell and keeps one running.
    pub(super) fn start(stopping: CancellationToken, tasks: &TaskTracker) -> io::Result<Self> {
        let (child, pipe) = spawn()?;
        let group = Arc::new(AtomicI32::new(group_of(&child)));
        tasks.spawn(keep(child, pipe, Arc::clone(&group), stopping));
        Ok(Self { group })
    }

    /// The process group that functions join.
    pub(super) fn group(&self) -> i32 {
        self.group.load(Ordering::Relaxed)
    }
}

async fn keep(
    mut child: Child,
    pipe: ChildStdin,
    group: Arc<AtomicI32>,
    stopping: CancellationToken,
) {
    let mut _pipe = pipe;
    loop {
        tokio::select! {
            () = stopping.cancelled() => {
                // The functions end by their own handles.
                let _ = child.kill().await;
                return;
            }
            _ = child.wait() => tracing::warn!("the process that watches over the functions ended, another one starts"),
        }
        match spawn() {
            Ok((next, pipe)) => {
                group.store(group_of(&next), Ordering::Relaxed);
                child = next;
                _pipe = pipe;
            }
            Err(error) => {
                tracing::error!(%error, "nothing watches over the functions");
                stopping.cancelled().await;
                return;
            }
        }
    }
}

/// The pipe is kept apart from the child: waiting for a child closes its input.
fn spawn() -> io::Result<(Child, ChildStdin)> {
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let pipe = child
        .stdin
        .take()
        .ok_or_else(|| io::Error::other("the pipe is missing"))?;
    Ok((child, pipe))
}

fn group_of(child: &Child) -> i32 {
    child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .unwrap_or(0)
}
