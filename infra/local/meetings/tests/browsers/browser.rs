//! A client that does what the browser's does: WebSocket, frames, offer, Opus.

use super::PATIENCE;
use super::tone::Tone;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use media::opus_codec::{MAX_PACKET_BYTES, OpusDecoder, OpusEncoder, Settings};
use media::{FRAME_SAMPLES, Frame};
use meetings::signal::frames::{
    AudioControl, Empty, Join, PING, PONG, PingPong, SignalFrame, Subscribe,
};
use meetings::signal::{FrameType, decode, encode};
use meetings::time::UnixMs;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use str0m::change::SdpAnswer;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// A signalling socket alone.
pub(crate) struct Socket {
    inner: WebSocketStream<TcpStream>,
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    Closed(u16),
    Broken,
}

impl Socket {
    pub(crate) async fn connect(url: &str, token: &str) -> Result<Self, Error> {
        let url =
            format!("{url}?X-Chime-Control-Protocol-Version=3&X-Amzn-Chime-Send-Close-On-Error=1");
        let mut request = url.into_client_request()?;
        let protocols = HeaderValue::from_str(&format!("_aws_wt_session, {token}")).unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocols);
        let addr = request.uri().authority().unwrap().to_string();
        let stream = TcpStream::connect(addr).await.map_err(Error::Io)?;
        let (inner, response) = client_async(request, stream).await?;
        assert_eq!(
            response.headers()["sec-websocket-protocol"],
            "_aws_wt_session"
        );
        Ok(Self { inner })
    }

    pub(crate) async fn send(&mut self, frame: &SignalFrame) {
        self.send_raw(encode(frame)).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Bytes) {
        // A server that has closed is found out by reading.
        let _ = self.inner.send(Message::Binary(message)).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        let _ = self.inner.send(Message::Text(text.into())).await;
    }

    pub(crate) async fn next(&mut self) -> Result<SignalFrame, Ended> {
        loop {
            match tokio::time::timeout(PATIENCE, self.inner.next())
                .await
                .expect("the server says nothing")
            {
                Some(Ok(Message::Binary(message))) => return Ok(decode(&message).unwrap()),
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err(Ended::Closed(close.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Ended::Broken),
            }
        }
    }

    /// Reads until the server ends it.
    pub(crate) async fn ended(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.next().await {
                return ended;
            }
        }
    }
}

pub(crate) fn join(session: u64) -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::Join, UnixMs(1));
    frame.join = Some(Join {
        protocol_version: Some(2),
        audio_session_id: Some(session),
        wants_compressed_sdp: Some(true),
    });
    frame
}

fn subscribe(sdp: String) -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::Subscribe, UnixMs(1));
    frame.subscribe = Some(Subscribe {
        duplex: Some(1),
        sdp_offer: Some(sdp),
        audio_muted: Some(false),
        ..Subscribe::default()
    });
    frame
}

/// What a browser has seen and heard so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Present attendees' ids by stream.
    pub roster: BTreeMap<u32, String>,
    /// Streams that were said to be dropped.
    pub dropped: Vec<u32>,
    pub muted: BTreeMap<u32, bool>,
    pub volumes: BTreeMap<u32, u32>,
    pub statuses: Vec<u32>,
    pub ended: Option<Ended>,
    pub heard: Vec<i16>,
    pub messages: Vec<String>,
}

enum Order {
    Frame(Box<SignalFrame>),
    Vanish,
}

