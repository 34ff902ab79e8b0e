//! An engine in a process of its own, which is killed.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_sfn::Client;

use super::support;

/// What tells such a process its folder.
pub(super) const DIR: &str = "STATES_CRASH_DIR";
/// More kills than there are without it.
const KILLS: &str = "STATES_CRASH_KILLS";
const LEAST_KILLS: usize = 200;

/// How many kills the tests under load make together; the one of retention makes a fifth of that, beside them.
pub(super) fn kills() -> usize {
    let asked = std::env::var(KILLS);
    let asked = asked.map_or(LEAST_KILLS, |kills| kills.parse().expect("a number"));
    asked.max(LEAST_KILLS)
}

/// A process that dies with this.
pub(super) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, by the process's own id.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Starts the ignored test of this name as a process, and gives a client of the engine that it opens.
pub(super) fn spawn(child: &str, dir: &Path, variables: &[(&str, String)]) -> (Process, Client) {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", child, "--nocapture"])
        .env(DIR, dir)
        .envs(variables.iter().cloned())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let process = Process(child);
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| {
            line.strip_prefix("ADDRESS ")
                .map(|a| a.parse().expect("an address"))
        })
        .expect("the child says where it is");
    (process, support::client(address))
}

/// What the process says once it serves.
pub(super) fn announce(address: SocketAddr) {
    let mut out = std::io::stdout();
    writeln!(out, "\nADDRESS {address}")
        .and_then(|()| out.flush())
        .expect("told");
}
