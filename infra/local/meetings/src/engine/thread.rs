//! The media thread: commands, datagrams, and a tick every 20 ms.

use super::peer::{Factory, Peer, Progress, Surroundings};
use super::table::{Ear, Packet, Table};
use super::{Command, Event};
use crate::ids::{AttendeeId, ConnId, MeetingId};
use media::{FRAME_MS, Left};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use str0m::Input;
use str0m::net::{DatagramRecv, Protocol, Receive};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

/// One tick.
const TICK: Duration = Duration::from_millis(FRAME_MS);
/// A tick that is later than this is skipped, with all before it.
const LATEST: Duration = Duration::from_millis(200);
/// Ticks between two reports of levels: 200 ms.
const LEVEL_TICKS: u64 = 10;
/// Datagrams taken in one go, before the clock is looked at again.
const DATAGRAMS_AT_ONCE: usize = 64;
/// Largest datagram that is taken.
const MAX_DATAGRAM_BYTES: usize = 2_048;

/// Runs until [`Command::Stop`], or until the hub is gone.
pub(super) fn run(
    socket: std::net::UdpSocket,
    factory: Factory,
    inbox: mpsc::UnboundedReceiver<Command>,
    events: mpsc::Sender<Event>,
    silent_media: Duration,
) {
    // A runtime of its own: nothing else in the process can make a tick late.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "the media thread cannot start"),
    };
    runtime.block_on(async move {
        match UdpSocket::from_std(socket) {
            Ok(socket) => {
                Media::new(socket, factory, events, silent_media)
                    .run(inbox)
                    .await
            }
            Err(error) => tracing::error!(%error, "the media thread cannot start"),
        }
    });
}

struct Media {
    socket: UdpSocket,
    factory: Factory,
    events: mpsc::Sender<Event>,
    /// Events that did not fit.
    waiting: VecDeque<Event>,
    silent_media: Duration,
    peers: HashMap<ConnId, Peer>,
    /// Whom a source's datagrams were for last.
    sources: HashMap<SocketAddr, ConnId>,
    tables: HashMap<MeetingId, Table>,
    /// Where everybody sits.
    seats: HashMap<ConnId, MeetingId>,
    ticks: u64,
}

/// A peer's surroundings: the socket and its meeting's table.
struct Around<'a> {
    conn: ConnId,
    socket: &'a UdpSocket,
    table: Option<&'a mut Table>,
}

impl Surroundings for Around<'_> {
    fn transmit(&mut self, to: SocketAddr, datagram: &[u8]) {
        // A full socket loses the datagram, as a network may.
        if let Err(error) = self.socket.try_send_to(datagram, to) {
            tracing::trace!(%error, "a datagram was not sent");
        }
    }

    fn listens(&self) -> bool {
        self.table.as_ref().is_some_and(|t| t.may_speak(self.conn))
    }

    fn voice(&mut self, samples: &[i16]) {
        if let Some(table) = &mut self.table {
            table.push(self.conn, samples);
        }
    }
}

