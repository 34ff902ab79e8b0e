//! The phone of a call: one SIP dialog, or what may become one.

use super::outbound::Hop;
use crate::rtp::plane::LineId;
use crate::sdp;
use crate::sip::dialog::Dialog;
use crate::sip::flow::Flow;
use crate::sip::message::Message;
use crate::sip::transaction::TransactionKey;
use crate::time::At;
use std::net::SocketAddr;

/// LEG-A.
#[derive(Debug)]
pub(super) struct PhoneLeg {
    pub state: LegState,
    /// Its media and their address.
    pub line: Option<(LineId, SocketAddr)>,
    /// Version of our session description (o= line).
    pub sdp_version: u64,
    /// When it has rung long enough.
    pub ring_limit: Option<At>,
    /// The timer that is set.
    pub scheduled: Option<At>,
    /// Worst refusal of a called phone so far.
    pub refusal: Option<u16>,
    /// The INVITE of ours that was answered: other phones of a fork may answer it, too.
    pub answered: Option<TransactionKey>,
}

/// Where it stands.
#[derive(Debug)]
pub(super) enum LegState {
    /// It called and is not answered.
    Incoming(Box<Incoming>),
    /// It is to be called.
    Idle(Vec<Hop>),
    /// It rings, on each of these.
    Dialing(Vec<Attempt>),
    /// It talks.
    Up(Box<Up>),
    /// It is over.
    Over,
}

/// An unanswered caller.
#[derive(Debug)]
pub(super) struct Incoming {
    pub key: TransactionKey,
    pub invite: Message,
    pub tag: String,
    pub source: Flow,
    pub offer: Option<sdp::Session>,
    pub rung: bool,
}

/// An established dialog.
#[derive(Debug)]
pub(super) struct Up {
    pub dialog: Dialog,
    /// The INVITE that is not acknowledged yet.
    pub waiting: Option<TransactionKey>,
    /// We made the offer in our 2xx: its answer comes in the ACK.
    pub answer_in_ack: bool,
}

/// An INVITE of ours.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub key: TransactionKey,
    pub invite: Message,
    pub hop: Hop,
    /// It had a provisional response, so that it can be cancelled.
    pub provisional: bool,
    /// It was sent with credentials.
    pub authorised: bool,
}

impl PhoneLeg {
    pub(super) fn new(state: LegState) -> Self {
        Self {
            state,
            line: None,
            sdp_version: 1,
            ring_limit: None,
            scheduled: None,
            refusal: None,
            answered: None,
        }
    }
}
