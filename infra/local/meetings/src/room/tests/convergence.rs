//! Whatever clients do, in any order, every client that is connected ends with the same roster: the true one.

use super::view::View;
use super::*;
use crate::room::Ending;
use crate::signal::frames::{PING, PingPong};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Browsers: one for each of the attendees 0 to 3, a second one of attendee 0, a screen share of attendee 1.
const BROWSERS: usize = 6;
/// The attendee a party of this process is.
const PARTY: u8 = 9;

#[derive(Debug, Clone)]
enum Act {
    Connect(usize),
    Join(usize),
    Subscribe(usize, bool),
    Answer(usize),
    Up(usize),
    Mute(usize, bool),
    Leave(usize),
    Break(usize),
    MediaGone(usize),
    Garbage(usize, Vec<u8>),
    PartyJoin,
    PartyMute(bool),
    PartyLeave,
    Delete(u8),
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let browser = 0..BROWSERS;
    prop_oneof![
        4 => browser.clone().prop_map(Act::Connect),
        4 => browser.clone().prop_map(Act::Join),
        4 => (browser.clone(), any::<bool>()).prop_map(|(b, m)| Act::Subscribe(b, m)),
        2 => browser.clone().prop_map(Act::Answer),
        5 => browser.clone().prop_map(Act::Up),
        3 => (browser.clone(), any::<bool>()).prop_map(|(b, m)| Act::Mute(b, m)),
        1 => browser.clone().prop_map(Act::Leave),
        2 => browser.clone().prop_map(Act::Break),
        1 => browser.clone().prop_map(Act::MediaGone),
        1 => (browser, proptest::collection::vec(any::<u8>(), 0..20)).prop_map(|(b, g)| Act::Garbage(b, g)),
        1 => Just(Act::PartyJoin),
        1 => any::<bool>().prop_map(Act::PartyMute),
        1 => Just(Act::PartyLeave),
        1 => (0_u8..4).prop_map(Act::Delete),
        3 => (1_u64..15_000).prop_map(Act::Pass),
    ]
}

/// A browser as the world sees it.
#[derive(Debug, Default)]
struct Browser {
    conn: Option<ConnId>,
    /// It has been up on this connection.
    up: bool,
    muted: bool,
    view: View,
    ever_up: bool,
}

struct World {
    stage: Stage,
    browsers: Vec<Browser>,
    party: Option<(ConnId, bool)>,
    deleted: BTreeSet<u8>,
    conns: u64,
    /// Joined and not yet Left or Dropped, by the events.
    joined: BTreeSet<Who>,
}

fn attendee_of(browser: usize) -> u8 {
    [0, 1, 2, 3, 0, 1][browser]
}

fn newcomer_of(browser: usize) -> Newcomer {
    let mut newcomer = newcomer(attendee_of(browser));
    newcomer.who.content = browser == 5;
    newcomer
}

impl World {
    fn new() -> Self {
        let browsers = (0..BROWSERS).map(|_| Browser::default()).collect();
        Self {
            stage: Stage::new(),
            browsers,
            party: None,
            deleted: BTreeSet::new(),
            conns: 0,
            joined: BTreeSet::new(),
        }
    }

    fn conn(&mut self) -> ConnId {
        self.conns += 1;
        ConnId(self.conns)
    }

    fn act(&mut self, act: Act) {
        let out = match act {
            Act::Connect(b)
                if self.browsers[b].conn.is_none() && !self.deleted.contains(&attendee_of(b)) =>
            {
                let conn = self.conn();
                let browser = &mut self.browsers[b];
                browser.conn = Some(conn);
                browser.up = false;
                if browser.ever_up {
                    browser.view.reconnect();
                }
                self.stage.give(Input::Open {
                    conn,
                    newcomer: newcomer_of(b),
                })
            }
            Act::Join(b) => self.send(b, &join(b as u64)),
            Act::Subscribe(b, muted) => {
                self.browsers[b].muted = muted;
                self.send(b, &subscribe(muted))
            }
            Act::Answer(b) => self.with(b, |conn| Input::Answered {
                conn,
                sdp: String::new(),
            }),
            Act::Up(b) => self.with(b, |conn| Input::MediaUp { conn }),
            Act::Mute(b, muted) => {
                self.browsers[b].muted = muted;
                self.send(b, &mute(muted))
            }
            Act::Leave(b) => {
                let out = self.send(b, &leave());
                self.hear(&out);
                let out = self.with(b, |conn| Input::Closed { conn });
                self.browsers[b] = Browser::default();
                out
            }
            Act::Break(b) => {
                let out = self.with(b, |conn| Input::Closed { conn });
                self.browsers[b].conn = None;
                out
            }
            Act::MediaGone(b) => self.with(b, |conn| Input::MediaGone { conn }),
            Act::Garbage(b, bytes) => {
                let Some(conn) = self.browsers[b].conn else {
                    return;
                };
                self.stage.give(Input::Message {
                    conn,
                    message: &bytes,
                })
            }
            Act::PartyJoin if self.party.is_none() => {
                let conn = self.conn();
                self.party = Some((conn, false));
                self.stage.give(Input::PartyJoined {
                    conn,
                    newcomer: newcomer(PARTY),
                })
            }
            Act::PartyMute(muted) => {
                let Some((conn, was)) = &mut self.party else {
                    return;
                };
                *was = muted;
                let conn = *conn;
                self.stage.give(Input::PartyMuted { conn, muted })
            }
            Act::PartyLeave => {
                let Some((conn, _)) = self.party.take() else {
                    return;
                };
                self.stage.give(Input::PartyLeft { conn })
            }
            Act::Delete(n) => {
                self.deleted.insert(n);
                self.stage.give(Input::AttendeeDeleted {
                    attendee: who(n).attendee,
                })
            }
            Act::Pass(ms) => self.pass(ms),
            Act::Connect(_) | Act::PartyJoin => return,
        };
        self.hear(&out);
    }

