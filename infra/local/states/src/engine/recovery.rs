//! From the files of a folder to a running engine.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, RwLock};

use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use super::aside::Aside;
use super::damage::{Damage, Damages, Subject};
use super::deleting::Deleting;
use super::import::Imported;
use super::machine::Revision;
use super::nested::Nested;
use super::past::{Backlog, Past};
use super::promised::Promises;
use super::replay::{Replayed, Stranded};
use super::shard::{SHARDS, Shard, Slot};
use super::snapshot::{self, Snapshot};
use super::stops::Stops;
use super::token::Secret;
use super::turns::Turns;
use super::{Config, Inner, Lambda, OpenError, UnderWay, retention, timers};
use crate::core::{Effect, ExecutionId, Input};
use crate::log::{Drive, Files, Log, LogError, Reader, make_dirs};
use crate::remote::{Client, Tokens};

/// Most trials at once; further ones are throttled.
const MAX_TRIALS: usize = 100;

/// Executions that cannot go on, and where what they lack was.
pub(super) type Broken = BTreeMap<u64, String>;

/// What is to be ended.
pub(super) struct Hurt {
    broken: Broken,
    stranded: BTreeMap<u64, Stranded>,
}

/// Opens a folder.
pub(super) fn open(
    files: Arc<dyn Files>,
    drive: Drive,
    config: Config,
    lambda: Arc<dyn Lambda>,
    runtime: Handle,
) -> Result<(Arc<Inner>, Hurt, Backlog), OpenError> {
    let dir = config.dir.clone();
    let log_dir = dir.join("log");
    // Who made the folder may not have made its name durable; without a name it is the one that we are in.
    if !dir.as_os_str().is_empty() {
        make_dirs(&*files, &dir).map_err(LogError::io(&dir))?;
    }
    make_dirs(&*files, &log_dir).map_err(LogError::io(&log_dir))?;
    let lock = files.lock(&dir).map_err(LogError::io(&dir))?;
    let lock = lock.ok_or_else(|| OpenError::InUse(dir.clone()))?;
    let (secret, voided) = secret(&*files, &dir)?;
    let reader = Reader::new(Arc::clone(&files), &log_dir);
    let mut damaged = Vec::new();
    let snapshot = Snapshot::read(&*files, &dir, |offset, owner| damaged.push((offset, owner)))?;
    let mut found = Replayed::from_snapshot(snapshot, &reader, &config.service_models);
    found.damage.extend(voided);
    for (offset, owner) in damaged {
        let subject = match owner.0 {
            0 => Subject::Other,
            id => Subject::Lost { id, arn: None },
        };
        found.damage.push(Damage {
            path: snapshot::path(&dir),
            offset,
            subject,
        });
    }
    let (segment, end) = found.replay(&*files, &log_dir)?;
    #[cfg(test)]
    if matches!(drive, Drive::Hand(hand) if hand.reads_first) {
        found.read_closed();
    }
    let backlog = found.backlog();
    let log = Log::open(Arc::clone(&files), &log_dir, segment, end, drive)?;
    let Replayed {
        machines,
        activities,
        mut shards,
        index,
        last_id,
        damage,
        broken,
        stranded,
        stops,
        imported,
        promised,
        ..
    } = found;
    let (promises, express_open) = Promises::again(promised, &mut shards, config.clock.now_ms());
    let stops = Stops::new(stops, &machines);
    let inner = Inner {
        log,
        files,
        reader,
        damage: Damages::new(damage),
        aside: Aside::new(drive),
        secret,
        shards: shards.into_iter().map(Mutex::new).collect(),
        deleting: Deleting::of(&machines),
        machines: RwLock::new(machines),
        index: Mutex::new(index),
        activities: Mutex::new(activities),
        lambda,
        client: Client::default(),
        connections: Tokens::default(),
        turns: Turns::new(config.max_calls.clamp(1, 100_000)),
        looks: Semaphore::new(config.max_calls.clamp(1, 100_000)),
        trials: Semaphore::new(MAX_TRIALS),
        intake: Default::default(),
        runtime,
        timers: timers::Timers::new(),
        jobs: super::jobs::Jobs::default(),
        stops,
        promises,
        imported: Imported::new(imported),
        last_id: AtomicU64::new(last_id),
        stopping: watch::Sender::new(false),
        under_way: UnderWay::default(),
        ended: super::map_runs::Ended::default(),
        ended_express: super::nested::EndedExpress::default(),
        upkeep: Mutex::new(retention::Upkeep::new(segment)),
        tidying: Mutex::default(),
        past: Past::new(backlog.unread.is_empty()),
        followers: Default::default(),
        tales: Default::default(),
        express_open: AtomicUsize::new(express_open),
        chance: Mutex::new(SmallRng::seed_from_u64(
            config.seed.unwrap_or_else(rand::random),
        )),
        config,
        lock: Mutex::new(Some(lock)),
    };
    Ok((Arc::new(inner), Hurt { broken, stranded }, backlog))
}

