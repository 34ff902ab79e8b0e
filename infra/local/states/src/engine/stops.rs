//! Stops of jobs: recorded before the step that gives the job up, until the service has answered. One that it could not take for now
//! is made again after a while, and one that is lost with the process at the next start.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::later::{Later, wait_ms};
use super::machine::{Machines, Revision};
use super::{EntryRef, Inner};
use crate::asl::StateIx;
use crate::core::{Effect, ExecutionId};
use crate::integration::{Answer, Call, Stopped, TaskError};
use crate::json::Json;
use crate::log::{LogFailed, Position};

/// A stop that has not been answered, as stored. Its name is the frame that it was recorded in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StopImage {
    /// Whose job it is.
    pub(crate) execution: u64,
    /// Number of the definition whose task it was.
    pub(crate) revision: u64,
    /// The task's state.
    pub(crate) state: StateIx,
    /// What it is stopped by.
    pub(crate) job: Json,
}

/// A stop that is under way.
#[derive(Debug)]
struct Stop {
    image: StopImage,
    revision: Arc<Revision>,
    /// How often it was made since the start of the engine.
    tries: u32,
}

/// The stops that have not been answered. One for every job that was given up since its service was last reached.
#[derive(Debug, Default)]
pub(super) struct Stops {
    open: Mutex<BTreeMap<Position, Stop>>,
    /// Those of them that wait to be made again.
    again: Later<Position>,
}

/// A stop that is to be made.
#[derive(Debug)]
pub(super) struct ToStop {
    at: Position,
    state: StateIx,
    job: Json,
}

impl Stops {
    /// Those found at the start. Without its definition, a job cannot be stopped.
    pub(super) fn new(found: BTreeMap<Position, StopImage>, machines: &Machines) -> Self {
        let found = found.into_iter().filter_map(|(at, image)| {
            let revision = Arc::clone(machines.revisions.get(&image.revision)?);
            Some((at, Stop::new(image, revision)))
        });
        Self {
            open: Mutex::new(found.collect()),
            again: Later::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Position, Stop>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next one is to be made again.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.again.next_ms()
    }

    /// As they are stored.
    pub(super) fn images(&self) -> Vec<(Position, StopImage)> {
        let stops = self.lock();
        let images = stops.iter().map(|(at, stop)| (*at, stop.image.clone()));
        images.collect()
    }
}

impl Stop {
    fn new(image: StopImage, revision: Arc<Revision>) -> Self {
        Self {
            image,
            revision,
            tries: 0,
        }
    }
}

impl Inner {
    /// Takes the stops out of the effects of a step that is about to be recorded, and records them first.
    pub(super) fn record_stops(
        &self,
        id: ExecutionId,
        revision: &Arc<Revision>,
        effects: &mut Vec<Effect>,
    ) -> Result<Vec<ToStop>, LogFailed> {
        let mut recorded = Vec::new();
        if !effects.iter().any(|e| matches!(e, Effect::StopJob { .. })) {
            return Ok(recorded);
        }
        let mut stops = self.stops.lock();
        for effect in std::mem::take(effects) {
            let Effect::StopJob { state, job } = effect else {
                effects.push(effect);
                continue;
            };
            let image = StopImage {
                execution: id.0,
                revision: revision.text.number,
                state,
                job: job.clone(),
            };
            let at = self.log.append(&EntryRef::Stopping(&image).bytes(), None)?;
            let revision = Arc::clone(revision);
            stops.insert(at, Stop::new(image, revision));
            recorded.push(ToStop { at, state, job });
        }
        Ok(recorded)
    }

    /// Stops a job of which there is no record: its task was given up before the service said that it had started.
    pub(super) fn stop_unrecorded_job(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        state: StateIx,
        job: Json,
    ) {
        let mut effects = vec![Effect::StopJob { state, job }];
        match self.record_stops(id, revision, &mut effects) {
            Ok(stops) => {
                for stop in stops {
                    self.stop_job(revision, stop);
                }
            }
            Err(error) => {
                tracing::error!(%error, execution = id.0, "the stop of a job could not be recorded");
            }
        }
    }