    fn send(&mut self, b: usize, frame: &SignalFrame) -> Vec<Output> {
        self.browsers[b]
            .conn
            .map(|conn| self.stage.frame(conn, frame))
            .unwrap_or_default()
    }

    fn with(&mut self, b: usize, input: impl FnOnce(ConnId) -> Input<'static>) -> Vec<Output> {
        self.browsers[b]
            .conn
            .map(|conn| self.stage.give(input(conn)))
            .unwrap_or_default()
    }

    /// Time passes; clients ping as the real one does.
    fn pass(&mut self, ms: u64) -> Vec<Output> {
        let mut ping = SignalFrame::of(FrameType::PingPong, self.stage.now);
        ping.ping_pong = Some(PingPong {
            kind: PING,
            ping_id: 1,
        });
        let mut all = Vec::new();
        let mut left = ms;
        while left > 0 {
            let some = left.min(5_000);
            left -= some;
            for b in 0..BROWSERS {
                let out = self.send(b, &ping);
                self.hear(&out);
                all.extend(out);
            }
            let out = self.stage.pass(some);
            self.hear(&out);
        }
        Vec::new()
    }

    /// Clients take what they are sent; the world checks what may never happen.
    fn hear(&mut self, out: &[Output]) {
        for output in out {
            match output {
                Output::Send { to, frame } => self.deliver(to, frame),
                Output::Close { conn, .. } => {
                    for browser in self.browsers.iter_mut().filter(|b| b.conn == Some(*conn)) {
                        browser.conn = None;
                    }
                }
                Output::Event(RoomEvent::Joined { who, .. }) => {
                    assert!(self.joined.insert(who.clone()), "{who} joined twice");
                }
                Output::Event(RoomEvent::Left { who, .. } | RoomEvent::Dropped { who, .. }) => {
                    assert!(self.joined.remove(who), "{who} left without having joined");
                }
                Output::Event(RoomEvent::Authorized { .. } | RoomEvent::Ended { .. })
                | Output::Media(_)
                | Output::Present { .. }
                | Output::Absent { .. } => {}
                Output::Expire { ending } => assert_eq!(*ending, Ending::Empty),
            }
        }
    }

    fn deliver(&mut self, to: &[ConnId], frame: &SignalFrame) {
        for conn in to {
            let browser = self.browsers.iter_mut().find(|b| b.conn == Some(*conn));
            let browser = browser.expect("a frame to a connection that is closed");
            if let Some(info) = &frame.audio_stream_id_info {
                browser.view.take(info);
                browser.up = true;
                browser.ever_up = true;
            }
        }
    }

    /// Who is there in truth: those with a connection that is up.
    fn truth(&self) -> BTreeMap<String, bool> {
        let mut truth = BTreeMap::new();
        for (b, browser) in self.browsers.iter().enumerate() {
            if browser.conn.is_some() && browser.up {
                let other = truth.insert(newcomer_of(b).who.to_string(), browser.muted);
                assert!(other.is_none(), "two connections of one attendee are up");
            }
        }
        if let Some((_, muted)) = self.party {
            truth.insert(who(PARTY).to_string(), muted);
        }
        truth
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]
    #[test]
    fn every_clients_roster_converges_to_the_truth(acts in proptest::collection::vec(act(), 1..120)) {
        let mut world = World::new();
        for act in acts {
            world.act(act);
        }
        // Long enough for every grace, and for connections that never came up.
        world.act(Act::Pass(60_000));
        let truth = world.truth();
        for browser in world.browsers.iter().filter(|b| b.conn.is_some() && b.up) {
            prop_assert_eq!(&browser.view.present, &truth);
        }
        let by_events: BTreeSet<String> = world.joined.iter().map(ToString::to_string).collect();
        prop_assert_eq!(by_events, truth.keys().cloned().collect::<BTreeSet<_>>());
        prop_assert_eq!(world.stage.room.present(), truth.len());
    }

    #[test]
    fn no_bytes_make_a_room_fail_or_touch_another_client(message in proptest::collection::vec(any::<u8>(), 0..200), with_prefix in any::<bool>()) {
        let mut stage = Stage::new();
        stage.up(ConnId(1), newcomer(1), 1);
        stage.up(ConnId(2), newcomer(2), 2);
        let mut bytes = message;
        if with_prefix {
            bytes.insert(0, 0x05);
        }
        let out = stage.give(Input::Message { conn: ConnId(2), message: &bytes });
        for output in out {
            prop_assert!(!matches!(output, Output::Close { conn: ConnId(1), .. }), "the other one was closed");
        }
        prop_assert!(stage.room.informed().contains(&ConnId(1)));
    }
}
