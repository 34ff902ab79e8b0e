//! One call of a SIP media application, as its Lambda function sees it: events out, actions in.
//!
//! The core is [`Session::step`]: it takes what happened and the time, and returns what is to be done. It follows the
//! developer guide's contract: one event at a time except [`Kind::Hangup`] and [`Kind::Update`], which wait for
//! nothing; a retry of the same event after 5 s; hang-up after 20 s; a list of at most 10 actions that a later list
//! replaces; at most 1,000 invocations.

mod action;
mod digits;
mod event;
mod invocation;
mod list;
mod response;
mod step;
#[cfg(test)]
mod tests;

pub use event::Kind;

use crate::functions::InvokeError;
use crate::time::At;
use action::{Action, Running};
use bytes::Bytes;
use digits::Listener;
use invocation::Invocation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};

/// Seconds of silence of a function after which the event is sent again (developer guide, "Understanding timeouts").
pub const RETRY_AFTER_MS: u64 = 5_000;
/// How long a function may take in all.
pub const HANG_UP_AFTER_MS: u64 = 20_000;
/// How long an inbound call may wait unanswered with nothing to do.
pub const DECISION_MS: u64 = 30_000;
/// Most actions in one response.
pub const MAX_ACTIONS: usize = 10;
/// Most invocations of a function in one call.
pub const MAX_INVOCATIONS: u32 = 1_000;
/// Invocations that are kept back for the HANGUP events at the end: two legs, two attempts each.
const KEPT_INVOCATIONS: u32 = 4;
/// Most events that wait for the one in flight; the call is ended above it.
pub const MAX_QUEUED_EVENTS: usize = 64;

/// Which leg: LEG-A is the telephone, LEG-B what it was joined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Leg {
    /// The first leg.
    #[serde(rename = "LEG-A")]
    A,
    /// The second leg.
    #[serde(rename = "LEG-B")]
    B,
}

impl Leg {
    /// The ParticipantTag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::A => "LEG-A",
            Self::B => "LEG-B",
        }
    }
}

/// Towards the service or placed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// A phone called in.
    Inbound,
    /// The service called out.
    Outbound,
}

/// State of a leg. Absent on the wire until the leg is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Not answered yet.
    New,
    /// Answered.
    Connected,
    /// Over.
    Disconnected,
}

/// The SipResponseCode of a HANGUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HangupCode {
    /// 0
    Normal,
    /// 480
    Unavailable,
    /// 486
    Busy,
}

impl HangupCode {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 0,
            Self::Unavailable => 480,
            Self::Busy => 486,
        }
    }

    /// What a call of ours that was refused with `status` reports: the contract knows busy and unavailable only.
    #[must_use]
    pub fn of_refusal(status: u16) -> Self {
        match status {
            486 | 600 | 603 => Self::Busy,
            _ => Self::Unavailable,
        }
    }
}

/// A leg as events show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// CallId.
    pub call_id: String,
    /// Which leg.
    pub leg: Leg,
    /// Called number.
    pub to: String,
    /// Calling number.
    pub from: String,
    /// Direction.
    pub direction: Direction,
    /// Begin, in milliseconds since 1970.
    pub started_epoch_ms: u64,
    /// State.
    pub status: Status,
    /// Custom headers of the INVITE (`X-*`, User-to-User, Diversion).
    pub sip_headers: BTreeMap<String, String>,
}

/// What does not change during a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// TransactionId.
    pub transaction_id: String,
    /// AWS account.
    pub account: String,
    /// AWS Region.
    pub region: String,
    /// The rule that matched; none for calls from the API.
    pub rule_id: Option<String>,
    /// The SIP media application.
    pub application_id: String,
    /// Its Lambda function.
    pub function_arn: String,
    /// ArgumentsMap of CreateSipMediaApplicationCall.
    pub arguments: BTreeMap<String, String>,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The call exists; comes first, once.
    Begin,
    /// The program started again; comes first, once, for a restored session.
    Resume,
    /// A function answered or failed.
    Returned {
        /// Sequence of the event.
        sequence: u32,
        /// What came back.
        result: Result<Bytes, InvokeError>,
    },
    /// The called phone of LEG-A rings.
    Ringing,
    /// LEG-A is answered and its media can flow.
    Answered,
    /// A leg ended without our doing.
    Ended(Leg, HangupCode),
    /// A task is done.
    Done(u32),
    /// A task failed.
    Failed {
        /// The task.
        work: u32,
        /// ErrorType of the event.
        error_type: &'static str,
        /// ErrorMessage of the event.
        message: String,
    },
    /// A digit was heard on a leg.
    Digit(Leg, char),
    /// UpdateSipMediaApplicationCall.
    Update(BTreeMap<String, String>),
    /// [`Session::next_due`] has come.
    Timer,
}

