//! The media of all phone legs: sockets, the 20 ms clock, seats in meetings. What decides is in [`Line`].

use super::line::{Block, Datagram, Line, LineEvent};
use super::port::Ports;
use super::prompt::{PromptError, Prompts};
use crate::sdp::Audio;
use crate::session::Task;
use media::resample::{Downsampler, Upsampler};
use media::{FRAME_MS, Frame, Left, NARROW_SAMPLES, Party, Rooms, Seat};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

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

/// Most reports that wait for the exchange, per leg.
const MAX_UNTOLD: usize = 64;
/// Largest datagram that is looked at.
const MAX_DATAGRAM: usize = 2_048;

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

struct Leg {
    id: LineId,
    rtp: UdpSocket,
    rtcp: UdpSocket,
    state: Mutex<State>,
    closed: CancellationToken,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct State {
    line: Option<Line>,
    seat: Option<Seat>,
    in_meeting: bool,
    work: Option<u32>,
    untold: VecDeque<MediaEvent>,
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
        rtp.set_nonblocking(true)?;
        rtcp.set_nonblocking(true)?;
        let address = rtp.local_addr()?;
        let _inside = self.runtime.enter();
        self.next += 1;
        let leg = Arc::new(Leg {
            id: LineId(self.next),
            rtp: UdpSocket::from_std(rtp)?,
            rtcp: UdpSocket::from_std(rtcp)?,
            state: Mutex::default(),
            closed: CancellationToken::new(),
            shared: Arc::clone(&self.shared),
        });
        self.runtime.spawn(listen(Arc::clone(&leg)));
        lock(&self.shared.legs).push(Arc::downgrade(&leg));
        self.legs.insert(leg.id, Arc::clone(&leg));
        Ok((leg.id, address))
    }

    fn connect(&mut self, id: LineId, audio: Audio, signalling: IpAddr) {
        let Some(leg) = self.legs.get(&id) else {
            return;
        };
        let now_ms = leg.shared.now_ms();
        let mut state = lock(&leg.state);
        match &mut state.line {
            Some(line) => line.describe(audio, now_ms),
            empty => {
                *empty = Some(Line::new(
                    audio,
                    signalling,
                    rand::random(),
                    self.timeout_ms,
                    now_ms,
                ))
            }
        }
    }

