//! The processes that a killed platform may have left behind, by process id and start time.
//!
//! The [`super::reaper`] ends them at once; this is for the case that the reaper was killed too.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// When a process started, in the system's own words: a process id alone may belong to another one by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Born(String);

/// The list of our processes, on disk.
#[derive(Debug)]
pub(super) struct Leftovers {
    path: PathBuf,
    living: Mutex<BTreeMap<u32, Born>>,
}

impl Leftovers {
    /// Ends what the last run left behind and starts a new list.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        if let Ok(text) = std::fs::read(&path) {
            let left: BTreeMap<u32, Born> = serde_json::from_slice(&text).unwrap_or_default();
            left.iter()
                .filter(|(pid, known)| born(**pid).as_ref() == Some(known))
                .for_each(|(pid, _)| kill(*pid));
        }
        let leftovers = Self {
            path,
            living: Mutex::default(),
        };
        leftovers.write(&BTreeMap::new())?;
        Ok(leftovers)
    }

    pub(super) fn started(&self, pid: u32) {
        let Some(born) = born(pid) else { return };
        self.change(|living| {
            living.insert(pid, born);
        });
    }

    pub(super) fn ended(&self, pid: u32) {
        self.change(|living| {
            living.remove(&pid);
        });
    }

    fn change(&self, edit: impl FnOnce(&mut BTreeMap<u32, Born>)) {
        let mut living = self.living.lock().unwrap_or_else(PoisonError::into_inner);
        edit(&mut living);
        if let Err(error) = self.write(&living) {
            tracing::warn!(%error, "the list of processes is not up to date");
        }
    }

    fn write(&self, living: &BTreeMap<u32, Born>) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec(living)?)?;
        std::fs::rename(&beside, &self.path)
    }
}

/// Linux: field 22 of `/proc/<pid>/stat`, in clock ticks since boot, proc(5). The name in field 2 may hold spaces.
#[cfg(target_os = "linux")]
fn born(pid: u32) -> Option<Born> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = &stat[stat.rfind(')')? + 1..];
    after_name
        .split_whitespace()
        .nth(19)
        .map(|ticks| Born(ticks.to_owned()))
}

#[cfg(not(target_os = "linux"))]
fn born(pid: u32) -> Option<Born> {
    let output = Command::new("ps")
        .args(["-o", "lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(Born(text))
}

fn kill(pid: u32) {
    tracing::warn!(pid, "a function of the last run still ran and is ended");
    let _ = Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("kill -KILL {pid}"))
        .status();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn a_process_left_behind_is_ended_and_one_that_took_its_number_is_not() {
        let place = TestFolder::new();
        let path = place.path().join("functions.json");
        let mut left = Command::new("sleep").arg("600").spawn().expect("sleep");
        let mut other = Command::new("sleep").arg("600").spawn().expect("sleep");
        let leftovers = Leftovers::open(path.clone()).expect("open");
        leftovers.started(left.id());
        leftovers.change(|living| {
            living.insert(other.id(), Born("another time".to_owned()));
        });
        drop(leftovers);

        Leftovers::open(path).expect("open again");
        assert!(!left.wait().expect("ended").success());
        assert!(other.try_wait().expect("status").is_none());
        other.kill().expect("kill");
        other.wait().expect("wait");
    }
}