impl Media {
    fn new(
        socket: UdpSocket,
        factory: Factory,
        events: mpsc::Sender<Event>,
        silent_media: Duration,
    ) -> Self {
        Self {
            socket,
            factory,
            events,
            waiting: VecDeque::new(),
            silent_media,
            peers: HashMap::new(),
            sources: HashMap::new(),
            tables: HashMap::new(),
            seats: HashMap::new(),
            ticks: 0,
        }
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        let mut next_tick = Instant::now() + TICK;
        loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(next_tick.into()) => {
                    let now = Instant::now();
                    self.tick(now);
                    next_tick += TICK;
                    if now.saturating_duration_since(next_tick) > LATEST {
                        tracing::warn!("the media thread was held up; sound is skipped");
                        next_tick = now + TICK;
                    }
                }
                command = inbox.recv() => match command {
                    Some(Command::Stop) | None => break,
                    Some(command) => self.command(command),
                },
                ready = self.socket.readable() => {
                    if ready.is_ok() {
                        self.datagrams();
                    }
                }
            }
        }
        for table in self.tables.values_mut() {
            table.close(Left::ShuttingDown);
        }
    }

    fn tell(&mut self, event: Event) {
        self.waiting.push_back(event);
        self.flush_events();
    }

    fn flush_events(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                if !matches!(event, Event::Levels { .. }) {
                    self.waiting.push_front(event);
                }
                return;
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Offer {
                conn,
                meeting,
                attendee,
                sdp,
            } => self.offer(conn, meeting, attendee, &sdp),
            Command::Seat {
                conn,
                meeting,
                attendee,
                party,
            } => self.sit(conn, meeting, attendee, Ear::Party(party)),
            Command::May { conn, speak, hear } => {
                if let Some(table) = self.seats.get(&conn).and_then(|m| self.tables.get_mut(m)) {
                    table.may(conn, speak, hear);
                }
            }
            Command::Drop { conn } => self.stand_up(conn, None),
            Command::PutOut { conn, left } => self.stand_up(conn, Some(left)),
            Command::Stop => {}
        }
    }

    fn sit(&mut self, conn: ConnId, meeting: MeetingId, attendee: AttendeeId, ear: Ear) {
        if !self.tables.contains_key(&meeting) {
            match Table::new() {
                Ok(table) => drop(self.tables.insert(meeting.clone(), table)),
                Err(error) => {
                    tracing::error!(%error, "no mix can be made");
                    return self.tell(Event::Gone { conn });
                }
            }
        }
        if let Some(table) = self.tables.get_mut(&meeting) {
            table.add(conn, attendee, ear);
            self.seats.insert(conn, meeting);
        }
    }

    fn stand_up(&mut self, conn: ConnId, left: Option<Left>) {
        self.peers.remove(&conn);
        self.sources.retain(|_, c| *c != conn);
        let Some(meeting) = self.seats.remove(&conn) else {
            return;
        };
        if let Some(table) = self.tables.get_mut(&meeting) {
            table.remove(conn, left);
            if table.is_empty() {
                self.tables.remove(&meeting);
            }
        }
    }

    fn offer(&mut self, conn: ConnId, meeting: MeetingId, attendee: AttendeeId, sdp: &str) {
        if !self.peers.contains_key(&conn) {
            let made = self.factory.make(conn, meeting.clone(), Instant::now());
            let made = made.and_then(|peer| {
                Table::browser()
                    .map(|ear| (peer, ear))
                    .map_err(|e| e.to_string())
            });
            match made {
                Ok((peer, ear)) => {
                    self.peers.insert(conn, peer);
                    self.sit(conn, meeting, attendee, ear);
                }
                Err(why) => return self.tell(Event::Refused { conn, why }),
            }
        }
        let answer = self.with_peer(conn, |peer, around| {
            let answer = peer.answer(sdp);
            (answer, peer.drain(around))
        });
        match answer {
            Some(Ok(sdp)) => self.tell(Event::Answered { conn, sdp }),
            Some(Err(why)) => self.tell(Event::Refused { conn, why }),
            None => {}
        }
    }

    /// Does something with a peer, and what follows from its progress. None if there is no such peer, or if it
    /// failed: str0m panics on its own defects, and one peer's must not be everybody's.
    fn with_peer<T>(
        &mut self,
        conn: ConnId,
        act: impl FnOnce(&mut Peer, &mut Around<'_>) -> (T, Progress),
    ) -> Option<T> {
        let peer = self.peers.get_mut(&conn)?;
        let table = self.tables.get_mut(&peer.meeting);
        let mut around = Around {
            conn,
            socket: &self.socket,
            table,
        };
        let done = catch_unwind(AssertUnwindSafe(|| act(peer, &mut around)));
        let (result, progress) = match done {
            Ok((result, progress)) => (Some(result), progress),
            Err(_) => {
                tracing::error!(conn = conn.0, "a peer connection failed");
                (None, Progress::Over)
            }
        };
        match progress {
            Progress::Quiet => {}
            Progress::Up => self.tell(Event::Up { conn }),
            Progress::Over => self.gone(conn),
        }
        result
    }

    fn gone(&mut self, conn: ConnId) {
        self.stand_up(conn, None);
        self.tell(Event::Gone { conn });
    }

    fn datagrams(&mut self) {
        let mut buffer = [0; MAX_DATAGRAM_BYTES];
        for _ in 0..DATAGRAMS_AT_ONCE {
            match self.socket.try_recv_from(&mut buffer) {
                Ok((bytes, from)) => self.datagram(from, &buffer[..bytes], Instant::now()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // An ICMP error for something sent before; nothing is lost here.
                Err(error) => tracing::trace!(%error, "a datagram was not received"),
            }
        }
    }

    fn datagram(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let to = self.factory.addr();
        let Ok(contents) = DatagramRecv::try_from(bytes) else {
            return;
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source: from,
            destination: to,
            contents,
        };
        let input = Input::Receive(now, receive);
        let known = self
            .sources
            .get(&from)
            .filter(|c| self.peers.get(c).is_some_and(|p| p.accepts(&input)))
            .copied();
        let conn = known.or_else(|| {
            self.peers
                .values()
                .find(|p| p.accepts(&input))
                .map(|p| p.conn)
        });
        let (Some(conn), Input::Receive(_, receive)) = (conn, input) else {
            return;
        };
        if known.is_none() {
            self.sources.insert(from, conn);
        }
        self.with_peer(conn, |peer, around| {
            ((), peer.receive(from, to, receive.contents, now, around))
        });
    }

    fn tick(&mut self, now: Instant) {
        self.ticks += 1;
        self.flush_events();
        let (mut packets, mut failed): (Vec<Packet>, Vec<ConnId>) = (Vec::new(), Vec::new());
        for table in self.tables.values_mut() {
            table.tick(&mut packets, &mut failed);
        }
        for (conn, packet) in packets {
            self.with_peer(conn, |peer, around| ((), peer.play(packet, now, around)));
        }
        for conn in failed {
            tracing::error!(conn = conn.0, "a party failed");
            self.gone(conn);
        }
        let due: Vec<ConnId> = self
            .peers
            .values()
            .filter(|p| p.timeout <= now)
            .map(|p| p.conn)
            .collect();
        for conn in due {
            self.with_peer(conn, |peer, around| ((), peer.pass_time(now, around)));
        }
        if self.ticks.is_multiple_of(LEVEL_TICKS) {
            self.report(now);
        }
    }

    fn report(&mut self, now: Instant) {
        let limit = self.silent_media;
        let silent = |p: &&Peer| p.up && now.saturating_duration_since(p.last_heard) >= limit;
        let silent: Vec<ConnId> = self.peers.values().filter(silent).map(|p| p.conn).collect();
        for conn in silent {
            self.gone(conn);
        }
        let levels: Vec<Event> = self
            .tables
            .iter_mut()
            .map(|(meeting, table)| Event::Levels {
                meeting: meeting.clone(),
                levels: table.take_levels(),
            })
            .collect();
        for event in levels {
            self.tell(event);
        }
    }
}
