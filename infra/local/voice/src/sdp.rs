//! Session descriptions (RFC 8866) and the offer/answer of one G.711 audio stream (RFC 3264).

use media::g711::Law;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Which way audio may flow, seen from who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// The writer only sends: it put us on hold.
    SendOnly,
    /// The writer only receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sendrecv" => Self::SendRecv,
            "sendonly" => Self::SendOnly,
            "recvonly" => Self::RecvOnly,
            "inactive" => Self::Inactive,
            _ => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// What the other side answers (section 6.1).
    #[must_use]
    pub fn answered(self) -> Self {
        match self {
            Self::SendRecv => Self::SendRecv,
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::Inactive => Self::Inactive,
        }
    }
}

/// What one side of a stream said about itself, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audio {
    /// Where it wants RTP; port 0 or address 0.0.0.0 means nothing is to be sent.
    pub address: SocketAddr,
    /// The companding law to use.
    pub law: Law,
    /// Payload type of telephone events, when it takes them.
    pub events: Option<u8>,
    /// Its direction.
    pub direction: Direction,
}

/// A parsed description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    streams: Vec<Stream>,
    /// Index of the audio stream that is used, and what it says.
    chosen: Option<(usize, Audio)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stream {
    media: String,
    port: u16,
    protocol: String,
    formats: Vec<String>,
    connection: Option<IpAddr>,
    maps: Vec<(u8, String)>,
    direction: Option<Direction>,
}

/// Why a description is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Not SDP.
    #[error("malformed session description")]
    Malformed,
    /// No G.711 audio over plain RTP to an IP address in it.
    #[error("no G.711 audio stream")]
    NoAudio,
}

const MAX_STREAMS: usize = 16;
const MAX_LINES: usize = 512;

impl Session {
    /// Reads a description.
    ///
    /// # Errors
    /// [`SdpError::Malformed`].
    pub fn parse(body: &[u8]) -> Result<Self, SdpError> {
        let text = std::str::from_utf8(body).map_err(|_| SdpError::Malformed)?;
        let mut lines = text
            .split('\n')
            .map(|l| l.trim_end_matches('\r'))
            .filter(|l| !l.is_empty());
        if lines.next().map(str::trim) != Some("v=0") {
            return Err(SdpError::Malformed);
        }
        let (mut connection, mut direction, mut streams) = (None, None, Vec::<Stream>::new());
        for (count, line) in lines.enumerate() {
            let (kind, value) = line.split_once('=').ok_or(SdpError::Malformed)?;
            if count > MAX_LINES || kind.len() != 1 {
                return Err(SdpError::Malformed);
            }
            if kind == "m" {
                if streams.len() >= MAX_STREAMS {
                    return Err(SdpError::Malformed);
                }
                streams.push(stream(value).ok_or(SdpError::Malformed)?);
                continue;
            }
            match (kind, streams.last_mut()) {
                ("c", Some(stream)) => stream.connection = address(value),
                ("c", None) => connection = address(value),
                ("a", Some(stream)) => attribute(stream, value),
                ("a", None) => direction = Direction::parse(value.trim()).or(direction),
                _ => {}
            }
        }
        for stream in &mut streams {
            stream.connection = stream.connection.or(connection);
            stream.direction = stream.direction.or(direction);
        }
        let chosen = streams
            .iter()
            .enumerate()
            .find_map(|(at, s)| usable(s).map(|audio| (at, audio)));
        Ok(Self { streams, chosen })
    }

    /// The audio stream that can be used.
    ///
    /// # Errors
    /// [`SdpError::NoAudio`].
    pub fn audio(&self) -> Result<Audio, SdpError> {
        self.chosen.map(|(_, audio)| audio).ok_or(SdpError::NoAudio)
    }

    /// The answer to this offer: our audio in the chosen stream, every other stream refused with port 0.
    #[must_use]
    pub fn answer(&self, ours: SocketAddr, version: u64) -> String {
        let mut text = header(ours, version);
        for (at, stream) in self.streams.iter().enumerate() {
            match self.chosen {
                Some((chosen, audio)) if chosen == at => {
                    media_lines(
                        &mut text,
                        ours.port(),
                        &[audio.law],
                        audio.events,
                        audio.direction.answered(),
                    );
                }
                _ => {
                    let _ = write!(
                        text,
                        "m={} 0 {} {}\r\n",
                        stream.media,
                        stream.protocol,
                        stream.formats.join(" ")
                    );
                }
            }
        }
        text
    }
}

/// An offer of both laws and telephone events.
#[must_use]
pub fn offer(ours: SocketAddr, version: u64) -> String {
    let mut text = header(ours, version);
    media_lines(
        &mut text,
        ours.port(),
        &[Law::A, Law::Mu],
        Some(101),
        Direction::SendRecv,
    );
    text
}

/// RTP payload type of a law (RFC 3551 table 4).
#[must_use]
pub fn payload_type(law: Law) -> u8 {
    match law {
        Law::Mu => 0,
        Law::A => 8,
    }
}

fn header(ours: SocketAddr, version: u64) -> String {
    let family = if ours.is_ipv4() { "IP4" } else { "IP6" };
    let ip = ours.ip();
    format!(
        "v=0\r\no=- {version} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n"
    )
}

fn media_lines(
    text: &mut String,
    port: u16,
    laws: &[Law],
    events: Option<u8>,
    direction: Direction,
) {
    let mut formats: Vec<String> = laws.iter().map(|l| payload_type(*l).to_string()).collect();
    formats.extend(events.map(|e| e.to_string()));
    let _ = write!(text, "m=audio {port} RTP/AVP {}\r\n", formats.join(" "));
    for law in laws {
        let name = if *law == Law::Mu { "PCMU" } else { "PCMA" };
        let _ = write!(text, "a=rtpmap:{} {name}/8000\r\n", payload_type(*law));
    }
    if let Some(events) = events {
        let _ = write!(
            text,
            "a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-15\r\n"
        );
    }
    let _ = write!(text, "a=ptime:20\r\na={}\r\n", direction.as_str());
}

