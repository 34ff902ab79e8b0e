//! One browser's peer connection: str0m, and the Opus decoder behind it.

use super::sdp;
use crate::ids::{ConnId, MeetingId};
use crate::limits::MAX_OFFER_SECTIONS;
use media::opus_codec::OpusDecoder;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::media::{Frequency, MediaData, MediaKind, MediaTime, Mid, Pt};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

/// Packets that may overtake one another before one of them counts as lost.
const REORDER_PACKETS: usize = 3;
/// How long a packet waits for the one before it.
const REORDER_WITHIN: Duration = Duration::from_millis(40);

/// Makes peers that share one certificate and advertise one address.
pub(super) struct Factory {
    addr: SocketAddr,
    provider: Arc<CryptoProvider>,
    certificate: DtlsCert,
}

impl Factory {
    pub(super) fn new(addr: SocketAddr) -> Option<Self> {
        let provider = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = provider.dtls_provider.generate_certificate()?;
        Some(Self {
            addr,
            provider,
            certificate,
        })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(super) fn make(
        &self,
        conn: ConnId,
        meeting: MeetingId,
        now: Instant,
    ) -> Result<Peer, String> {
        let mut rtc = Rtc::builder()
            .set_crypto_provider(self.provider.clone())
            .set_dtls_cert(self.certificate.clone())
            .set_ice_lite(true)
            .clear_codecs()
            .enable_opus(true, false)
            // Cameras and screen shares are negotiated, so that starting one does not end the call.
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .set_reordering_size_audio(REORDER_PACKETS)
            .set_reordering_timeout_audio(Some(REORDER_WITHIN))
            .build(now);
        let candidate = Candidate::host(self.addr, Protocol::Udp).map_err(|e| e.to_string())?;
        rtc.add_local_candidate(candidate);
        let decoder = OpusDecoder::new().map_err(|e| e.to_string())?;
        Ok(Peer {
            conn,
            meeting,
            rtc,
            decoder,
            mid: None,
            pt: None,
            up: false,
            written_samples: 0,
            last_seq: None,
            last_heard: now,
            timeout: now,
        })
    }
}

/// What came of driving a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing to tell.
    Quiet,
    /// It is connected now.
    Up,
    /// It is over.
    Over,
}

/// What a peer needs from outside while it is driven.
pub(super) trait Surroundings {
    /// Sends a datagram.
    fn transmit(&mut self, to: SocketAddr, datagram: &[u8]);
    /// Whether the meeting listens to this peer.
    fn listens(&self) -> bool;
    /// Samples of its voice.
    fn voice(&mut self, samples: &[i16]);
}

pub(super) struct Peer {
    pub(super) conn: ConnId,
    pub(super) meeting: MeetingId,
    rtc: Rtc,
    decoder: OpusDecoder,
    mid: Option<Mid>,
    pt: Option<Pt>,
    pub(super) up: bool,
    written_samples: u64,
    last_seq: Option<u64>,
    pub(super) last_heard: Instant,
    /// When str0m wants to be called.
    pub(super) timeout: Instant,
}

impl Peer {
    /// Answers the first offer, or a later one that changes the session.
    pub(super) fn answer(&mut self, offer: &str) -> Result<String, String> {
        let sections = sdp::count_sections(offer);
        if sections == 0 || sections > MAX_OFFER_SECTIONS {
            return Err(format!(
                "sub.sdp_offer has {sections} media sections; 1 to {MAX_OFFER_SECTIONS} are allowed"
            ));
        }
        let offer = SdpOffer::from_sdp_string(&sdp::without_candidates(offer))
            .map_err(|e| format!("sub.sdp_offer cannot be read: {e}"))?;
        let answer = self
            .rtc
            .sdp_api()
            .accept_offer(offer)
            .map_err(|e| format!("sub.sdp_offer: {e}"))?;
        Ok(answer.to_sdp_string())
    }

