//! The exchange at work: one task that owns it, takes what comes, writes down what must survive, then acts.

use crate::exchange::record::Record;
use crate::exchange::{Effect, Exchange, Moment, Place, PlaceError};
use crate::functions::{Functions, InvokeError};
use crate::journal::Journal;
use crate::net::{Arrival, Net};
use crate::rtp::plane::{LineId, MediaEvent};
use crate::time::At;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// Most commands that wait for the exchange.
pub(crate) const MAX_WAITING: usize = 8_192;
/// Most commands that are taken together, to share one flush of the journal.
const MAX_BATCH: usize = 256;
/// How often a function of a call of before a restart is tried, and how long between.
const PATIENT_TRIES: u32 = 36;
const PATIENT_PAUSE: Duration = Duration::from_millis(500);

/// What the exchange is asked.
pub(crate) enum Command {
    /// From the media.
    Media(LineId, MediaEvent),
    /// From a function.
    Returned {
        /// TransactionId.
        transaction: String,
        /// Sequence.
        sequence: u32,
        /// What came back.
        result: Result<Bytes, InvokeError>,
    },
    /// CreateSipMediaApplicationCall.
    Place(Box<Place>, oneshot::Sender<Result<String, PlaceError>>),
    /// UpdateSipMediaApplicationCall.
    Update {
        /// SIP media application.
        application_id: String,
        /// TransactionId.
        transaction: String,
        /// Arguments.
        arguments: BTreeMap<String, String>,
        /// Whether the call is in progress.
        found: oneshot::Sender<bool>,
    },
    /// The calls that are up.
    Live(oneshot::Sender<Vec<String>>),
    /// No new calls.
    Drain,
    /// End every call.
    EndAll,
    /// How many calls there are, ended ones whose function has not heard of it included.
    Count(oneshot::Sender<usize>),
}

/// A way to ask the exchange.
#[derive(Clone)]
pub(crate) struct Handle {
    commands: mpsc::Sender<Command>,
}

/// The exchange has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the exchange has stopped")]
pub(crate) struct Stopped;

impl Handle {
    /// A handle and what it leads to.
    #[must_use]
    pub(crate) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (commands, waiting) = mpsc::channel(MAX_WAITING);
        (Self { commands }, waiting)
    }

    /// Sends a command without waiting; false when there is no room.
    #[must_use]
    pub(crate) fn try_send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Sends a command.
    ///
    /// # Errors
    /// [`Stopped`].
    pub(crate) async fn send(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// [`Stopped`].
    pub(crate) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, Stopped> {
        let (answer, answered) = oneshot::channel();
        self.send(command(answer)).await?;
        answered.await.map_err(|_| Stopped)
    }
}

/// Everything the task owns.
pub(crate) struct Shell {
    /// The exchange.
    pub(crate) exchange: Exchange,
    /// The journal.
    pub(crate) journal: Journal,
    /// The sockets.
    pub(crate) net: Net,
    /// The functions.
    pub(crate) functions: Arc<dyn Functions>,
    /// For what comes back.
    pub(crate) handle: Handle,
    /// Reads the clocks.
    pub(crate) clock: Clock,
}

/// The two clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// Now.
    #[must_use]
    pub(crate) fn now(self) -> Moment {
        let at = At(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX));
        let epoch_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis() as u64);
        Moment { at, epoch_ms }
    }

    fn instant(self, at: At) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.began + Duration::from_millis(at.0))
    }
}

/// An answer that is given once the journal is safe.
enum Reply {
    Placed(
        oneshot::Sender<Result<String, PlaceError>>,
        Result<String, PlaceError>,
    ),
    Updated(oneshot::Sender<bool>, bool),
}

