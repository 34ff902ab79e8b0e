//! SIP over UDP and TCP, both on one port: bytes in and out, nothing else.

use crate::sip::flow::{ConnectionId, Flow, Proto};
use crate::sip::message::{MAX_BODY_BYTES, MAX_HEAD_BYTES, Message, Parsed, frame_length};
use crate::sip::transaction::Send;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Most TCP connections at once.
pub(crate) const MAX_CONNECTIONS: usize = 1_024;
/// Most messages that wait to be written to one connection.
const MAX_UNWRITTEN: usize = 256;
/// How long a connection may be silent: a little more than the longest registration.
const IDLE_LIMIT: Duration = Duration::from_secs(4_000);
/// How long opening a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long one write may take before the peer counts as dead.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Tries to find a port that both protocols can have, when any will do.
const PORT_TRIES: u32 = 32;

/// What the network brings.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// A message.
    Message(Parsed, Flow),
    /// A stream could not be opened or written to.
    Unreachable(Flow),
    /// A connection closed.
    Closed(ConnectionId),
}

/// The sockets.
#[derive(Clone)]
pub(crate) struct Net {
    /// For sending; reading is a task's.
    udp: Arc<std::net::UdpSocket>,
    streams: Arc<Streams>,
}

struct Streams {
    open: Mutex<HashMap<ConnectionId, Stream>>,
    next: AtomicU64,
    arrivals: mpsc::Sender<Arrival>,
    stop: CancellationToken,
}

struct Stream {
    peer: SocketAddr,
    out: mpsc::Sender<Vec<u8>>,
}

impl Net {
    /// Binds both protocols to `address`; port 0 takes any that is free for both.
    ///
    /// # Errors
    /// When the address is taken.
    pub(crate) async fn bind(
        address: SocketAddr,
        arrivals: mpsc::Sender<Arrival>,
        stop: CancellationToken,
    ) -> io::Result<(Self, SocketAddr)> {
        let (udp, tcp) = bind_both(address).await?;
        let local = udp.local_addr()?;
        udp.set_nonblocking(true)?;
        let reader = UdpSocket::from_std(udp.try_clone()?)?;
        let streams = Arc::new(Streams {
            open: Mutex::default(),
            next: AtomicU64::new(0),
            arrivals: arrivals.clone(),
            stop: stop.clone(),
        });
        tokio::spawn(read_datagrams(reader, arrivals, stop.clone()));
        tokio::spawn(accept(tcp, Arc::clone(&streams), stop));
        Ok((
            Self {
                udp: Arc::new(udp),
                streams,
            },
            local,
        ))
    }

    /// Sends a message. A stream that is closed is opened again.
    pub(crate) fn send(&self, send: Send) {
        let Send { flow, bytes } = send;
        match flow.proto {
            Proto::Udp => {
                // A full buffer is a lost datagram; the transaction sends again.
                if let Err(error) = self.udp.send_to(&bytes, flow.peer) {
                    tracing::debug!(%error, "a datagram was not sent");
                }
            }
            Proto::Tcp => {
                if let Err(bytes) = self.streams.write(flow, bytes) {
                    tokio::spawn(Arc::clone(&self.streams).connect(flow, bytes));
                }
            }
        }
    }
}

async fn bind_both(address: SocketAddr) -> io::Result<(std::net::UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PORT_TRIES {
        let tcp = TcpListener::bind(address).await?;
        match std::net::UdpSocket::bind(tcp.local_addr()?) {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) if address.port() != 0 => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn read_datagrams(udp: UdpSocket, arrivals: mpsc::Sender<Arrival>, stop: CancellationToken) {
    let mut buffer = vec![0; MAX_HEAD_BYTES + MAX_BODY_BYTES];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = udp.recv_from(&mut buffer) => received,
        };
        // An ICMP error of an earlier send shows up here; it concerns nobody else.
        let Ok((length, peer)) = received else {
            continue;
        };
        let Ok(parsed) = Message::parse(&buffer[..length]) else {
            continue;
        };
        // Overload: what does not fit is lost, as on a full line; the sender repeats it.
        let _ = arrivals.try_send(Arrival::Message(parsed, Flow::udp(peer)));
    }
}

