//! Rooms in virtual time.

mod convergence;
mod rules;
mod view;

use super::{AudioRights, Input, Newcomer, Output, Room, RoomEvent};
use crate::ids::{AttendeeId, ConnId, Who};
use crate::limits::Limits;
use crate::signal::frames::{
    AudioControl, DataMessage, DataMessages, Empty, FrameType, Join, SignalFrame, Subscribe, encode,
};
use crate::time::UnixMs;
use bytes::Bytes;

const START: UnixMs = UnixMs(1_790_000_000_000);
const FREE: AudioRights = AudioRights {
    speak: true,
    hear: true,
};

/// A room, its time, and everything it said.
struct Stage {
    room: Room,
    now: UnixMs,
    said: Vec<Output>,
}

impl Stage {
    fn new() -> Self {
        Self::of(Room::new(Limits::default(), 250, START))
    }

    fn of(room: Room) -> Self {
        Self {
            room,
            now: START,
            said: Vec::new(),
        }
    }

    /// Gives an input and returns what came of it.
    fn give(&mut self, input: Input<'_>) -> Vec<Output> {
        let out = self.room.step(input, self.now);
        self.said.extend(out.iter().cloned());
        out
    }

    fn frame(&mut self, conn: ConnId, frame: &SignalFrame) -> Vec<Output> {
        self.give(Input::Message {
            conn,
            message: &encode(frame),
        })
    }

    /// Lets time pass in ticks of 200 ms.
    fn pass(&mut self, ms: u64) -> Vec<Output> {
        let mut out = Vec::new();
        let until = self.now.0 + ms;
        while self.now.0 < until {
            self.now = UnixMs((self.now.0 + 200).min(until));
            out.extend(self.give(Input::Tick));
        }
        out
    }

    /// A browser comes all the way up.
    fn up(&mut self, conn: ConnId, newcomer: Newcomer, session: u64) -> Vec<Output> {
        let mut out = self.give(Input::Open { conn, newcomer });
        out.extend(self.frame(conn, &join(session)));
        out.extend(self.frame(conn, &subscribe(false)));
        out.extend(self.give(Input::Answered {
            conn,
            sdp: "answer".to_owned(),
        }));
        out.extend(self.give(Input::MediaUp { conn }));
        out
    }
}

fn who(n: u8) -> Who {
    let id = format!("00000000-0000-4000-8000-0000000000{n:02x}");
    Who {
        attendee: AttendeeId::parse(&id).unwrap(),
        content: false,
    }
}

fn newcomer(n: u8) -> Newcomer {
    Newcomer {
        who: who(n),
        external_user_id: format!("user-{n}"),
        rights: FREE,
    }
}

fn join(session: u64) -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::Join, START);
    frame.join = Some(Join {
        audio_session_id: Some(session),
        ..Join::default()
    });
    frame
}

fn subscribe(muted: bool) -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::Subscribe, START);
    frame.subscribe = Some(Subscribe {
        sdp_offer: Some("offer".to_owned()),
        audio_muted: Some(muted),
        ..Subscribe::default()
    });
    frame
}

fn mute(muted: bool) -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::AudioControl, START);
    frame.audio_control = Some(AudioControl { muted: Some(muted) });
    frame
}

fn leave() -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::Leave, START);
    frame.leave = Some(Empty {});
    frame
}

fn data(topic: &str, bytes: &[u8], lifetime_ms: u32) -> SignalFrame {
    let mut frame = SignalFrame::of(FrameType::DataMessage, START);
    let message = DataMessage {
        topic: Some(topic.to_owned()),
        data: Some(Bytes::copy_from_slice(bytes)),
        lifetime_ms: Some(lifetime_ms),
        ..DataMessage::default()
    };
    frame.data_message = Some(DataMessages {
        messages: vec![message],
    });
    frame
}

/// The frames of this kind that were sent to a connection.
fn sent(out: &[Output], to: ConnId, kind: FrameType) -> Vec<SignalFrame> {
    let frames = out.iter().filter_map(|o| match o {
        Output::Send { to: all, frame } if all.contains(&to) && frame.kind == kind as i32 => {
            Some(frame.clone())
        }
        _ => None,
    });
    frames.collect()
}

fn events(out: &[Output]) -> Vec<RoomEvent> {
    out.iter()
        .filter_map(|o| {
            if let Output::Event(event) = o {
                Some(event.clone())
            } else {
                None
            }
        })
        .collect()
}