    /// Stops the job of a task that was given up.
    pub(super) fn stop_job(self: &Arc<Self>, revision: &Arc<Revision>, stop: ToStop) {
        let inner = Arc::clone(self);
        let revision = Arc::clone(revision);
        self.spawn(async move {
            let ToStop { at, state, job } = stop;
            tokio::select! {
                came = inner.stop_now(&revision, state, &job) => inner.stopped_job(at, &job, came),
                () = inner.stopped() => {}
            }
        });
    }

    /// What came of the stop of a job, and of each if it is as many; as long as one is unanswered, all are.
    async fn stop_now(&self, revision: &Revision, state: StateIx, job: &Json) -> Stopped {
        let Some((resource, how)) = revision.job(state) else {
            return Stopped::Taken;
        };
        let calls = match how.stop(resource, job) {
            Ok(calls) => calls,
            Err(error) => return Stopped::Refused(error),
        };
        let mut all = Stopped::Taken;
        for call in calls {
            let Call::Service(call) = call else { continue };
            let Ok(_permit) = self.looks.acquire().await else {
                return Stopped::Unanswered("the engine stops".to_owned());
            };
            let answer = Answer::Service(self.ask(call).await);
            let came = how.stopped(resource, answer);
            if came != Stopped::Taken && !matches!(all, Stopped::Unanswered(_)) {
                all = came;
            }
        }
        all
    }

    fn stopped_job(&self, at: Position, job: &Json, came: Stopped) {
        match came {
            Stopped::Taken => self.forget_stop(at),
            Stopped::Refused(TaskError { error, cause }) => {
                tracing::warn!(%error, %cause, job = job.as_str(), "a job could not be stopped");
                self.forget_stop(at);
            }
            Stopped::Unanswered(why) => self.stop_later(at, job, &why),
        }
    }

    fn stop_later(&self, at: Position, job: &Json, why: &str) {
        let wait_ms = {
            let mut stops = self.stops.lock();
            let Some(stop) = stops.get_mut(&at) else {
                return;
            };
            stop.tries += 1;
            wait_ms(stop.tries)
        };
        let Some(wait_ms) = wait_ms else {
            tracing::error!(%why, job = job.as_str(), "the stop of a job was not answered; it is made again at the next start");
            return;
        };
        tracing::warn!(%why, wait_ms, job = job.as_str(), "the stop of a job was not answered; it is made again");
        let at_ms = self.now_ms() + wait_ms;
        self.stops.again.add(at_ms, at);
        self.timers.wake_at(at_ms);
    }

    /// Makes every stop again whose time has come. Gives the next time.
    pub(super) fn stop_again(self: &Arc<Self>, now_ms: i64) -> i64 {
        while let Some(at) = self.stops.again.due(now_ms) {
            let found = {
                let stops = self.stops.lock();
                let stop = stops.get(&at);
                stop.map(|stop| (stop.image.clone(), Arc::clone(&stop.revision)))
            };
            if let Some((StopImage { state, job, .. }, revision)) = found {
                self.stop_job(&revision, ToStop { at, state, job });
            }
        }
        self.stops.next_ms().unwrap_or(i64::MAX)
    }

    fn forget_stop(&self, at: Position) {
        let mut stops = self.stops.lock();
        if self
            .log
            .append(&EntryRef::JobStopped(at).bytes(), None)
            .is_ok()
        {
            stops.remove(&at);
        }
    }

    /// At the start: stops that were not answered are made again. One whose step was not recorded is void.
    pub(super) fn resume_stops(self: &Arc<Self>) {
        let found: Vec<(Position, StopImage, Arc<Revision>)> = {
            let stops = self.stops.lock();
            let all = stops.iter();
            all.map(|(at, stop)| (*at, stop.image.clone(), Arc::clone(&stop.revision)))
                .collect()
        };
        for (at, image, revision) in found {
            if self.awaits_job(&image) {
                self.forget_stop(at);
                continue;
            }
            let StopImage { state, job, .. } = image;
            self.stop_job(&revision, ToStop { at, state, job });
        }
    }

    fn awaits_job(&self, image: &StopImage) -> bool {
        let id = ExecutionId(image.execution);
        let mut shard = self.shard_by_id(id);
        shard.live_mut(id).is_some_and(|live| {
            let jobs = live.execution.jobs(&live.revision.definition);
            jobs.iter()
                .any(|(_, state, job)| *state == image.state && *job == image.job)
        })
    }
}