/// Something a leg does by itself until it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Play a WAV object.
    Play {
        /// S3 bucket.
        bucket: String,
        /// S3 key.
        key: String,
        /// How often.
        repeat: u32,
    },
    /// Speak a text.
    Speak {
        /// The text, or SSML.
        text: String,
        /// Whether it is SSML.
        ssml: bool,
        /// LanguageCode, when given.
        language: Option<String>,
        /// Polly's VoiceId.
        voice: String,
    },
    /// Send digits by RFC 4733.
    SendDigits {
        /// 0-9, *, #, A-D and comma.
        digits: String,
        /// Length of each tone.
        tone_ms: u64,
    },
    /// Take a seat in a meeting.
    Join {
        /// MeetingId.
        meeting_id: String,
        /// JoinToken.
        join_token: String,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Invoke the function with this event.
    Invoke {
        /// Sequence of the event; the same on its retry.
        sequence: u32,
        /// The event.
        payload: Bytes,
    },
    /// Send the INVITE of an outbound call.
    Dial,
    /// Tell the caller that it rings.
    Ring,
    /// Answer the caller; [`Input::Answered`] follows.
    Answer,
    /// End a leg: BYE, CANCEL or a final response; out of the meeting for LEG-B. Nothing is reported back.
    Release(Leg, HangupCode),
    /// Begin a task; [`Input::Done`] or [`Input::Failed`] follows, unless it is stopped.
    Start {
        /// Its number.
        work: u32,
        /// On which leg.
        leg: Leg,
        /// What.
        task: Task,
    },
    /// Stop a task.
    Stop(u32),
    /// The session is over: nothing comes any more.
    Gone,
}

/// A call's session.
#[derive(Debug)]
pub struct Session {
    call: Call,
    participants: Vec<Participant>,
    attributes: Map<String, Value>,
    sequence: u32,
    invocations: u32,
    in_flight: Vec<Invocation>,
    queue: VecDeque<event::Event>,
    /// Sequence of the response whose list, and whose attributes, were taken last: an older one changes nothing.
    list_sequence: u32,
    attributes_sequence: u32,
    pending: VecDeque<Action>,
    running: Option<Running>,
    /// What ACTION_SUCCESSFUL shows once the list is empty.
    completed: Option<Value>,
    /// An action waits for the answer it caused.
    answering: bool,
    listener: Option<Listener>,
    works: u32,
    legs_b: u32,
    idle_since: Option<At>,
    gone: bool,
    now: At,
    out: Vec<Output>,
}

/// What survives a crash: enough to tell the function that its call is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The call.
    pub call: Call,
    /// Its legs.
    pub participants: Vec<Participant>,
    /// TransactionAttributes.
    pub attributes: Map<String, Value>,
    /// Sequence of the last event.
    pub sequence: u32,
    /// Invocations so far.
    pub invocations: u32,
    /// HANGUP events that were not answered yet: sent again as they are.
    #[serde(default)]
    pub hangups: Vec<Unanswered>,
}

/// An event that went out and was not answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Its Sequence.
    pub sequence: u32,
    /// The event.
    pub payload: String,
}

impl Session {
    /// A session of a call whose LEG-A is `leg_a`.
    #[must_use]
    pub fn new(call: Call, leg_a: Participant) -> Self {
        Self::restored(Snapshot {
            call,
            participants: vec![leg_a],
            attributes: Map::new(),
            sequence: 0,
            invocations: 0,
            hangups: Vec::new(),
        })
    }

    /// A session as it was when the program ended. [`Input::Resume`] comes first, then its legs are to be ended by
    /// [`Input::Ended`].
    #[must_use]
    pub fn restored(snapshot: Snapshot) -> Self {
        let Snapshot {
            call,
            participants,
            attributes,
            sequence,
            invocations,
            hangups,
        } = snapshot;
        Self {
            call,
            participants,
            attributes,
            sequence,
            invocations,
            in_flight: hangups.into_iter().map(Invocation::unanswered).collect(),
            queue: VecDeque::new(),
            list_sequence: 0,
            attributes_sequence: 0,
            pending: VecDeque::new(),
            running: None,
            completed: None,
            answering: false,
            listener: None,
            works: 0,
            legs_b: 0,
            idle_since: None,
            gone: false,
            now: At(0),
            out: Vec::new(),
        }
    }

    /// What must survive a crash.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            call: self.call.clone(),
            participants: self.participants.clone(),
            attributes: self.attributes.clone(),
            sequence: self.sequence,
            invocations: self.invocations,
            hangups: self.in_flight.iter().filter_map(Invocation::kept).collect(),
        }
    }

    /// State of LEG-A.
    #[must_use]
    pub fn leg_a(&self) -> Status {
        self.status(Leg::A)
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Whether any leg is still up or ringing.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.participants
            .iter()
            .any(|p| p.status != Status::Disconnected)
    }

    fn participant(&self, leg: Leg) -> Option<&Participant> {
        self.participants.iter().find(|p| p.leg == leg)
    }

    fn status(&self, leg: Leg) -> Status {
        self.participant(leg)
            .map_or(Status::Disconnected, |p| p.status)
    }

    fn set_status(&mut self, leg: Leg, status: Status) {
        if let Some(participant) = self.participants.iter_mut().find(|p| p.leg == leg) {
            participant.status = status;
        }
    }

    fn direction(&self) -> Direction {
        self.participant(Leg::A)
            .map_or(Direction::Inbound, |p| p.direction)
    }
}
