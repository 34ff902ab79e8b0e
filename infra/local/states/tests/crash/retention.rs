//! SIGKILL while closed executions are forgotten and the log is compacted: what is within retention is there after each start, what
//! is beyond it stays gone, and the folder stays small.
//!
//! One client starts executions one after the other, so it is known which are the newest. The clock of a process stands still, a
//! day further than that of the one before.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};

use super::deleted;
use super::process::{self, announce, spawn};
use super::support::{Folder, Functions, ROLE, flow, open_with};

/// What tells a process which day it is.
const DAY: &str = "STATES_CRASH_DAY";
/// The first day, in milliseconds since 1970.
const FIRST_MS: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 86_400_000;
/// Closed executions that are kept: so many ...
const KEEP: usize = 60;
/// ... and those of so many days before.
const KEEP_DAYS: usize = 2;
/// Starts between two kills: so many that now the number bounds what is kept, now the days.
const MOST_STARTS: usize = 60;
const MOST_ROUNDS: usize = 300;
/// What stays open waits for longer than all days together.
const WAIT_SECONDS: u32 = 30_000_000;
/// An execution that stays open is started each so many rounds ...
const ROUNDS_PER_OPEN: usize = 8;
/// ... until there are so many. Each holds its segment, with what else is in it.
const MOST_OPEN: usize = 6;
const INPUT_BYTES: usize = 100_000;
/// What is kept and what shares its segments takes about a third of it, and the next segment's length ahead another.
const MAX_FOLDER_BYTES: u64 = 32 * 1_048_576;
/// Executions that are gone and are asked for after each start.
const GONE_LOOKED_AT: usize = 10;

/// Not a test of its own: what the test below starts and kills.
#[test]
#[ignore = "started by the crash test as a process of its own"]
fn child() {
    let (Ok(dir), Ok(day)) = (std::env::var(process::DIR), std::env::var(DAY)) else {
        return;
    };
    let day: i64 = day.parse().expect("a number");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let config = states::Config {
            clock: states::Clock::driven(FIRST_MS + day * DAY_MS),
            keep_closed: KEEP,
            keep_closed_days: KEEP_DAYS as u32,
            ..states::Config::new(dir)
        };
        let up = open_with(config, Functions::default()).await;
        up.engine.compact().await.expect("compacted");
        announce(up.address);
        loop {
            up.engine.compact().await.expect("compacted");
        }
    });
}

/// What is known of the executions.
#[derive(Default)]
struct Known {
    /// Closed ones in the order of their starts, which were acknowledged or were there afterwards, with the round of each.
    closed: Vec<(String, usize)>,
    /// The last one, whose start was not acknowledged.
    doubtful: Option<(String, usize)>,
    /// Those that stay open.
    open: Vec<String>,
    /// Starts after which their number bounded what was kept.
    by_number: usize,
    /// Starts after which the days did.
    by_days: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_there_after_sigkill_and_what_is_not_stays_gone() {
    let folder = Folder::new();
    let rounds = (process::kills() / 5).min(MOST_ROUNDS);
    let mut known = Known::default();
    for round in 0..=rounds {
        let day = [(DAY, round.to_string())];
        let (process, client) = spawn("retention::child", folder.path(), &day);
        make(&client).await;
        known.check(&client, round).await;
        let bytes = bytes_of(folder.path());
        assert!(bytes < MAX_FOLDER_BYTES, "{bytes} bytes");
        if round % ROUNDS_PER_OPEN == 0 && known.open.len() < MOST_OPEN {
            let name = format!("open{round}");
            assert!(start(&client, "parked", &name).await, "started");
            known.open.push(name);
        }
        let acks = Arc::new(AtomicUsize::new(0));
        let worker = tokio::spawn(work(client, round, acks.clone()));
        let moment = rand::random_range(1..=MOST_STARTS);
        while acks.load(Ordering::SeqCst) < moment && !worker.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!worker.is_finished(), "a start was refused");
        drop(process);
        let mut names = worker.await.expect("a worker");
        known.doubtful = names.pop().map(|name| (name, round));
        known
            .closed
            .extend(names.into_iter().map(|name| (name, round)));
    }
    known.hold(rounds, folder.path());
}

/// Starts executions one after the other until the engine is gone. Gives their names; the start of the last one was not
/// acknowledged.
async fn work(client: Client, round: usize, acks: Arc<AtomicUsize>) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let name = format!("r{round}n{}", names.len());
        names.push(name.clone());
        if !start(&client, "quick", &name).await {
            return names;
        }
        acks.fetch_add(1, Ordering::SeqCst);
    }
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:states:us-east-1:000000000000:{kind}:{name}")
}