/// A browser in a meeting. Dropping it is closing its tab.
pub(crate) struct Browser {
    seen: Arc<Mutex<Seen>>,
    more: Arc<Notify>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Browser {
    /// Joins, and plays a tone from the moment it is connected.
    pub(crate) async fn join(url: &str, token: &str, session: u64, tone_hz: f64) -> Self {
        let mut socket = Socket::connect(url, token).await.unwrap();
        let mut ping = SignalFrame::of(FrameType::PingPong, UnixMs(1));
        ping.ping_pong = Some(PingPong {
            kind: PING,
            ping_id: 1,
        });
        socket.send(&ping).await;
        socket.send(&join(session)).await;
        assert_eq!(
            socket.next().await.unwrap().ping_pong,
            Some(PingPong {
                kind: PONG,
                ping_id: 1
            })
        );
        assert_eq!(
            socket
                .next()
                .await
                .unwrap()
                .join_ack
                .unwrap()
                .wants_compressed_sdp,
            Some(false)
        );
        assert!(socket.next().await.unwrap().index.is_some());

        let mut peer = Peer::new(tone_hz).await;
        let (offer, pending) = peer.offer();
        socket.send(&subscribe(offer)).await;
        let answer = loop {
            if let Some(ack) = socket.next().await.unwrap().subscribe_ack {
                break ack.sdp_answer.unwrap();
            }
        };
        assert!(
            answer.contains("a=candidate:")
                && answer.contains("a=ice-lite")
                && answer.contains("a=msid:"),
            "{answer}"
        );
        let answer = SdpAnswer::from_sdp_string(&answer).unwrap();
        peer.rtc.sdp_api().accept_answer(pending, answer).unwrap();

        let (orders, inbox) = mpsc::unbounded_channel();
        let (seen, more) = (
            Arc::new(Mutex::new(Seen::default())),
            Arc::new(Notify::new()),
        );
        tokio::spawn(live(socket, peer, inbox, seen.clone(), more.clone()));
        Self { seen, more, orders }
    }

    pub(crate) fn send(&self, frame: SignalFrame) {
        let _ = self.orders.send(Order::Frame(Box::new(frame)));
    }

    pub(crate) fn mute(&self, muted: bool) {
        let mut frame = SignalFrame::of(FrameType::AudioControl, UnixMs(1));
        frame.audio_control = Some(AudioControl { muted: Some(muted) });
        self.send(frame);
    }

    pub(crate) fn leave(&self) {
        let mut frame = SignalFrame::of(FrameType::Leave, UnixMs(1));
        frame.leave = Some(Empty {});
        self.send(frame);
    }

    /// Breaks off without a word: no LEAVE, no close.
    pub(crate) fn vanish(&self) {
        let _ = self.orders.send(Order::Vanish);
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until what it has seen and heard is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) -> Seen {
        let wait = async {
            loop {
                let more = self.more.notified();
                let seen = self.seen();
                if is_so(&seen) {
                    return seen;
                }
                more.await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(seen) => seen,
            Err(_) => panic!(
                "{what}: not so in {:?}",
                Seen {
                    heard: Vec::new(),
                    ..self.seen()
                }
            ),
        }
    }

    /// Waits for this much more sound, and forgets what came before.
    pub(crate) async fn listen(&self, frames: usize) -> Vec<i16> {
        self.seen.lock().unwrap().heard.clear();
        self.until("sound", |seen| seen.heard.len() >= frames * FRAME_SAMPLES)
            .await
            .heard
    }
}

struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    addr: SocketAddr,
    mid: Option<Mid>,
    connected: bool,
    encoder: OpusEncoder,
    decoder: OpusDecoder,
    tone: Tone,
    sent: u64,
    timeout: Instant,
}

impl Peer {
    async fn new(tone_hz: f64) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = socket.local_addr().unwrap();
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .build(now);
        rtc.add_local_candidate(Candidate::host(addr, Protocol::Udp).unwrap());
        Self {
            rtc,
            socket,
            addr,
            mid: None,
            connected: false,
            encoder: OpusEncoder::new(Settings::SPEECH).unwrap(),
            decoder: OpusDecoder::new().unwrap(),
            tone: Tone::new(tone_hz),
            sent: 0,
            timeout: now,
        }
    }

