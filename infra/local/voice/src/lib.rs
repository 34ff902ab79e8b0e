//! Chime SDK Voice on one machine: its API, the SIP media application session, the SIP trunk.
//!
//! [`session`] is the contract of a SIP media application, [`sip`] the protocol, [`exchange`] what joins them: all
//! three without I/O. [`carrier`] is the telephone network that this machine plays; Chime knows nothing of it.

mod api;
pub mod carrier;
pub mod exchange;
pub mod functions;
pub mod journal;
mod net;
pub mod rtp;
pub mod sdp;
pub mod session;
mod shell;
pub mod sip;
pub mod store;
pub mod time;
pub mod trunk;

pub use carrier::{Account, CarrierError, CarrierNumber, SamplePhone};
pub use functions::{Functions, InvokeError};
pub use trunk::{Trunk, TrunkError};

use carrier::Carrier;
use exchange::{Exchange, Site};
use journal::{Journal, JournalError};
use net::Net;
use rtp::plane::Plane;
use rtp::port::Ports;
use rtp::prompt::Prompts;
use shell::{Clock, Command, Handle, Shell};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Number, Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How the service is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of its state; made when it is not there.
    pub dir: PathBuf,
    /// AWS Region, `us-east-1`.
    pub region: String,
    /// AWS account, twelve digits.
    pub account: String,
    /// SIP address, UDP and TCP; port 0 takes any.
    pub sip_addr: SocketAddr,
    /// Address of RTP, as phones see it.
    pub media_ip: IpAddr,
    /// Ports of RTP; `None` leaves them to the system.
    pub rtp_ports: Option<RangeInclusive<u16>>,
    /// S3 objects as files: `<bucket>/<key>`.
    pub buckets_dir: PathBuf,
    /// Numbers that the practice carrier gives this platform; written at the first start.
    pub numbers: Vec<CarrierNumber>,
    /// Numbers that can be ordered; written at the first start.
    pub available: Vec<CarrierNumber>,
    /// Phones of the practice carrier; written at the first start, with passwords of its making.
    pub phones: Vec<SamplePhone>,
    /// Most calls at once (500).
    pub max_calls: usize,
    /// Silence after which a phone counts as gone, in seconds (20).
    pub rtp_timeout_s: u64,
    /// How long a called phone may ring, in seconds (120).
    pub ring_limit_s: u64,
    /// How long [`Voice::shutdown`] lets calls go on (5 s).
    pub drain_limit: Duration,
    /// The speech synthesiser.
    pub espeak: PathBuf,
}

