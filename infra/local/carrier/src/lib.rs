//! The practice carrier's number desk: number orders, ports and port-outs as Telnyx's published v2 API has them, with
//! donors that answer in compressed time and a page on which a person answers for them.
//!
//! [`core`] decides, without I/O; the desk around it owns the file, the clock and the notices.

mod api;
mod clockwork;
pub mod core;
mod desk;
mod pdf;
mod practice;
pub mod routes;
mod sender;
mod sign;
pub mod store;
pub mod view;

pub use core::event::Faults;
pub use core::time::MAX_SCALE as MAX_TIME_SCALE;
pub use routes::{Connection, NoRoutes, NotTaken, NumberRoute, NumberRoutes};

use core::Settings;
use core::time::{MAX_SCALE, Scale};
use desk::Desk;
use sender::Sender;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use store::StoreError;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How the desk is set up.
#[derive(Clone)]
pub struct Config {
    /// Folder of its file; made when it is not there.
    pub dir: PathBuf,
    /// How fast its world runs: 1 is real, 3600 an hour a second.
    pub time_scale: u32,
    /// How long it waits at least for its customers' people, in real seconds, where it waits for them at all.
    pub patience_s: u32,
    /// Where notices go when an order names no address of its own.
    pub webhook_url: Option<String>,
    /// The key that requests must bear.
    pub api_key: String,
    /// Decides ids and faults of notices.
    pub seed: u64,
    /// What happens to notices.
    pub faults: Faults,
}

impl Config {
    /// An hour a second, no notices, a fault now and then.
    #[must_use]
    pub fn new(dir: PathBuf, api_key: String) -> Self {
        Self {
            dir,
            time_scale: 3600,
            patience_s: 0,
            webhook_url: None,
            api_key,
            seed: 1,
            faults: Faults::NOW_AND_THEN,
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Config");
        shown
            .field("dir", &self.dir)
            .field("time_scale", &self.time_scale)
            .field("patience_s", &self.patience_s)
            .field("webhook_url", &self.webhook_url);
        shown
            .field("seed", &self.seed)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// Why the desk cannot be opened.
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
    /// The scale is out of range.
    #[error("time_scale must be 1 to {MAX_SCALE}, not {0}")]
    TimeScale(u32),
    /// The key is empty.
    #[error("api_key must not be empty")]
    ApiKey,
    /// The file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificates of this machine cannot be read.
    #[error("the certificates of this machine cannot be read: {0}")]
    Certificates(io::Error),
}

/// The running desk.
#[derive(Debug)]
pub struct Carrier {
    desk: Arc<Desk>,
    routes: Arc<dyn NumberRoutes>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Carrier {
    /// Opens the desk where it was left, and starts its clock.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(config: Config, routes: Arc<dyn NumberRoutes>) -> Result<Self, OpenError> {
        let scale = Scale::new(config.time_scale).ok_or(OpenError::TimeScale(config.time_scale))?;
        if config.api_key.is_empty() {
            return Err(OpenError::ApiKey);
        }
        let dir = config.dir.clone();
        tokio::fs::create_dir_all(&dir)
            .await
            .map_err(|source| OpenError::Dir {
                dir: dir.clone(),
                source,
            })?;
        let settings = Settings {
            scale,
            patience_s: config.patience_s,
            webhook_url: config.webhook_url,
            seed: config.seed,
            faults: config.faults,
        };
        let desk = Arc::new(Desk::open(
            &dir.join("carrier.db"),
            settings,
            config.api_key,
        )?);
        let sender = Arc::new(Sender::new().map_err(OpenError::Certificates)?);
        let stop = CancellationToken::new();
        let task = clockwork::run(desk.clone(), sender, routes.clone(), stop.clone());
        let task = tokio::spawn(task);
        Ok(Self {
            desk,
            routes,
            stop,
            task: Mutex::new(Some(task)),
        })
    }

    /// Telnyx's API under `/v2`, the operator's under `/practice`.
    pub fn router(&self) -> axum::Router {
        api::router(self.desk.clone(), self.routes.clone())
            .merge(practice::router(self.desk.clone()))
    }

    /// The operator's page and its requests alone, under `/practice`.
    pub fn practice_router(&self) -> axum::Router {
        practice::router(self.desk.clone())
    }

    /// The key that checks signatures of notices: 32 bytes in base64, as Telnyx's portal shows it.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.desk.signer.public()
    }

    /// Stops the clock; what is not sent yet is sent after the next opening.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take()
            && task.await.is_err()
        {
            tracing::warn!("the desk's clock ended early");
        }
    }
}