async fn accept(tcp: TcpListener, streams: Arc<Streams>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = tcp.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                if streams.open().len() < MAX_CONNECTIONS {
                    streams.adopt(stream, peer);
                }
            }
            Err(error) => {
                // Out of file handles, usually: let some be given back.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, HashMap<ConnectionId, Stream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands bytes to the flow's connection, or to another one to the same peer; gives them back when there is none.
    fn write(&self, flow: Flow, bytes: Vec<u8>) -> Result<(), Vec<u8>> {
        let open = self.open();
        let stream = flow.connection.and_then(|id| open.get(&id));
        let stream = stream.or_else(|| open.values().find(|s| s.peer == flow.peer));
        match stream {
            Some(stream) => stream.out.try_send(bytes).map_err(|e| match e {
                mpsc::error::TrySendError::Full(bytes)
                | mpsc::error::TrySendError::Closed(bytes) => bytes,
            }),
            None => Err(bytes),
        }
    }

    async fn connect(self: Arc<Self>, flow: Flow, bytes: Vec<u8>) {
        let stream = tokio::time::timeout(CONNECT_LIMIT, TcpStream::connect(flow.peer)).await;
        if let Ok(Ok(stream)) = stream {
            let id = self.adopt(stream, flow.peer);
            if self
                .write(
                    Flow {
                        connection: Some(id),
                        ..flow
                    },
                    bytes,
                )
                .is_ok()
            {
                return;
            }
        }
        let _ = self.arrivals.send(Arrival::Unreachable(flow)).await;
    }

    fn adopt(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) -> ConnectionId {
        let id = ConnectionId(self.next.fetch_add(1, Ordering::Relaxed) + 1);
        let _ = stream.set_nodelay(true);
        let (read, mut write) = stream.into_split();
        let (out, mut waiting) = mpsc::channel::<Vec<u8>>(MAX_UNWRITTEN);
        self.open().insert(
            id,
            Stream {
                peer,
                out: out.clone(),
            },
        );
        let closed = CancellationToken::new();
        let (streams, ended) = (Arc::clone(self), closed.clone());
        tokio::spawn(async move {
            let flow = Flow {
                proto: Proto::Tcp,
                peer,
                connection: Some(id),
            };
            tokio::select! {
                () = streams.stop.cancelled() => {}
                () = ended.cancelled() => {}
                () = read_stream(read, flow, &out, &streams.arrivals) => {}
            }
            ended.cancel();
            streams.open().remove(&id);
            let _ = streams.arrivals.send(Arrival::Closed(id)).await;
        });
        tokio::spawn(async move {
            loop {
                let bytes = tokio::select! {
                    () = closed.cancelled() => break,
                    bytes = waiting.recv() => bytes,
                };
                let Some(bytes) = bytes else { break };
                match tokio::time::timeout(WRITE_LIMIT, write.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => break,
                }
            }
            closed.cancel();
        });
        id
    }
}

async fn read_stream(
    mut read: OwnedReadHalf,
    flow: Flow,
    out: &mpsc::Sender<Vec<u8>>,
    arrivals: &mpsc::Sender<Arrival>,
) {
    let mut buffer = Vec::with_capacity(4_096);
    loop {
        let ping = buffer.starts_with(b"\r\n\r\n");
        let blank = buffer
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count();
        if ping {
            // RFC 5626 section 3.5.1: a double CRLF is a question whether we live.
            let _ = out.try_send(b"\r\n".to_vec());
        }
        buffer.drain(..blank);
        match frame_length(&buffer) {
            Err(_) => return,
            Ok(Some(length)) => {
                let parsed = Message::parse(&buffer[..length]);
                buffer.drain(..length);
                match parsed {
                    // Waiting here is back-pressure: the peer's window closes.
                    Ok(parsed) => {
                        if arrivals.send(Arrival::Message(parsed, flow)).await.is_err() {
                            return;
                        }
                    }
                    Err(_) => return,
                }
            }
            Ok(None) => match tokio::time::timeout(IDLE_LIMIT, read.read_buf(&mut buffer)).await {
                Ok(Ok(length)) if length > 0 => {}
                Ok(Ok(_)) | Ok(Err(_)) | Err(_) => return,
            },
        }
    }
}