impl Config {
    /// A setup with the usual limits, without numbers and phones.
    #[must_use]
    pub fn new(dir: PathBuf, sip_addr: SocketAddr, buckets_dir: PathBuf) -> Self {
        Self {
            dir,
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            media_ip: sip_addr.ip(),
            sip_addr,
            rtp_ports: None,
            buckets_dir,
            numbers: Vec::new(),
            available: Vec::new(),
            phones: Vec::new(),
            max_calls: 500,
            rtp_timeout_s: 20,
            ring_limit_s: 120,
            drain_limit: Duration::from_secs(5),
            espeak: PathBuf::from("espeak-ng"),
        }
    }
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("{dir}: {source}")]
    Dir {
        /// The folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The SIP address is taken or not ours.
    #[error("SIP address {address}: {source}")]
    Sip {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The media address must be one that phones can reach.
    #[error("media_ip must be a concrete address, not {0}")]
    MediaIp(IpAddr),
    /// The practice carrier's file.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// The API's state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal of calls.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The running service.
pub struct Voice {
    router: axum::Router,
    sip_addr: SocketAddr,
    carrier: Arc<Carrier>,
    store: Arc<Store>,
    handle: Handle,
    stop: CancellationToken,
    task: tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
    drain_limit: Duration,
}

impl Voice {
    /// Starts the service. Calls of an earlier run that died are ended first: their phones stop ringing and their
    /// functions get HANGUP.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        config: Config,
        functions: Arc<dyn Functions>,
        rooms: Arc<dyn media::Rooms>,
    ) -> Result<Self, OpenError> {
        std::fs::create_dir_all(&config.dir).map_err(|source| OpenError::Dir {
            dir: config.dir.clone(),
            source,
        })?;
        if config.media_ip.is_unspecified() {
            return Err(OpenError::MediaIp(config.media_ip));
        }
        let carrier_path = config.dir.join("carrier.json");
        let carrier = Arc::new(Carrier::open(
            &carrier_path,
            &config.numbers,
            &config.available,
            &config.phones,
        )?);
        let store = Arc::new(Store::open(config.dir.join("voice.json"))?);
        own_numbers(&store, &carrier, &config).await?;
        let journal_path = config.dir.join("calls.journal");
        let left = journal::read(&journal_path)?;

        let stop = CancellationToken::new();
        let (arrived, arrivals) = mpsc::channel(shell::MAX_WAITING);
        let sip = |source| OpenError::Sip {
            address: config.sip_addr,
            source,
        };
        let (net, sip_addr) = Net::bind(config.sip_addr, arrived, stop.clone())
            .await
            .map_err(sip)?;
        let (handle, commands) = Handle::new();
        let plane = media_plane(&config, rooms, handle.clone());
        let site = site(&config, sip_addr);
        let mut exchange = Exchange::new(
            site,
            Arc::clone(&carrier),
            Arc::clone(&store),
            Box::new(plane),
        );
        let clock = Clock::start();
        exchange.recover(left, clock.now());
        // Phones first: the old journal stays until they were told, so that a crash here only tells them twice.
        exchange
            .take_sends()
            .into_iter()
            .for_each(|send| net.send(send));
        let journal = Journal::create(&journal_path, &exchange.records()).map_err(|source| {
            JournalError::Io {
                path: journal_path,
                source,
            }
        })?;
        let router = api::router(api::Api {
            region: config.region.clone(),
            account: config.account.clone(),
            carrier: Arc::clone(&carrier),
            store: Arc::clone(&store),
            handle: handle.clone(),
        });
        let shell = Shell {
            exchange,
            journal,
            net,
            functions,
            handle: handle.clone(),
            clock,
        };
        let task = tokio::spawn(shell.run(arrivals, commands, stop.clone()));
        let task = tokio::sync::Mutex::new(Some(task));
        Ok(Self {
            router,
            sip_addr,
            carrier,
            store,
            handle,
            stop,
            task,
            drain_limit: config.drain_limit,
        })
    }

    /// The REST API of `chime-sdk-voice`.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// Where SIP is served, UDP and TCP.
    #[must_use]
    pub fn sip_addr(&self) -> SocketAddr {
        self.sip_addr
    }

    /// The phones of the practice carrier, with their passwords.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.carrier.accounts
    }

    /// Where numbers of other carriers are led here.
    #[must_use]
    pub fn trunk(&self) -> Trunk {
        Trunk(Arc::clone(&self.store))
    }

    /// TransactionIds of the calls that are up or ringing.
    pub async fn live_calls(&self) -> Vec<String> {
        self.handle.ask(Command::Live).await.unwrap_or_default()
    }

    /// Stops: new calls get 503, running ones may go on for [`Config::drain_limit`], then get BYE, and their functions
    /// get HANGUP.
    pub async fn shutdown(&self) {
        let _ = self.handle.send(Command::Drain).await;
        self.wait_for_no_calls(self.drain_limit).await;
        let _ = self.handle.send(Command::EndAll).await;
        // The time that functions have for their last event.
        self.wait_for_no_calls(Duration::from_secs(3)).await;
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }

    async fn wait_for_no_calls(&self, limit: Duration) {
        let until = tokio::time::Instant::now() + limit;
        while tokio::time::Instant::now() < until {
            match self.handle.ask(Command::Count).await {
                Ok(0) | Err(_) => return,
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice")
            .field("sip_addr", &self.sip_addr)
            .finish_non_exhaustive()
    }
}

fn site(config: &Config, sip_addr: SocketAddr) -> Site {
    let host = if sip_addr.ip().is_unspecified() {
        config.media_ip
    } else {
        sip_addr.ip()
    };
    Site {
        account: config.account.clone(),
        region: config.region.clone(),
        host,
        port: sip_addr.port(),
        max_calls: config.max_calls,
        ring_limit_ms: config.ring_limit_s * 1_000,
    }
}

fn media_plane(config: &Config, rooms: Arc<dyn media::Rooms>, handle: Handle) -> Plane {
    let prompts = Prompts {
        buckets_dir: config.buckets_dir.clone(),
        cache_dir: config.dir.join("speech"),
        espeak: config.espeak.clone(),
    };
    let ports = Ports::new(config.media_ip, config.rtp_ports.clone());
    let report: rtp::plane::Report =
        Arc::new(move |line, event| handle.try_send(Command::Media(line, event)));
    Plane::new(ports, config.rtp_timeout_s * 1_000, prompts, rooms, report)
}

/// The carrier's own numbers are numbers of the account, from the first start on.
async fn own_numbers(store: &Store, carrier: &Carrier, config: &Config) -> Result<(), StoreError> {
    let missing = |state: &store::State| {
        carrier
            .numbers
            .iter()
            .any(|n| !state.numbers.contains_key(&n.number))
    };
    if !missing(&store.current()) {
        return Ok(());
    }
    let now = jiff::Timestamp::now();
    let path = config.dir.join("voice.json");
    store
        .change(
            |state| {
                for number in &carrier.numbers {
                    state
                        .numbers
                        .entry(number.number.clone())
                        .or_insert_with(|| Number {
                            number: number.number.clone(),
                            country: number.country.clone(),
                            order_id: None,
                            name: None,
                            created: now,
                            updated: now,
                        });
                }
                Ok(())
            },
            |source| StoreError::Io { path, source },
        )
        .await
}