    fn start(&mut self, id: LineId, work: u32, task: Task) {
        let Some(leg) = self.legs.get(&id).cloned() else {
            return;
        };
        lock(&leg.state).work = Some(work);
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
        let mut state = lock(&leg.state);
        state.work.take_if(|w| *w == work);
        if let Some(line) = &mut state.line {
            line.stop(work);
        }
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

impl Leg {
    fn end(&self) {
        self.closed.cancel();
        self.stand_up();
        lock(&self.state).line = None;
    }

    /// The seat is dropped without our lock: the mixer may be waiting for it in [`Party::speak`].
    fn stand_up(&self) {
        let seat = {
            let mut state = lock(&self.state);
            state.in_meeting = false;
            state.seat.take()
        };
        drop(seat);
    }

    fn tell(&self, event: MediaEvent) {
        let mut state = lock(&self.state);
        if state.untold.len() < MAX_UNTOLD {
            state.untold.push_back(event);
        }
        self.flush(&mut state);
    }

    fn flush(&self, state: &mut State) {
        if let Some(line) = &mut state.line {
            for event in line.take_events() {
                let event = match event {
                    LineEvent::Digit(digit) => MediaEvent::Digit(digit),
                    LineEvent::Done(work) => MediaEvent::Done(work),
                    LineEvent::Silent => MediaEvent::Silent,
                };
                if state.untold.len() < MAX_UNTOLD {
                    state.untold.push_back(event);
                }
            }
        }
        while let Some(event) = state.untold.front().cloned() {
            if !(self.shared.report)(self.id, event) {
                return;
            }
            state.untold.pop_front();
        }
    }

    fn play(&self, work: u32, prompt: Result<Arc<[i16]>, PromptError>, repeat: u32) {
        match prompt {
            Ok(samples) => {
                let mut state = lock(&self.state);
                // Stopped while the file was read.
                if state.work == Some(work)
                    && let Some(line) = &mut state.line
                {
                    line.play(work, samples, repeat);
                }
            }
            Err(error) => self.failed(work, error.error_type(), error.to_string()),
        }
    }

    fn send_digits(&self, work: u32, digits: &str, tone_ms: u64) {
        let sending = lock(&self.state)
            .line
            .as_mut()
            .is_some_and(|line| line.send_digits(work, digits, tone_ms));
        if !sending {
            self.failed(
                work,
                "SystemException",
                "the phone takes no telephone events".to_owned(),
            );
        }
    }

    fn failed(&self, work: u32, error_type: &'static str, message: String) {
        if lock(&self.state).work == Some(work) {
            self.tell(MediaEvent::Failed {
                work,
                error_type,
                message,
            });
        }
    }

    fn join(leg: &Arc<Self>, work: u32, rooms: &dyn Rooms, meeting_id: &str, join_token: &str) {
        let party = PhoneParty {
            leg: Arc::clone(leg),
            up: Upsampler::default(),
            down: Downsampler::default(),
        };
        match rooms.join(meeting_id, join_token, Box::new(party)) {
            Ok(seat) => {
                let unwanted = {
                    let mut state = lock(&leg.state);
                    if state.work == Some(work) && !leg.closed.is_cancelled() {
                        state.in_meeting = true;
                        state.seat.replace(seat)
                    } else {
                        Some(seat)
                    }
                };
                drop(unwanted);
                leg.tell(MediaEvent::Done(work));
            }
            Err(error) => leg.failed(
                work,
                "InvalidActionParameter",
                format!("ErrorJoiningMeeting: {error}"),
            ),
        }
    }

    fn send(&self, datagram: Option<Datagram>) {
        if let Some(Datagram { to, bytes }) = datagram {
            // A full socket buffer loses a packet, as the network would.
            let _ = self.rtp.try_send_to(&bytes, to);
        }
    }

    /// One 20 ms tick of the clock.
    fn tick(&self, epoch_ms: u64) {
        let now_ms = self.shared.now_ms();
        let mut state = lock(&self.state);
        let alone = !state.in_meeting;
        let (mut sound, mut report) = (None, None);
        if let Some(line) = &mut state.line {
            if alone {
                line.pull(&mut [0; NARROW_SAMPLES]);
                sound = line.push(None, now_ms);
            }
            report = line.report(epoch_ms, now_ms);
        }
        self.flush(&mut state);
        drop(state);
        self.send(sound);
        if let Some(Datagram { to, bytes }) = report {
            let _ = self.rtcp.try_send_to(&bytes, to);
        }
    }
}

/// A phone leg in a meeting: the mixer's tick takes the place of ours.
struct PhoneParty {
    leg: Arc<Leg>,
    up: Upsampler,
    down: Downsampler,
}

impl Party for PhoneParty {
    fn speak(&mut self, out: &mut Frame) -> bool {
        let mut block: Block = [0; NARROW_SAMPLES];
        {
            let mut state = lock(&self.leg.state);
            let heard = state.in_meeting
                && state
                    .line
                    .as_mut()
                    .is_some_and(|line| line.pull(&mut block));
            if !heard {
                return false;
            }
        }
        self.up.process(&block, out);
        true
    }

    fn hear(&mut self, heard: &Frame) {
        let mut block: Block = [0; NARROW_SAMPLES];
        self.down.process(heard, &mut block);
        let now_ms = self.leg.shared.now_ms();
        let datagram = {
            let mut state = lock(&self.leg.state);
            if !state.in_meeting {
                return;
            }
            state
                .line
                .as_mut()
                .and_then(|line| line.push(Some(&block), now_ms))
        };
        self.leg.send(datagram);
    }

    fn left(&mut self, why: Left) {
        tracing::debug!(line = self.leg.id.0, ?why, "the meeting put the leg out");
        lock(&self.leg.state).in_meeting = false;
        self.leg.tell(MediaEvent::MeetingLeft);
    }
}

async fn listen(leg: Arc<Leg>) {
    let (mut rtp, mut rtcp) = ([0; MAX_DATAGRAM], [0; MAX_DATAGRAM]);
    loop {
        tokio::select! {
            () = leg.closed.cancelled() => return,
            received = leg.rtp.recv_from(&mut rtp) => {
                if let Ok((length, from)) = received
                    && let Some(line) = &mut lock(&leg.state).line
                {
                    line.received(from, &rtp[..length], leg.shared.now_ms());
                }
            }
            received = leg.rtcp.recv_from(&mut rtcp) => {
                if let Ok((length, from)) = received
                    && let Some(line) = &mut lock(&leg.state).line
                {
                    line.received_rtcp(from, &rtcp[..length], leg.shared.now_ms());
                }
            }
        }
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
                .filter(|leg| !leg.closed.is_cancelled())
                .collect()
        };
        let epoch_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis() as u64);
        legs.iter().for_each(|leg| leg.tick(epoch_ms));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