    fn offer(&mut self) -> (String, str0m::change::SdpPendingOffer) {
        let mut api = self.rtc.sdp_api();
        self.mid = Some(api.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
        let (offer, pending) = api.apply().unwrap();
        (offer.to_sdp_string(), pending)
    }

    fn drain(&mut self, seen: &Mutex<Seen>) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Transmit(t) => drop(self.socket.try_send_to(&t.contents, t.destination)),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::MediaData(data)) => {
                    let take =
                        |samples: &[i16]| seen.lock().unwrap().heard.extend_from_slice(samples);
                    self.decoder.decode(&data.data, 0, take).unwrap();
                }
                Output::Event(_) => {}
            }
        }
    }

    fn receive(&mut self, seen: &Mutex<Seen>) {
        let mut buffer = [0; 2_048];
        while let Ok((bytes, source)) = self.socket.try_recv_from(&mut buffer) {
            let contents = buffer[..bytes].try_into().unwrap();
            let receive = Receive {
                proto: Protocol::Udp,
                source,
                destination: self.addr,
                contents,
            };
            self.rtc
                .handle_input(Input::Receive(Instant::now(), receive))
                .unwrap();
            self.drain(seen);
        }
    }

    fn speak(&mut self, seen: &Mutex<Seen>) {
        let (Some(mid), true) = (self.mid, self.connected) else {
            return;
        };
        let mut frame = Frame::SILENCE;
        self.tone.next(&mut frame);
        let mut packet = [0; MAX_PACKET_BYTES];
        let bytes = self.encoder.encode(&frame, &mut packet).unwrap();
        let time = MediaTime::new(self.sent, Frequency::FORTY_EIGHT_KHZ);
        self.sent += FRAME_SAMPLES as u64;
        let writer = self.rtc.writer(mid).unwrap();
        let pt = writer.payload_params().next().unwrap().pt();
        writer
            .write(pt, Instant::now(), time, &packet[..bytes])
            .unwrap();
        self.drain(seen);
    }

    fn pass_time(&mut self, seen: &Mutex<Seen>) {
        self.rtc
            .handle_input(Input::Timeout(Instant::now()))
            .unwrap();
        self.drain(seen);
    }
}

async fn live(
    mut socket: Socket,
    mut peer: Peer,
    mut orders: mpsc::UnboundedReceiver<Order>,
    seen: Arc<Mutex<Seen>>,
    more: Arc<Notify>,
) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    peer.pass_time(&seen);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                peer.speak(&seen);
                peer.pass_time(&seen);
            }
            () = tokio::time::sleep_until(peer.timeout.into()) => peer.pass_time(&seen),
            ready = peer.socket.readable() => {
                ready.unwrap();
                peer.receive(&seen);
            }
            order = orders.recv() => match order {
                Some(Order::Frame(frame)) => socket.send(&frame).await,
                Some(Order::Vanish) | None => return,
            },
            frame = socket.next() => match frame {
                Ok(frame) => note(&mut seen.lock().unwrap(), frame),
                Err(ended) => {
                    seen.lock().unwrap().ended = Some(ended);
                    more.notify_waiters();
                    return;
                }
            },
        }
        more.notify_waiters();
    }
}

fn note(seen: &mut Seen, frame: SignalFrame) {
    for stream in frame
        .audio_stream_id_info
        .map(|i| i.streams)
        .unwrap_or_default()
    {
        let id = stream.audio_stream_id.unwrap();
        match (stream.attendee_id, stream.muted) {
            (Some(attendee), _) => drop(seen.roster.insert(id, attendee)),
            (None, Some(_)) => {}
            (None, None) => {
                seen.roster.remove(&id);
                seen.dropped
                    .extend((stream.dropped == Some(true)).then_some(id));
            }
        }
        if let Some(muted) = stream.muted {
            seen.muted.insert(id, muted);
        }
    }
    for state in frame
        .audio_metadata
        .map(|m| m.attendee_states)
        .unwrap_or_default()
    {
        seen.volumes
            .insert(state.audio_stream_id.unwrap(), state.volume.unwrap());
    }
    seen.statuses
        .extend(frame.audio_status.and_then(|s| s.audio_status));
    let messages = frame.data_message.map(|d| d.messages).unwrap_or_default();
    seen.messages.extend(
        messages
            .into_iter()
            .map(|m| String::from_utf8(m.data.unwrap().to_vec()).unwrap()),
    );
}
