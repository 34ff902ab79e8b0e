//! Signalling frames (proto2), as `amazon-chime-sdk-js` 3.32.0 sends and reads them.
//!
//! The number of a body's field is not the number of its type. What the client tells by the presence of a field
//! is an `Option` here and really left out. Fields this server neither reads nor writes are not listed; the
//! decoder skips them.

use bytes::Bytes;
use prost::Message;

/// What comes before every frame. The client sends and takes this.
pub const PREFIX: u8 = 0x05;

/// The frame's kind, field 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum FrameType {
    /// Client: let me in.
    Join = 1,
    /// Server: you are in.
    JoinAck = 2,
    /// Client: here is my offer.
    Subscribe = 3,
    /// Server: here is the answer.
    SubscribeAck = 4,
    /// Server: these video streams exist. Ends the join step, so it is sent even when empty.
    Index = 5,
    /// Video only.
    Pause = 7,
    /// Video only.
    Resume = 8,
    /// Client: I leave.
    Leave = 9,
    /// Server: so be it.
    LeaveAck = 10,
    /// Server: bit rates of video streams.
    Bitrates = 13,
    /// Client: I muted or unmuted.
    AudioControl = 16,
    /// Server: who is how loud.
    AudioMetadata = 17,
    /// Server: who is here.
    AudioStreamIdInfo = 18,
    /// Both: are you there?
    PingPong = 19,
    /// Server: your audio ends, and why.
    AudioStatus = 20,
    /// Client, about once per second: its measurements.
    ClientMetric = 21,
    /// Both: a message to the others.
    DataMessage = 22,
    /// Client: video only.
    RemoteVideoUpdate = 24,
    /// Client: replicated meetings.
    PrimaryMeetingJoin = 25,
    /// Server: replicated meetings.
    PrimaryMeetingJoinAck = 26,
    /// Client: replicated meetings.
    PrimaryMeetingLeave = 27,
    /// Server: text for the client's log.
    Notification = 34,
    /// Client: how long its connecting took.
    MeetingSessionTiming = 43,
}

/// One frame.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SignalFrame {
    /// Milliseconds since the Unix epoch.
    #[prost(uint64, required, tag = "1")]
    pub timestamp_ms: u64,
    /// See [`FrameType`]; a newer client may send others.
    #[prost(int32, required, tag = "2")]
    pub kind: i32,
    /// A refusal, on any frame.
    #[prost(message, optional, tag = "3")]
    pub error: Option<ErrorBody>,
    /// Body of JOIN.
    #[prost(message, optional, tag = "4")]
    pub join: Option<Join>,
    /// Body of JOIN_ACK.
    #[prost(message, optional, tag = "5")]
    pub join_ack: Option<JoinAck>,
    /// Body of SUBSCRIBE.
    #[prost(message, optional, tag = "6")]
    pub subscribe: Option<Subscribe>,
    /// Body of SUBSCRIBE_ACK.
    #[prost(message, optional, tag = "7")]
    pub subscribe_ack: Option<SubscribeAck>,
    /// Body of INDEX.
    #[prost(message, optional, tag = "8")]
    pub index: Option<Index>,
    /// Body of LEAVE.
    #[prost(message, optional, tag = "11")]
    pub leave: Option<Empty>,
    /// Body of LEAVE_ACK.
    #[prost(message, optional, tag = "12")]
    pub leave_ack: Option<Empty>,
    /// Body of AUDIO_CONTROL.
    #[prost(message, optional, tag = "17")]
    pub audio_control: Option<AudioControl>,
    /// Body of AUDIO_METADATA.
    #[prost(message, optional, tag = "18")]
    pub audio_metadata: Option<AudioMetadata>,
    /// Body of AUDIO_STREAM_ID_INFO.
    #[prost(message, optional, tag = "19")]
    pub audio_stream_id_info: Option<AudioStreamIdInfo>,
    /// Body of PING_PONG.
    #[prost(message, optional, tag = "20")]
    pub ping_pong: Option<PingPong>,
    /// Body of AUDIO_STATUS.
    #[prost(message, optional, tag = "21")]
    pub audio_status: Option<AudioStatusBody>,
    /// Body of DATA_MESSAGE.
    #[prost(message, optional, tag = "23")]
    pub data_message: Option<DataMessages>,
}

/// A refusal.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ErrorBody {
    /// See [`super::codes::ErrorStatus`].
    #[prost(uint32, optional, tag = "1")]
    pub status: Option<u32>,
    /// In words.
    #[prost(string, optional, tag = "2")]
    pub description: Option<String>,
}

/// A body without fields.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Empty {}

/// JOIN.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Join {
    /// 2.
    #[prost(uint32, optional, tag = "1")]
    pub protocol_version: Option<u32>,
    /// Random, and the same for the life of the client object: tells a reconnect from another device.
    #[prost(uint64, optional, tag = "6")]
    pub audio_session_id: Option<u64>,
    /// Whether the client could compress its SDP.
    #[prost(bool, optional, tag = "7")]
    pub wants_compressed_sdp: Option<bool>,
}