    /// Whether a datagram is for this peer.
    pub(super) fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.accepts(input)
    }

    /// Takes a datagram.
    pub(super) fn receive(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        datagram: DatagramRecv<'_>,
        now: Instant,
        around: &mut impl Surroundings,
    ) -> Progress {
        self.last_heard = now;
        let receive = Receive {
            proto: Protocol::Udp,
            source: from,
            destination: to,
            contents: datagram,
        };
        if let Err(error) = self.rtc.handle_input(Input::Receive(now, receive)) {
            // A bad packet is the sender's matter, not the end.
            tracing::debug!(conn = self.conn.0, %error, "a packet was not taken");
        }
        self.drain(around)
    }

    /// Lets time pass.
    pub(super) fn pass_time(&mut self, now: Instant, around: &mut impl Surroundings) -> Progress {
        if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            tracing::debug!(conn = self.conn.0, %error, "the peer connection failed");
            return Progress::Over;
        }
        self.drain(around)
    }

    /// Sends 20 ms of the mix.
    pub(super) fn play(
        &mut self,
        packet: Arc<[u8]>,
        now: Instant,
        around: &mut impl Surroundings,
    ) -> Progress {
        let (Some(mid), true) = (self.mid, self.up) else {
            return Progress::Quiet;
        };
        let time = MediaTime::new(self.written_samples, Frequency::FORTY_EIGHT_KHZ);
        self.written_samples += media::FRAME_SAMPLES as u64;
        let Some(writer) = self.rtc.writer(mid) else {
            return Progress::Quiet;
        };
        let opus = writer
            .payload_params()
            .find(|p| p.spec().codec == Codec::Opus)
            .map(|p| p.pt());
        let Some(pt) = self.pt.or(opus) else {
            return Progress::Quiet;
        };
        self.pt = Some(pt);
        if let Err(error) = writer.write(pt, now, time, packet) {
            tracing::debug!(conn = self.conn.0, %error, "a packet was not written");
        }
        let drained = self.drain(around);
        // What was written leaves on the next timeout, and that is now.
        match drained {
            Progress::Over => drained,
            Progress::Quiet | Progress::Up => self.pass_time(now, around).or(drained),
        }
    }

    /// Takes everything str0m has to say, as it demands after every call.
    pub(super) fn drain(&mut self, around: &mut impl Surroundings) -> Progress {
        let mut progress = Progress::Quiet;
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.timeout = at;
                    return progress;
                }
                Ok(Output::Transmit(t)) => around.transmit(t.destination, &t.contents),
                Ok(Output::Event(event)) => match self.event(event, around) {
                    Progress::Over => return Progress::Over,
                    other => progress = other.or(progress),
                },
                Err(error) => {
                    tracing::debug!(conn = self.conn.0, %error, "the peer connection failed");
                    return Progress::Over;
                }
            }
        }
    }

    fn event(&mut self, event: Event, around: &mut impl Surroundings) -> Progress {
        // str0m's events: those a mixer has no use for are many, and grow in number.
        match event {
            Event::Connected => {
                self.up = true;
                Progress::Up
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                Progress::Over
            }
            Event::MediaAdded(added) if added.kind == MediaKind::Audio && self.mid.is_none() => {
                self.mid = Some(added.mid);
                Progress::Quiet
            }
            Event::MediaData(data) if Some(data.mid) == self.mid => {
                self.take_voice(&data, around);
                Progress::Quiet
            }
            _ => Progress::Quiet,
        }
    }

    fn take_voice(&mut self, data: &MediaData, around: &mut impl Surroundings) {
        let seq = **data.seq_range.start();
        let lost = self.last_seq.map_or(0, |last| seq.saturating_sub(last + 1));
        self.last_seq = Some(**data.seq_range.end());
        if data.params.spec().codec != Codec::Opus || !around.listens() {
            return;
        }
        let lost = usize::try_from(lost).unwrap_or(usize::MAX);
        if let Err(error) = self
            .decoder
            .decode(&data.data, lost, |samples| around.voice(samples))
        {
            tracing::debug!(conn = self.conn.0, %error, "a packet was not decoded");
        }
    }
}

impl Progress {
    /// The one that says more.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Over, _) | (_, Self::Over) => Self::Over,
            (Self::Up, _) | (_, Self::Up) => Self::Up,
            (Self::Quiet, Self::Quiet) => Self::Quiet,
        }
    }
}
