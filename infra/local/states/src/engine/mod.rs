//! The engine: executions, their log, their timers and their calls.
//!
//! A shell around [`crate::core`]. An input is stepped under the lock of its shard, its records are appended, and what
//! follows from them (calls, answers to API clients) happens once they are durable. No execution has a thread or a task:
//! one log thread, one timer task, a task for each call under way, and one for each execution that is not done after a
//! slice.

mod activities;
mod archive;
mod aside;
mod bury;
mod calls;
mod clock;
mod damage;
mod deadlines;
mod deleting;
mod drive;
mod entry;
mod express;
mod follow;
mod gaps;
mod import;
mod index;
mod jobs;
mod lambda;
mod later;
mod long;
mod machine;
mod map_runs;
mod nested;
mod outward;
mod pages;
mod past;
mod promised;
mod recovery;
mod redrive;
mod replay;
mod retention;
mod shard;
#[cfg(test)]
mod sim;
mod slice;
mod snapshot;
mod stops;
mod teller;
mod timers;
mod token;
mod turns;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, watch};

pub use crate::log::LogError;
pub(crate) use activities::{ActivityRecord, Handed, MAX_ACTIVITIES, MAX_POLLERS, TooManyPollers};
pub(crate) use archive::{ArchiveError, Chronicle, reading};
pub use clock::Clock;
pub use damage::{Damage, Subject};
pub(crate) use drive::DriveError;
pub(crate) use entry::EntryRef;
pub(crate) use express::Ended;
pub(crate) use follow::Followed;
pub(crate) use import::Import;
pub(crate) use index::{Index, Of, Place};
pub use lambda::{Invocation, InvokeError, Invoked, Lambda};
pub(crate) use long::beside;
pub(crate) use machine::{
    Alias, INITIAL, Machine, Machines, Revision, RevisionText, Route, Target, Version,
};
pub(crate) use pages::Ask;
pub(crate) use redrive::Wreck;
pub(crate) use shard::{SHARDS, Shard, Slot, Summary, shard_of};
pub(crate) use teller::{Annals, Teller};
pub(crate) use token::MAX_TOKEN_CHARS;

use crate::api::Intake;
use crate::core::ExecutionId;
use crate::integration::ServiceModels;
use crate::log::{Disk, Drive, Files, Log, Reader};
use crate::objects::Objects;
use crate::remote::{Client, Connection, Services, Tokens};

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it keeps its data; made if it does not exist. One process at a time.
    pub dir: PathBuf,
    /// AWS region of its ARNs.
    pub region: String,
    /// AWS account of its ARNs, 12 digits.
    pub account: String,
    /// Most calls to functions at once; further ones wait. 1 to 100,000.
    pub max_calls: usize,
    /// Most open executions (AWS: 1,000,000).
    pub max_open_executions: usize,
    /// Closed executions are kept for so many days (AWS: 90) ...
    pub keep_closed_days: u32,
    /// ... and so many of them at most, the oldest going first.
    pub keep_closed: usize,
    /// Where other services are.
    pub services: Services,
    /// API models of services that are not built in, for `aws-sdk:` tasks; none usually.
    pub service_models: ServiceModels,
    /// What HTTP tasks authorize themselves with, by the ARN of the connection or the name in it.
    pub connections: BTreeMap<String, Connection>,
    /// How long `GetActivityTask` waits for a task, in milliseconds (AWS: 60,000).
    pub poll_ms: i64,
    /// At shutdown, calls under way get so long to end, in milliseconds.
    pub drain_ms: u64,
    /// Where it has its time from.
    pub clock: Clock,
    /// Where distributed Maps read items and write results; without it they are refused when they need it.
    pub objects: Option<Arc<dyn Objects>>,
    /// Names, besides loopback ones, by which requests may address this server in their `Host`.
    pub hosts: Vec<String>,
    /// Fixes what is random in starts: the version of an alias, and an execution's own chance; `None` draws a new one.
    pub seed: Option<u64>,
}

