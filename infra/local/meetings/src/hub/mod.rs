//! The shell around the rooms: one lock over the book and the rooms, and what carries out their outputs.
//!
//! Everything under the lock is quick: frames go to bounded channels, records to the journal's thread, media
//! commands to the media thread. Nothing is awaited there.

mod attendees;
mod lifecycle;
mod sockets;
mod tasks;

pub(crate) use attendees::{NewAttendee, NotMade};
pub(crate) use sockets::{Refusal, ToSocket};
pub(crate) use tasks::{deliver_events, pass_time, take_media_events};

use crate::Config;
use crate::book::journal::Journal;
use crate::book::{Book, Record};
use crate::engine::{Command, EngineHandle};
use crate::events::{Envelopes, MeetingEvent};
use crate::ids::{ConnId, MeetingId};
use crate::limits::Limits;
use crate::room::{Input, MediaCommand, Output, Room};
use crate::signal;
use crate::time::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

pub(crate) struct Hub {
    pub(crate) config: Config,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) engine: EngineHandle,
    envelopes: Envelopes,
    events: mpsc::Sender<serde_json::Value>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    book: Book,
    rooms: HashMap<MeetingId, Room>,
    connections: HashMap<ConnId, Connected>,
    last_conn: u64,
    shutting_down: bool,
}

/// Where a connection belongs.
struct Connected {
    meeting: MeetingId,
    wire: Wire,
}

enum Wire {
    /// A browser's socket.
    Socket(mpsc::Sender<ToSocket>),
    /// A browser that did not read; its task is about to end.
    GivenUp,
    /// A party of this process.
    Party,
}

impl State {
    fn next_conn(&mut self) -> ConnId {
        self.last_conn += 1;
        ConnId(self.last_conn)
    }
}

impl Hub {
    pub(crate) fn new(
        config: Config,
        limits: Limits,
        clock: Clock,
        (journal, book): (Journal, Book),
        engine: EngineHandle,
        events: mpsc::Sender<serde_json::Value>,
    ) -> Arc<Self> {
        let envelopes = Envelopes {
            region: config.region.clone(),
            account: config.account.clone(),
        };
        let hub = Self {
            config,
            limits,
            clock,
            journal,
            engine,
            envelopes,
            events,
            state: Mutex::default(),
        };
        hub.restore(book);
        Arc::new(hub)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is our bug; the other meetings go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a room an input and carries out what it says.
    fn step(&self, state: &mut State, meeting: &MeetingId, input: Input<'_>) {
        let Some(room) = state.rooms.get_mut(meeting) else {
            return;
        };
        let outputs = room.step(input, self.clock.now());
        self.carry_out(state, meeting, outputs);
    }

    /// Gives the room of a connection an input about it.
    pub(crate) fn input(&self, conn: ConnId, input: Input<'_>) {
        let mut state = self.lock();
        if let Some(meeting) = state.connections.get(&conn).map(|c| c.meeting.clone()) {
            self.step(&mut state, &meeting, input);
        }
    }

    fn carry_out(&self, state: &mut State, meeting: &MeetingId, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send { to, frame } => {
                    let message = signal::encode(&frame);
                    for conn in to {
                        self.send(state, conn, ToSocket::Message(message.clone()));
                    }
                }
                Output::Close { conn, code } => {
                    self.send(state, conn, ToSocket::Close(code));
                    state.connections.remove(&conn);
                }
                Output::Media(command) => self.media(state, meeting, command),
                Output::Event(event) => self.emit(state, meeting, MeetingEvent::Room(event)),
                Output::Present { who, stream_id } => {
                    self.note(
                        state,
                        Record::Present {
                            meeting: meeting.clone(),
                            who,
                            stream_id,
                        },
                    );
                }
                Output::Absent { who } => self.note(
                    state,
                    Record::Absent {
                        meeting: meeting.clone(),
                        who,
                    },
                ),
                Output::Expire { ending } => drop(self.end_meeting(state, meeting, ending)),
            }
        }
    }

    fn send(&self, state: &mut State, conn: ConnId, message: ToSocket) {
        let Some(connected) = state.connections.get_mut(&conn) else {
            return;
        };
        if let Wire::Socket(socket) = &connected.wire
            && socket.try_send(message).is_err()
        {
            // It reads too slowly. Without its sender its task ends, and reports the socket as closed.
            tracing::warn!(
                conn = conn.0,
                "a client does not read its frames; its connection ends"
            );
            connected.wire = Wire::GivenUp;
        }
    }

    fn media(&self, state: &mut State, meeting: &MeetingId, command: MediaCommand) {
        self.engine.send(match command {
            MediaCommand::Offer {
                conn,
                attendee,
                sdp,
            } => Command::Offer {
                conn,
                meeting: meeting.clone(),
                attendee,
                sdp,
            },
            MediaCommand::May { conn, speak, hear } => Command::May { conn, speak, hear },
            MediaCommand::Drop { conn } => {
                self.forget_party(state, conn);
                Command::Drop { conn }
            }
            MediaCommand::PutOut { conn, left } => {
                self.forget_party(state, conn);
                Command::PutOut { conn, left }
            }
        });
    }

    /// A party's connection ends with its media; a browser's with its socket.
    fn forget_party(&self, state: &mut State, conn: ConnId) {
        if state
            .connections
            .get(&conn)
            .is_some_and(|c| matches!(c.wire, Wire::Party))
        {
            state.connections.remove(&conn);
        }
    }

    fn emit(&self, state: &State, meeting: &MeetingId, event: MeetingEvent) {
        if let Some(entry) = state.book.get(meeting) {
            let envelope = self.envelopes.wrap(&entry.meeting, event, self.clock.now());
            if self.events.try_send(envelope).is_err() {
                tracing::warn!("an event is lost: the sink is too slow");
            }
        }
    }

    /// Records what nobody waits for.
    fn note(&self, state: &mut State, record: Record) {
        state.book.apply(record.clone());
        self.journal.note(record);
        if self.journal.wants_rewrite() {
            self.journal.rewrite(state.book.records());
        }
    }

    /// Records what somebody waits for.
    fn record(&self, state: &mut State, record: Record) -> tokio::sync::oneshot::Receiver<()> {
        state.book.apply(record.clone());
        let safe = self.journal.append(record);
        if self.journal.wants_rewrite() {
            self.journal.rewrite(state.book.records());
        }
        safe
    }
}
