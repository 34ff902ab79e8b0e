//! What the kernel says of a process: CPU time, memory, and who listens on a port.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::Failure;

/// Length of the kernel's clock tick, as `/proc/PID/stat` counts (USER_HZ is 100 on every Linux that this runs on).
const TICK: Duration = Duration::from_millis(10);

/// CPU time of a process so far.
#[derive(Debug, Clone)]
pub(crate) struct Cpu {
    /// Of all its threads that ever were, in whole ticks.
    ticks: Duration,
    /// Of each thread that there is, to the nanosecond; none where the kernel does not tell.
    threads: BTreeMap<u32, Duration>,
}

impl Cpu {
    pub(crate) fn of(pid: u32) -> Result<Self, Failure> {
        Ok(Self {
            ticks: ticks(pid)?,
            threads: threads(pid).unwrap_or_default(),
        })
    }

    /// What was used since an earlier reading: to the nanosecond, unless a thread has ended meanwhile and took its time with it.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let goes_on = |id: &u32| self.threads.contains_key(id);
        if self.threads.is_empty() || !before.threads.keys().all(goes_on) {
            return self.ticks.saturating_sub(before.ticks);
        }
        let sum = |cpu: &Self| cpu.threads.values().sum::<Duration>();
        sum(self).saturating_sub(sum(before))
    }
}

/// User and system time, in whole ticks.
fn ticks(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks =
        |at: usize| -> Result<u32, Failure> { Ok(fields.get(at).ok_or("no time")?.parse()?) };
    Ok(TICK * (ticks(11)? + ticks(12)?))
}

/// The time that each thread has run: the first number of its `schedstat` (proc_pid_schedstat(5)).
fn threads(pid: u32) -> Result<BTreeMap<u32, Duration>, Failure> {
    let mut threads = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let entry = entry?;
        let id = entry.file_name().to_string_lossy().parse()?;
        // A thread that is just ending has none any more.
        let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else {
            continue;
        };
        let ran = text.split_whitespace().next().ok_or("no time")?;
        threads.insert(id, Duration::from_nanos(ran.parse()?));
    }
    Ok(threads)
}

/// Memory of a process, in KiB: resident, and proportional where pages are shared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) rss_kib: f64,
    pub(crate) pss_kib: f64,
}

pub(crate) fn memory(pid: u32) -> Result<Memory, Failure> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let field = |name: &str| -> Result<f64, Failure> {
        let line = rollup.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kib.ok_or("no such field")?.parse()?)
    };
    Ok(Memory {
        rss_kib: field("Rss:")?,
        pss_kib: field("Pss:")?,
    })
}

/// The process that listens on a port of this machine, if it is one that we may look at.
pub(crate) fn listening_on(port: u16) -> Option<u32> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| inodes(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids.into_iter().find(|pid| {
        let links = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten();
        links
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .any(|link| {
                inodes
                    .iter()
                    .any(|inode| link.as_os_str() == inode.as_str())
            })
    })
}

/// Inodes of the sockets that listen on a port, of a table of `/proc/net`.
fn inodes(table: &str, port: u16) -> Vec<String> {
    let listening = "0A";
    let ends = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let ours = fields.get(1)?.ends_with(&ends) && *fields.get(3)? == listening;
            ours.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
        })
        .collect()
}

/// The load average of the last minute: how busy the machine was besides.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}