impl Config {
    /// The usual limits.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            max_calls: 1_000,
            max_open_executions: 1_000_000,
            keep_closed_days: 90,
            keep_closed: 100_000,
            services: Services::default(),
            service_models: ServiceModels::default(),
            connections: BTreeMap::new(),
            poll_ms: 60_000,
            drain_ms: 5_000,
            clock: Clock::system(),
            objects: None,
            hosts: Vec::new(),
            seed: None,
        }
    }
}

/// Why an engine cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder open.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The log, the snapshot or the folder.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It must be opened inside a tokio runtime.
    #[error("the states engine must be opened inside a tokio runtime")]
    NoRuntime,
}

/// Step Functions, durable in one folder.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) log: Log,
    files: Arc<dyn Files>,
    reader: Reader,
    damage: damage::Damages,
    aside: aside::Aside,
    pub(crate) secret: token::Secret,
    shards: Vec<Mutex<Shard>>,
    machines: RwLock<Machines>,
    pub(crate) deleting: deleting::Deleting,
    index: Mutex<Index>,
    activities: Mutex<activities::Activities>,
    lambda: Arc<dyn Lambda>,
    client: Client,
    connections: Tokens,
    turns: turns::Turns,
    /// Questions after jobs that are asked at once.
    looks: Semaphore,
    /// Trials, which belong to no execution.
    trials: Semaphore,
    /// Bodies of requests.
    pub(crate) intake: Intake,
    runtime: Handle,
    timers: timers::Timers,
    jobs: jobs::Jobs,
    stops: stops::Stops,
    promises: promised::Promises,
    imported: import::Imported,
    /// The last id given out, without its shard.
    last_id: AtomicU64,
    stopping: watch::Sender<bool>,
    under_way: UnderWay,
    ended: map_runs::Ended,
    ended_express: nested::EndedExpress,
    upkeep: Mutex<retention::Upkeep>,
    /// Held by who forgets or takes a snapshot: one at a time. Taken before the machines and any shard.
    tidying: Mutex<()>,
    past: past::Past,
    followers: follow::Followers,
    tales: pages::Tales,
    /// How many Express executions run.
    express_open: AtomicUsize,
    /// Chooses between the versions of an alias.
    chance: Mutex<SmallRng>,
    /// Held while the folder is open.
    lock: Mutex<Option<Box<dyn std::any::Any + Send>>>,
}