/// JOIN_ACK. No TURN credentials: with them the client would use a relay only.
#[derive(Clone, PartialEq, prost::Message)]
pub struct JoinAck {
    /// Most videos a client may receive.
    #[prost(uint32, optional, tag = "2")]
    pub video_subscription_limit: Option<u32>,
    /// False: SDP travels as plain text.
    #[prost(bool, optional, tag = "3")]
    pub wants_compressed_sdp: Option<bool>,
}

/// SUBSCRIBE.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Subscribe {
    /// RX = 1, TX = 2, DUPLEX = 3; about video.
    #[prost(int32, optional, tag = "1")]
    pub duplex: Option<i32>,
    /// What the client sends.
    #[prost(message, repeated, tag = "2")]
    pub send_streams: Vec<StreamDescriptor>,
    /// One number per video section of the offer.
    #[prost(uint32, repeated, packed = "false", tag = "3")]
    pub receive_stream_ids: Vec<u32>,
    /// The offer.
    #[prost(string, optional, tag = "4")]
    pub sdp_offer: Option<String>,
    /// The mute state now.
    #[prost(bool, optional, tag = "7")]
    pub audio_muted: Option<bool>,
    /// The offer, compressed; only after JOIN_ACK asked for it, so never here.
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub compressed_sdp_offer: Option<Bytes>,
}

/// A stream a client sends or may receive.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamDescriptor {
    /// The stream's number.
    #[prost(uint32, optional, tag = "1")]
    pub stream_id: Option<u32>,
    /// What the client calls it.
    #[prost(string, optional, tag = "4")]
    pub track_label: Option<String>,
    /// AUDIO = 1, VIDEO = 2.
    #[prost(int32, optional, tag = "9")]
    pub media_type: Option<i32>,
}

/// `media_type` of video.
pub const MEDIA_TYPE_VIDEO: i32 = 2;

/// SUBSCRIBE_ACK.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SubscribeAck {
    /// As the SUBSCRIBE had it.
    #[prost(int32, optional, tag = "1")]
    pub duplex: Option<i32>,
    /// Numbers for the streams the client sends.
    #[prost(message, repeated, tag = "2")]
    pub allocations: Vec<Allocation>,
    /// The answer.
    #[prost(string, optional, tag = "3")]
    pub sdp_answer: Option<String>,
}

/// Numbers of a stream that a client sends.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Allocation {
    /// As in the SUBSCRIBE.
    #[prost(string, optional, tag = "1")]
    pub track_label: Option<String>,
    /// The stream's number in the meeting.
    #[prost(uint32, optional, tag = "2")]
    pub stream_id: Option<u32>,
    /// One per sender and connection.
    #[prost(uint32, optional, tag = "3")]
    pub group_id: Option<u32>,
}

/// INDEX.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Index {
    /// No more videos.
    #[prost(bool, optional, tag = "1")]
    pub at_capacity: Option<bool>,
    /// Videos to be had.
    #[prost(message, repeated, tag = "2")]
    pub sources: Vec<StreamDescriptor>,
    /// Attendees present.
    #[prost(uint32, optional, tag = "4")]
    pub num_participants: Option<u32>,
}

/// AUDIO_CONTROL.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioControl {
    /// The mute state from now on.
    #[prost(bool, optional, tag = "1")]
    pub muted: Option<bool>,
}

/// AUDIO_METADATA.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioMetadata {
    /// One for each stream.
    #[prost(message, repeated, tag = "1")]
    pub attendee_states: Vec<AttendeeState>,
}

/// How loud a stream is.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct AttendeeState {
    /// Whose.
    #[prost(uint32, optional, tag = "1")]
    pub audio_stream_id: Option<u32>,
    /// Attenuation in dB, 0 (loud) to 127 (silent).
    #[prost(uint32, optional, tag = "2")]
    pub volume: Option<u32>,
    /// 0 to 2.
    #[prost(uint32, optional, tag = "4")]
    pub signal_strength: Option<u32>,
}

/// AUDIO_STREAM_ID_INFO.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioStreamIdInfo {
    /// Changes, or everybody.
    #[prost(message, repeated, tag = "1")]
    pub streams: Vec<StreamInfo>,
}

/// One change. With an attendee id: present. With `muted` alone: a mute change. With neither: left.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamInfo {
    /// Above zero; higher on every join.
    #[prost(uint32, optional, tag = "1")]
    pub audio_stream_id: Option<u32>,
    /// Whose.
    #[prost(string, optional, tag = "2")]
    pub attendee_id: Option<String>,
    /// The mute state; its presence means something.
    #[prost(bool, optional, tag = "3")]
    pub muted: Option<bool>,
    /// The application's name for the attendee.
    #[prost(string, optional, tag = "4")]
    pub external_user_id: Option<String>,
    /// Left without saying so.
    #[prost(bool, optional, tag = "5")]
    pub dropped: Option<bool>,
}

/// PING_PONG.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PingPong {
    /// [`PING`] or [`PONG`].
    #[prost(int32, required, tag = "1")]
    pub kind: i32,
    /// Echoed in the pong.
    #[prost(uint32, required, tag = "2")]
    pub ping_id: u32,
}