impl Shell {
    /// Works until `arrivals` and `commands` are closed or `stop` is cancelled.
    pub(crate) async fn run(
        mut self,
        mut arrivals: mpsc::Receiver<Arrival>,
        mut commands: mpsc::Receiver<Command>,
        stop: tokio_util::sync::CancellationToken,
    ) {
        let mut replies = Vec::new();
        loop {
            self.flush(&mut replies).await;
            let due = self.exchange.next_due();
            let sleep = async {
                match due {
                    Some(at) => tokio::time::sleep_until(self.clock.instant(at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(command) = commands.recv() => self.command(command, &mut replies),
                Some(arrival) = arrivals.recv() => self.arrival(arrival),
                () = sleep => {}
            }
            for _ in 0..MAX_BATCH {
                if let Ok(command) = commands.try_recv() {
                    self.command(command, &mut replies);
                } else if let Ok(arrival) = arrivals.try_recv() {
                    self.arrival(arrival);
                } else {
                    break;
                }
            }
            self.exchange.tick(self.clock.now());
        }
    }

    fn arrival(&mut self, arrival: Arrival) {
        let now = self.clock.now();
        match arrival {
            Arrival::Message(parsed, flow) => self.exchange.message(parsed, flow, now),
            Arrival::Unreachable(flow) => self.exchange.unreachable(flow, now),
            Arrival::Closed(connection) => self.exchange.disconnected(connection, now),
        }
    }

    fn command(&mut self, command: Command, replies: &mut Vec<Reply>) {
        let now = self.clock.now();
        match command {
            Command::Media(line, event) => self.exchange.media(line, event, now),
            Command::Returned {
                transaction,
                sequence,
                result,
            } => {
                self.exchange.returned(&transaction, sequence, result, now);
            }
            Command::Place(place, answer) => {
                let placed = self.exchange.place(*place, now);
                replies.push(Reply::Placed(answer, placed));
            }
            Command::Update {
                application_id,
                transaction,
                arguments,
                found,
            } => {
                let live = self
                    .exchange
                    .update(&application_id, &transaction, arguments, now);
                replies.push(Reply::Updated(found, live));
            }
            // Who asked may have gone: nobody to tell is no error, here and below.
            Command::Live(answer) => drop(answer.send(self.exchange.live())),
            Command::Count(answer) => drop(answer.send(self.exchange.calls())),
            Command::Drain => self.exchange.drain(),
            Command::EndAll => self.exchange.end_all(now),
        }
    }

    /// First what must survive, then what others see.
    async fn flush(&mut self, replies: &mut Vec<Reply>) {
        let effects = self.exchange.take_effects();
        let records = effects.iter().filter_map(|e| {
            if let Effect::Record { record, .. } = e {
                Some(record)
            } else {
                None
            }
        });
        let written = self.journal.append(records);
        let durable = effects
            .iter()
            .any(|e| matches!(e, Effect::Record { durable: true, .. }));
        let safe = match (written, durable) {
            (Ok(()), true) => sync(self.journal.handle()).await,
            (result, _) => result,
        };
        if let Err(error) = safe {
            // Calls go on: ending them cleanly after a crash is at risk, which is less than ending them now.
            tracing::error!(%error, "the journal cannot be written");
        }
        for effect in effects {
            match effect {
                Effect::Send(send) => self.net.send(send),
                Effect::Invoke {
                    transaction,
                    sequence,
                    function_arn,
                    payload,
                    patient,
                } => {
                    self.invoke(transaction, sequence, function_arn, payload, patient);
                }
                Effect::Record { .. } => {}
            }
        }
        for reply in replies.drain(..) {
            match reply {
                Reply::Placed(answer, placed) => drop(answer.send(placed)),
                Reply::Updated(answer, live) => drop(answer.send(live)),
            }
        }
        if self.journal.is_long() {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let records: Vec<Record> = self.exchange.records();
        match Journal::create(self.journal.path(), &records) {
            Ok(journal) => self.journal = journal,
            Err(error) => tracing::error!(%error, "the journal cannot be written anew"),
        }
    }

    fn invoke(
        &self,
        transaction: String,
        sequence: u32,
        function_arn: String,
        payload: Bytes,
        patient: bool,
    ) {
        let (functions, handle) = (Arc::clone(&self.functions), self.handle.clone());
        tokio::spawn(async move {
            let mut result = functions.invoke(&function_arn, payload.clone()).await;
            let mut tries = 1;
            // After a restart the functions may still be starting.
            while patient
                && tries < PATIENT_TRIES
                && matches!(result, Err(ref e) if !matches!(e, InvokeError::Function { .. }))
            {
                tokio::time::sleep(PATIENT_PAUSE).await;
                result = functions.invoke(&function_arn, payload.clone()).await;
                tries += 1;
            }
            // When the exchange has stopped there is nobody to tell.
            let _ = handle
                .send(Command::Returned {
                    transaction,
                    sequence,
                    result,
                })
                .await;
        });
    }
}

async fn sync(file: std::io::Result<std::fs::File>) -> std::io::Result<()> {
    let file = file?;
    tokio::task::spawn_blocking(move || file.sync_data())
        .await
        .unwrap_or_else(|e| Err(std::io::Error::other(e)))
}