impl Engine {
    /// Opens the folder, recovers what is in it, and goes on with every open execution. Inside a tokio runtime.
    pub fn open(config: Config, lambda: Arc<dyn Lambda>) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(Disk), Drive::Thread, config, lambda)
    }

    /// Opens a folder of these files.
    fn open_on(
        files: Arc<dyn Files>,
        drive: Drive,
        config: Config,
        lambda: Arc<dyn Lambda>,
    ) -> Result<Self, OpenError> {
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let (inner, hurt, backlog) = recovery::open(files, drive, config, lambda, runtime)?;
        inner.runtime.spawn(timers::run(Arc::downgrade(&inner)));
        if drive == Drive::Thread {
            inner.runtime.spawn(retention::run(Arc::downgrade(&inner)));
        }
        recovery::resume(&inner, hurt);
        inner.stop_orphans();
        if !inner.past_is_known() {
            inner.read_in(backlog);
        }
        Ok(Self { inner })
    }

    /// What was found damaged so far, at most 1,000 entries: when the folder was opened, and when the executions that had
    /// closed before were read in. All of it is also in the log of the program.
    pub fn damage(&self) -> Vec<Damage> {
        self.inner.damage.list()
    }

    /// The API: AWS JSON 1.0 at `POST /`, `X-Amz-Target: AWSStepFunctions.<operation>`.
    pub fn router(&self) -> axum::Router {
        crate::api::router(Arc::clone(&self.inner))
    }

    /// Lets calls under way end, for a while, then makes everything durable and stops. Later requests fail.
    pub async fn shutdown(&self) {
        let drain = Duration::from_millis(self.inner.config.drain_ms);
        let drained = tokio::time::timeout(drain, self.inner.under_way.none()).await;
        if drained.is_err() {
            tracing::warn!("calls are still under way; they will be made again at the next start");
        }
        self.inner.stopping.send_replace(true);
        let inner = Arc::clone(&self.inner);
        let _stopped = tokio::task::spawn_blocking(move || {
            inner.record_ends();
            inner.log.stop();
            inner
                .lock
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        })
        .await;
    }

    /// When something happens next by itself, in milliseconds since 1970. For who drives a [`Clock`].
    pub fn next_deadline_ms(&self) -> Option<i64> {
        self.inner.next_deadline_ms()
    }

    /// What is under way and not yet recorded: calls, questions after jobs, effects of map runs, and whatever else one step
    /// leaves to the next. For who drives a [`Clock`]: while there is any, what happens next is not known. Ask for the next
    /// deadline first.
    pub fn calls_under_way(&self) -> u64 {
        self.inner.under_way.count.load(Ordering::Acquire)
    }

    /// Forgets closed executions that are too old or too many, takes a snapshot, and deletes what neither it nor any history
    /// needs. The engine does so by itself as time passes and the log grows.
    pub async fn compact(&self) -> Result<(), LogError> {
        self.inner.past_known().await;
        let inner = Arc::clone(&self.inner);
        let taken = self.inner.aside(move || {
            inner.forget_expired();
            inner.snapshot()
        });
        taken.await.unwrap_or(Ok(()))
    }
}

impl Inner {
    pub(crate) fn machines(&self) -> RwLockReadGuard<'_, Machines> {
        self.machines.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn machines_mut(&self) -> RwLockWriteGuard<'_, Machines> {
        self.machines
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.config.clock.now_ms()
    }

    /// A number in 0..100.
    pub(crate) fn chance(&self) -> u8 {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        chance.random_range(0..100)
    }

    /// A number from which all chance of an execution is drawn.
    pub(crate) fn draw(&self) -> u64 {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        chance.random()
    }

    /// Deleted, and none of its executions runs any more: it is as if it were not there.
    pub(crate) fn is_gone(&self, machine: &Machine) -> bool {
        machine.deleting && self.index().running(&machine.arn) == 0
    }

    /// Runs a task that is under way until it ends, by a panic too.
    fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let begun = Begun::new(self);
        self.runtime.spawn(async move {
            task.await;
            drop(begun);
        });
    }

    /// Resolves when the engine stops.
    async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        let _stopping = stopping.wait_for(|stopping| *stopping).await;
    }

    /// An id in the form of a UUID, random unless the engine is seeded. No secret.
    pub(crate) fn unique(&self) -> String {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        uuid::Builder::from_random_bytes(chance.random())
            .into_uuid()
            .to_string()
    }

    /// Room to try a state out; `None` if too many are tried.
    pub(crate) fn trial(&self) -> Option<SemaphorePermit<'_>> {
        self.trials.try_acquire().ok()
    }

    /// A new id in the shard of this ARN.
    fn new_id(&self, arn: &str) -> ExecutionId {
        let number = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        ExecutionId(number * SHARDS + shard_of(arn))
    }
}

/// Calls that have not been answered.
#[derive(Debug, Default)]
struct UnderWay {
    count: AtomicU64,
    none: Notify,
}

impl UnderWay {
    fn begin(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    fn end(&self) {
        if self.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.none.notify_waiters();
        }
    }

    async fn none(&self) {
        loop {
            let ended = self.none.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }
}

/// Something under way, until this is dropped.
struct Begun(Arc<Inner>);

impl Begun {
    fn new(inner: &Arc<Inner>) -> Self {
        inner.under_way.begin();
        Self(Arc::clone(inner))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.under_way.end();
    }
}