/// A ping's kind.
pub const PING: i32 = 1;
/// A pong's kind.
pub const PONG: i32 = 2;

/// AUDIO_STATUS.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct AudioStatusBody {
    /// See [`super::codes::AudioStatus`].
    #[prost(uint32, optional, tag = "1")]
    pub audio_status: Option<u32>,
}

/// DATA_MESSAGE.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DataMessages {
    /// The messages.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<DataMessage>,
}

/// A message to the others.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DataMessage {
    /// `[a-zA-Z0-9_-]{1,36}`.
    #[prost(string, optional, tag = "1")]
    pub topic: Option<String>,
    /// At most 2048 bytes.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub data: Option<Bytes>,
    /// Above zero: kept so long for those who join later.
    #[prost(uint32, optional, tag = "3")]
    pub lifetime_ms: Option<u32>,
    /// Filled by the server.
    #[prost(string, optional, tag = "4")]
    pub sender_attendee_id: Option<String>,
    /// Filled by the server; 0 tells the sender that the message was refused.
    #[prost(int64, optional, tag = "5")]
    pub ingest_time_ns: Option<i64>,
    /// Filled by the server.
    #[prost(string, optional, tag = "6")]
    pub sender_external_user_id: Option<String>,
}

impl SignalFrame {
    /// A frame of this kind without a body.
    #[must_use]
    pub fn of(kind: FrameType, now: crate::time::UnixMs) -> Self {
        Self {
            timestamp_ms: now.0,
            kind: kind as i32,
            ..Self::default()
        }
    }

    /// The kind, if this server knows it.
    #[must_use]
    pub fn frame_type(&self) -> Option<FrameType> {
        FrameType::try_from(self.kind).ok()
    }
}

/// Why a message is not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Larger than [`crate::limits::MAX_FRAME_BYTES`].
    #[error("the frame has {0} bytes")]
    TooLarge(usize),
    /// The first byte is not a frame's.
    #[error("the message does not start with a frame's type")]
    Prefix,
    /// Not the protobuf that was agreed.
    #[error("the frame cannot be decoded: {0}")]
    Protobuf(#[from] prost::DecodeError),
}

/// The frame in a binary WebSocket message.
///
/// # Errors
/// See [`Malformed`].
pub fn decode(message: &[u8]) -> Result<SignalFrame, Malformed> {
    if message.len() > crate::limits::MAX_FRAME_BYTES {
        return Err(Malformed::TooLarge(message.len()));
    }
    match message.split_first() {
        Some((&PREFIX, frame)) => Ok(SignalFrame::decode(frame)?),
        Some(_) | None => Err(Malformed::Prefix),
    }
}

/// The binary WebSocket message of a frame.
#[must_use]
pub fn encode(frame: &SignalFrame) -> Bytes {
    let mut message = Vec::with_capacity(1 + frame.encoded_len());
    message.push(PREFIX);
    frame.encode_raw(&mut message);
    message.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixMs;

    #[test]
    fn the_first_ping_of_the_real_client_is_read() {
        // timestamp_ms = 1, type = 19, ping_pong (20) { type = 1, ping_id = 1 }
        let message = [
            0x05, 0x08, 0x01, 0x10, 0x13, 0xA2, 0x01, 0x04, 0x08, 0x01, 0x10, 0x01,
        ];
        let frame = decode(&message).unwrap();
        assert_eq!(frame.frame_type(), Some(FrameType::PingPong));
        assert_eq!(
            frame.ping_pong,
            Some(PingPong {
                kind: PING,
                ping_id: 1
            })
        );
        assert_eq!(&encode(&frame)[..], message);
    }

    #[test]
    fn absent_and_false_differ_on_the_wire() {
        let entry = |muted| StreamInfo {
            audio_stream_id: Some(1),
            muted,
            ..StreamInfo::default()
        };
        assert_ne!(
            entry(None).encode_to_vec(),
            entry(Some(false)).encode_to_vec()
        );
        assert_eq!(entry(Some(false)).encode_to_vec(), [0x08, 0x01, 0x18, 0x00]);
    }

    #[test]
    fn what_is_no_frame_says_why() {
        assert_eq!(decode(&[]), Err(Malformed::Prefix));
        assert_eq!(decode(b"{}"), Err(Malformed::Prefix));
        assert!(matches!(decode(&[0x05, 0xFF]), Err(Malformed::Protobuf(_))));
        let large = vec![0x05; crate::limits::MAX_FRAME_BYTES + 1];
        assert_eq!(decode(&large), Err(Malformed::TooLarge(large.len())));
    }

    #[test]
    fn unknown_kinds_and_fields_are_let_through() {
        let mut bytes = encode(&SignalFrame {
            timestamp_ms: 7,
            kind: 99,
            ..SignalFrame::default()
        })
        .to_vec();
        bytes.extend([0xFA, 0x03, 0x01, 0x00]);
        let frame = decode(&bytes).unwrap();
        assert_eq!((frame.timestamp_ms, frame.frame_type()), (7, None));
        assert_eq!(SignalFrame::of(FrameType::Join, UnixMs(3)).kind, 1);
    }
}