fn stream(value: &str) -> Option<Stream> {
    let mut words = value.split_ascii_whitespace();
    let media = words.next()?.to_owned();
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?.to_owned();
    let formats: Vec<String> = words.take(64).map(str::to_owned).collect();
    Some(Stream {
        media,
        port,
        protocol,
        formats,
        connection: None,
        maps: Vec::new(),
        direction: None,
    })
}

fn address(value: &str) -> Option<IpAddr> {
    value
        .split_ascii_whitespace()
        .nth(2)?
        .split('/')
        .next()?
        .parse()
        .ok()
}

fn attribute(stream: &mut Stream, value: &str) {
    let value = value.trim();
    if let Some(direction) = Direction::parse(value) {
        stream.direction = Some(direction);
    } else if let Some((number, name)) = value
        .strip_prefix("rtpmap:")
        .and_then(|m| m.split_once(' '))
        && let Ok(number) = number.trim().parse()
        && stream.maps.len() < 64
    {
        stream.maps.push((number, name.trim().to_ascii_lowercase()));
    }
}

fn usable(stream: &Stream) -> Option<Audio> {
    let plain = matches!(stream.protocol.as_str(), "RTP/AVP" | "RTP/AVPF");
    if stream.media != "audio" || !plain || stream.port == 0 {
        return None;
    }
    let named = |number: u8, name: &str| {
        stream
            .maps
            .iter()
            .any(|(n, map)| *n == number && (map == name || map.starts_with(&format!("{name}/"))))
    };
    let mut law = None;
    let mut events = None;
    for format in &stream.formats {
        let Ok(number) = format.parse::<u8>() else {
            continue;
        };
        // Only the static payload types: a dynamic number for G.711 is never needed.
        match number {
            0 => law = law.or(Some(Law::Mu)),
            8 => law = law.or(Some(Law::A)),
            96..=127 if named(number, "telephone-event/8000") => events = events.or(Some(number)),
            _ => {}
        }
    }
    let ip = stream.connection?;
    let held = ip.is_unspecified();
    let direction = stream.direction.unwrap_or(Direction::SendRecv);
    // RFC 2543 put a call on hold by the address 0.0.0.0.
    let direction = if held && direction == Direction::SendRecv {
        Direction::SendOnly
    } else {
        direction
    };
    Some(Audio {
        address: SocketAddr::new(ip, stream.port),
        law: law?,
        events,
        direction,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OURS: &str = "127.0.0.1:40000";

    fn parsed(lines: &str) -> Session {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}"
        );
        Session::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_callers_first_law_is_answered_with_its_event_number() {
        let offer = parsed("m=audio 4000 RTP/AVP 9 8 0 97\r\na=rtpmap:97 telephone-event/8000\r\n");
        let audio = offer.audio().unwrap();
        assert_eq!((audio.law, audio.events), (Law::A, Some(97)));
        assert_eq!(audio.address, "192.0.2.1:4000".parse().unwrap());
        let answer = offer.answer(OURS.parse().unwrap(), 1);
        assert!(
            answer.contains("m=audio 40000 RTP/AVP 8 97\r\n"),
            "{answer}"
        );
    }

    #[test]
    fn other_streams_are_refused_in_place() {
        let offer = parsed(
            "m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\n",
        );
        let answer = Session::parse(offer.answer(OURS.parse().unwrap(), 1).as_bytes()).unwrap();
        let ports: Vec<u16> = answer.streams.iter().map(|s| s.port).collect();
        assert_eq!(ports, [0, 40_000, 0]);
    }

    #[test]
    fn hold_is_honoured_however_it_is_said() {
        for (lines, wanted) in [
            ("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly"),
            ("a=inactive\r\nm=audio 4000 RTP/AVP 0\r\n", "a=inactive"),
            (
                "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
                "a=recvonly",
            ),
        ] {
            let answer = parsed(lines).answer(OURS.parse().unwrap(), 2);
            assert!(answer.contains(wanted), "{lines} -> {answer}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        for lines in [
            "",
            "m=audio 0 RTP/AVP 0\r\n",
            "m=audio 4000 RTP/SAVP 0\r\n",
            "m=audio 4000 RTP/AVP 9 18\r\n",
        ] {
            assert_eq!(parsed(lines).audio(), Err(SdpError::NoAudio), "{lines}");
        }
        assert_eq!(Session::parse(b"v=1\r\n").unwrap_err(), SdpError::Malformed);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Session::parse(&body);
        }

        #[test]
        fn an_answer_is_itself_a_description(lines in "(m=audio [0-9]{1,5} RTP/AVP( [0-9]{1,3}){0,4}\r\n){0,3}") {
            let text = format!("v=0\r\nc=IN IP4 192.0.2.1\r\n{lines}");
            if let Ok(offer) = Session::parse(text.as_bytes()) {
                let answer = Session::parse(offer.answer(OURS.parse().unwrap(), 1).as_bytes()).unwrap();
                prop_assert_eq!(answer.streams.len(), offer.streams.len());
            }
        }

        #[test]
        fn our_offer_is_one_we_would_take(port in 1u16..) {
            let offer = offer(SocketAddr::new("127.0.0.1".parse().unwrap(), port), 1);
            prop_assert!(Session::parse(offer.as_bytes()).unwrap().audio().is_ok());
        }
    }
}