/// Ends what cannot go on, sets the timers of all open executions, makes unanswered calls again and goes on where a step
/// was cut short.
pub(super) fn resume(inner: &Arc<Inner>, hurt: Hurt) {
    let Hurt { broken, stranded } = hurt;
    inner.bury(stranded);
    let mut nested = Vec::new();
    let mut again = 0;
    for number in 0..SHARDS {
        let mut shard = inner.shard_by_id(ExecutionId(number));
        let mut live: Vec<ExecutionId> = shard
            .slots
            .iter()
            .filter(|(_, slot)| matches!(slot, Slot::Live(_)))
            .map(|(id, _)| *id)
            .collect();
        live.sort_unstable();
        for id in live {
            let Some(live) = shard.live_mut(id) else {
                continue;
            };
            let awaited = live.execution.awaited().into_iter();
            nested.extend(awaited.map(|(task, child)| Nested::Waits(id, task, child)));
            let jobs = live.execution.jobs(&live.revision.definition);
            let by = live.execution.identity.started_by;
            nested.extend(by.map(|by| Nested::Child(id, by)));
            let input = match broken.get(&id.0) {
                Some(place) => Input::Damaged {
                    place: place.clone(),
                },
                // Sets the timer too; for an execution that waits for the world it writes nothing.
                None => Input::Go,
            };
            let (calls, revision) = (live.execution.unanswered(), Arc::clone(&live.revision));
            if !calls.is_empty() && input == Input::Go {
                again += calls.len();
                let arn = &*live.execution.identity.arn;
                tracing::info!(%arn, "its calls without a recorded answer are made again");
                let offers = inner.call_again(&mut shard, id, &revision, calls);
                inner.act(id, &revision, offers);
            }
            for (task, ..) in jobs {
                inner.resume_job(id, task);
            }
            if inner.log.is_crowded() {
                // Nobody is served yet: this thread may wait for the disk.
                let _failed = inner.log.wait_durable();
            }
            if let Err(error) = inner.drive(&mut shard, id, input) {
                tracing::error!(%error, execution = id.0, "an execution could not go on");
            }
        }
    }
    if again > 0 {
        // Nothing runs twice silently.
        tracing::warn!(
            again,
            "calls and offers without a recorded answer are made again; of which executions is told at level info"
        );
    }
    inner.resume_stops();
    inner.reconcile(nested);
}

impl Inner {
    /// Makes calls again, each with a record of that; gives the effects that are none.
    fn call_again(
        self: &Arc<Self>,
        shard: &mut Shard,
        id: ExecutionId,
        revision: &Revision,
        effects: Vec<Effect>,
    ) -> Vec<Effect> {
        let mut others = Vec::new();
        for effect in effects {
            let task = match &effect {
                Effect::Call { task, state, .. } if revision.activity(*state).is_none() => *task,
                _other => {
                    others.push(effect);
                    continue;
                }
            };
            if let Err(error) = self.drive(shard, id, Input::CalledAgain { task }) {
                tracing::error!(%error, execution = id.0, "a call could not be made again");
            }
        }
        others
    }
}

/// The key of the folder's task tokens; made with the folder. One of another length is damaged: a new one takes its place.
fn secret(files: &dyn Files, dir: &Path) -> Result<(Secret, Option<Damage>), LogError> {
    let path = dir.join("secret");
    let voided = match files.read(&path) {
        Ok(bytes) => {
            if let Ok(key) = <[u8; 32]>::try_from(bytes) {
                return Ok((Secret(key), None));
            }
            Some(Damage {
                path: path.clone(),
                offset: 0,
                subject: Subject::Tokens,
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        // A key that cannot be read now is not a key that is not there: every token would be void.
        Err(source) => return Err(LogError::Io { path, source }),
    };
    let key: [u8; 32] = rand::random();
    files
        .replace(&path, &mut std::iter::once(key.to_vec()))
        .map_err(LogError::io(&path))?;
    Ok((Secret(key), voided))
}