fn input(name: &str) -> String {
    json!({ "name": name, "text": "x".repeat(INPUT_BYTES) }).to_string()
}

/// Starts an execution; was it acknowledged?
async fn start(client: &Client, machine: &str, name: &str) -> bool {
    let started = client
        .start_execution()
        .state_machine_arn(arn("stateMachine", machine))
        .name(name)
        .input(input(name));
    started.send().await.is_ok()
}

/// The machines, if they are not there.
async fn make(client: &Client) {
    let wait = json!({ "Type": "Wait", "Seconds": WAIT_SECONDS, "End": true });
    let machines = [("quick", json!({ "Type": "Succeed" })), ("parked", wait)];
    for (name, state) in machines {
        let made = client
            .create_state_machine()
            .name(name)
            .role_arn(ROLE)
            .definition(flow(json!({ "A": state })).to_string());
        made.send().await.expect("made, or there");
    }
}

/// The bytes of all files of a folder and those below it.
fn bytes_of(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let sizes = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return bytes_of(&path);
        }
        // One that is being deleted takes no more room.
        std::fs::metadata(&path).map_or(0, |file| file.len())
    });
    sizes.sum()
}

impl Known {
    /// What the engine has after a start in this round is what it should have.
    async fn check(&mut self, client: &Client, round: usize) {
        let asked = client.list_executions().max_results(1000);
        let asked = asked.state_machine_arn(arn("stateMachine", "quick"));
        let told = asked.send().await.expect("a list");
        let listed: BTreeSet<&str> = told.executions().iter().map(|one| one.name()).collect();
        // It is the newest: if it were there, it would be kept.
        let doubtful = self.doubtful.take();
        let there = doubtful.filter(|(name, _)| listed.contains(name.as_str()));
        self.closed.extend(there);

        let recent = self.closed.iter();
        let recent = recent.filter(|(_, of)| of + KEEP_DAYS >= round).count();
        self.by_number += usize::from(recent > KEEP);
        self.by_days += usize::from(recent < KEEP && recent < self.closed.len());
        let (gone, kept) = self.closed.split_at(self.closed.len() - recent.min(KEEP));
        let expected: BTreeSet<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(listed, expected, "round {round}");
        for (name, _) in kept.first().into_iter().chain(kept.last()) {
            whole(client, name).await;
        }
        let from = rand::random_range(0..=gone.len().saturating_sub(GONE_LOOKED_AT));
        for (name, _) in gone
            .iter()
            .skip(from)
            .take(GONE_LOOKED_AT)
            .chain(gone.last())
        {
            let asked = client
                .describe_execution()
                .execution_arn(executed("quick", name));
            let error = asked
                .send()
                .await
                .expect_err("it is gone")
                .into_service_error();
            assert!(error.is_execution_does_not_exist(), "{name}: {error:?}");
        }
        for name in &self.open {
            let asked = client
                .describe_execution()
                .execution_arn(executed("parked", name));
            let told = asked.send().await.expect("it is open");
            assert_eq!(told.status, ExecutionStatus::Running, "{name}");
        }
    }

    /// Without these the test says less than it seems to.
    fn hold(&self, rounds: usize, dir: &Path) {
        let (started, deleted) = (self.closed.len(), deleted(dir));
        let bounded = (self.by_number, self.by_days);
        println!(
            "{started} started, {deleted} segments deleted, bounded by number and by days: {bounded:?}"
        );
        assert!((started * INPUT_BYTES) as u64 > MAX_FOLDER_BYTES, "too few");
        assert!(
            self.by_number >= rounds / 10 && self.by_days >= rounds / 10,
            "{bounded:?}"
        );
        assert!(deleted >= rounds, "{deleted} segments were deleted");
    }
}

fn executed(machine: &str, name: &str) -> String {
    format!("{}:{name}", arn("execution", machine))
}

/// An execution that is kept, with all that is told of it.
async fn whole(client: &Client, name: &str) {
    let asked = client
        .describe_execution()
        .execution_arn(executed("quick", name));
    let told = asked.send().await.expect("it is kept");
    assert_eq!(told.status, ExecutionStatus::Succeeded, "{name}");
    let given: Value = serde_json::from_str(told.output().expect("an output")).expect("JSON");
    assert_eq!(given["name"], json!(name));
    let asked = client
        .get_execution_history()
        .execution_arn(executed("quick", name));
    let events = asked.send().await.expect("a history").events;
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids, [1, 2, 3, 4], "{name}");
}
