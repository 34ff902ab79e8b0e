//! The media of all phone legs: sockets, the 20 ms clock, seats in meetings. What decides is in [`Line`].

mod leg;

use super::port::Ports;
use super::prompt::Prompts;
use crate::sdp::Audio;
use crate::session::Task;
use leg::{Leg, lock};
use media::{FRAME_MS, Rooms};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One phone leg's media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(pub u64);

/// What the media of a leg reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEvent {
    /// The phone sent a digit.
    Digit(char),
    /// A task is done.
    Done(u32),
    /// A task failed.
    Failed {
        /// The task.
        work: u32,
        /// ErrorType of the action.
        error_type: &'static str,
        /// ErrorMessage of the action.
        message: String,
    },
    /// The phone is gone: nothing came from it for too long.
    Silent,
    /// The meeting put the leg out.
    MeetingLeft,
}

/// What the exchange needs of the media.
pub trait MediaPlane: Send {
    /// Takes ports for a new leg.
    ///
    /// # Errors
    /// When none are free.
    fn open(&mut self) -> io::Result<(LineId, SocketAddr)>;
    /// Tells where the phone is, again after each change. `signalling` is where its SIP came from.
    fn connect(&mut self, id: LineId, audio: Audio, signalling: IpAddr);
    /// Begins a task.
    fn start(&mut self, id: LineId, work: u32, task: Task);
    /// Stops a task without telling.
    fn stop(&mut self, id: LineId, work: u32);
    /// Gives up the seat in a meeting.
    fn leave(&mut self, id: LineId);
    /// Frees everything.
    fn close(&mut self, id: LineId);
}

/// Takes reports; false when it cannot just now.
pub type Report = Arc<dyn Fn(LineId, MediaEvent) -> bool + Send + Sync>;

/// The real media.
pub struct Plane {
    ports: Ports,
    timeout_ms: u64,
    prompts: Arc<Prompts>,
    rooms: Arc<dyn Rooms>,
    runtime: tokio::runtime::Handle,
    shared: Arc<Shared>,
    legs: HashMap<LineId, Arc<Leg>>,
    next: u64,
}

struct Shared {
    report: Report,
    began: Instant,
    legs: Mutex<Vec<Weak<Leg>>>,
    stopped: AtomicBool,
}

impl Plane {
    /// Media on `ports`. Must be called within a runtime. `timeout_ms` without a packet end a leg.
    #[must_use]
    pub fn new(
        ports: Ports,
        timeout_ms: u64,
        prompts: Prompts,
        rooms: Arc<dyn Rooms>,
        report: Report,
    ) -> Self {
        let shared = Arc::new(Shared {
            report,
            began: Instant::now(),
            legs: Mutex::new(Vec::new()),
            stopped: AtomicBool::new(false),
        });
        let clock = Arc::clone(&shared);
        let started = std::thread::Builder::new()
            .name("voice-media".to_owned())
            .spawn(move || run_clock(&clock));
        if let Err(error) = started {
            tracing::error!(%error, "the media clock cannot be started: calls will be silent");
        }
        Self {
            ports,
            timeout_ms,
            prompts: Arc::new(prompts),
            rooms,
            runtime: tokio::runtime::Handle::current(),
            shared,
            legs: HashMap::new(),
            next: 0,
        }
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        for leg in self.legs.values() {
            leg.end();
        }
    }
}

impl MediaPlane for Plane {
    fn open(&mut self) -> io::Result<(LineId, SocketAddr)> {
        let (rtp, rtcp) = self.ports.bind()?;
        let address = rtp.local_addr()?;
        let _inside = self.runtime.enter();
        self.next += 1;
        let leg = Leg::open(LineId(self.next), rtp, rtcp, Arc::clone(&self.shared))?;
        lock(&self.shared.legs).push(Arc::downgrade(&leg));
        self.legs.insert(leg.id(), Arc::clone(&leg));
        Ok((leg.id(), address))
    }

    fn connect(&mut self, id: LineId, audio: Audio, signalling: IpAddr) {
        let Some(leg) = self.legs.get(&id) else {
            return;
        };
        leg.connect(audio, signalling, self.timeout_ms);
    }

    fn start(&mut self, id: LineId, work: u32, task: Task) {
        let Some(leg) = self.legs.get(&id).cloned() else {
            return;
        };
        leg.begin(work);
        let (prompts, rooms) = (Arc::clone(&self.prompts), Arc::clone(&self.rooms));
        self.runtime.spawn(async move {
            match task {
                Task::Play {
                    bucket,
                    key,
                    repeat,
                } => leg.play(work, prompts.object(&bucket, &key).await, repeat),
                Task::Speak {
                    text,
                    ssml,
                    language,
                    voice,
                } => {
                    leg.play(
                        work,
                        prompts
                            .speech(&text, ssml, language.as_deref(), &voice)
                            .await,
                        1,
                    );
                }
                Task::SendDigits { digits, tone_ms } => leg.send_digits(work, &digits, tone_ms),
                Task::Join {
                    meeting_id,
                    join_token,
                } => Leg::join(&leg, work, rooms.as_ref(), &meeting_id, &join_token),
            }
        });
    }

    fn stop(&mut self, id: LineId, work: u32) {
        let Some(leg) = self.legs.get(&id) else {
            return;
        };
        leg.stop(work);
    }

    fn leave(&mut self, id: LineId) {
        if let Some(leg) = self.legs.get(&id) {
            leg.stand_up();
        }
    }

    fn close(&mut self, id: LineId) {
        if let Some(leg) = self.legs.remove(&id) {
            leg.end();
        }
    }
}

impl Shared {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Ticks all legs every 20 ms until the plane is gone.
fn run_clock(shared: &Shared) {
    let period = Duration::from_millis(FRAME_MS);
    let mut next = Instant::now() + period;
    while !shared.stopped.load(Ordering::Relaxed) {
        let now = Instant::now();
        if let Some(rest) = next.checked_duration_since(now) {
            std::thread::sleep(rest);
        } else if now.duration_since(next) > period * 10 {
            // The machine slept: catching up would only send a burst.
            next = now;
        }
        next += period;
        let legs: Vec<Arc<Leg>> = {
            let mut legs = lock(&shared.legs);
            legs.retain(|leg| leg.strong_count() > 0);
            legs.iter()
                .filter_map(Weak::upgrade)
                .filter(|leg| !leg.is_closed())
                .collect()
        };
        let epoch_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis() as u64);
        legs.iter().for_each(|leg| leg.tick(epoch_ms));
    }
}
