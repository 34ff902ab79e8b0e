//! One phone leg's media: what its sockets bring and what the clock and the meeting make of it.

use super::super::line::{Block, Datagram, Line, LineEvent};
use super::super::prompt::PromptError;
use super::{LineId, MediaEvent, Shared};
use crate::sdp::Audio;
use media::resample::{Downsampler, Upsampler};
use media::{Frame, Left, NARROW_SAMPLES, Party, Rooms, Seat};
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

/// Most reports that wait for the exchange, per leg.
const MAX_UNTOLD: usize = 64;
/// Largest datagram that is looked at.
const MAX_DATAGRAM: usize = 2_048;

/// One leg: its sockets, its line, its seat.
pub(super) struct Leg {
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

impl Leg {
    /// On these sockets, until [`Leg::end`]. Must be called within a runtime.
    pub(super) fn open(
        id: LineId,
        rtp: std::net::UdpSocket,
        rtcp: std::net::UdpSocket,
        shared: Arc<Shared>,
    ) -> io::Result<Arc<Self>> {
        rtp.set_nonblocking(true)?;
        rtcp.set_nonblocking(true)?;
        let leg = Arc::new(Self {
            id,
            rtp: UdpSocket::from_std(rtp)?,
            rtcp: UdpSocket::from_std(rtcp)?,
            state: Mutex::default(),
            closed: CancellationToken::new(),
            shared,
        });
        tokio::spawn(listen(Arc::clone(&leg)));
        Ok(leg)
    }

    pub(super) fn id(&self) -> LineId {
        self.id
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    pub(super) fn connect(&self, audio: Audio, signalling: IpAddr, timeout_ms: u64) {
        let now_ms = self.shared.now_ms();
        match &mut lock(&self.state).line {
            Some(line) => line.describe(audio, now_ms),
            empty => {
                *empty = Some(Line::new(
                    audio,
                    signalling,
                    rand::random(),
                    timeout_ms,
                    now_ms,
                ))
            }
        }
    }

    /// This task is the one that counts from now on.
    pub(super) fn begin(&self, work: u32) {
        lock(&self.state).work = Some(work);
    }

    pub(super) fn stop(&self, work: u32) {
        let mut state = lock(&self.state);
        state.work.take_if(|w| *w == work);
        if let Some(line) = &mut state.line {
            line.stop(work);
        }
    }

    pub(super) fn end(&self) {
        self.closed.cancel();
        self.stand_up();
        lock(&self.state).line = None;
    }

    /// The seat is dropped without our lock: the mixer may be waiting for it in [`Party::speak`].
    pub(super) fn stand_up(&self) {
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

    pub(super) fn play(&self, work: u32, prompt: Result<Arc<[i16]>, PromptError>, repeat: u32) {
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

    pub(super) fn send_digits(&self, work: u32, digits: &str, tone_ms: u64) {
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

    pub(super) fn join(
        leg: &Arc<Self>,
        work: u32,
        rooms: &dyn Rooms,
        meeting_id: &str,
        join_token: &str,
    ) {
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
    pub(super) fn tick(&self, epoch_ms: u64) {
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
