//! From the command line to a served API, and back to a folder at rest.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use serde_json::json;
use states::{
    Config, Connection, Engine, FolderObjects, LogError, Objects, OpenError, RemoteLambda,
    S3Objects, ServiceModels, Services,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::options::Options;

/// Requests under way get so long to end after a signal.
const CLOSING: Duration = Duration::from_secs(5);

/// Why the program stops by itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("port {0} is taken: choose another with --port, or 0 for any")]
    PortTaken(u16),
    #[error("port {port} cannot be opened: {source}")]
    Port { port: u16, source: std::io::Error },
    #[error("the data folder {folder} cannot be written: {source}")]
    Folder {
        folder: PathBuf,
        source: std::io::Error,
    },
    #[error("the data folder cannot be opened: {0}")]
    Open(#[from] OpenError),
    #[error("the connections in {file} cannot be read: {why}")]
    Connections { file: PathBuf, why: String },
    #[error("the service models in {folder} cannot be read: {why}")]
    ServiceModels { folder: PathBuf, why: String },
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::PortTaken(_) => 3,
            Self::Folder { .. } => 4,
            Self::Open(OpenError::InUse(_)) => 5,
            Self::Open(OpenError::Log(
                LogError::NewerFormat { .. } | LogError::OlderFormat { .. },
            )) => 6,
            Self::Open(OpenError::Log(LogError::Damaged { .. })) => 7,
            Self::Open(OpenError::Log(LogError::Io { .. })) => 4,
            Self::Connections { .. } | Self::ServiceModels { .. } => 2,
            Self::Open(_) | Self::Port { .. } | Self::Io(_) => 1,
        }
    }
}

/// Serves until a signal asks to stop.
pub(crate) async fn run(options: Options) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let listener = listen(options.port).await?;
    let address = listener.local_addr()?;
    let engine = open(&options)?;
    let router = engine.router();
    announce(&options, address);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    // Answers are small and awaited: they must not wait for an acknowledgement of the packet before.
    let listener = listener.tap_io(|stream| {
        let _unset = stream.set_nodelay(true);
    });
    let serving = tokio::spawn(async move {
        let until = async move {
            let _asked = stopped.await;
        };
        axum::serve(listener, router)
            .with_graceful_shutdown(until)
            .await
    });
    signals.any().await;
    tracing::info!("stopping");
    let _gone = stop.send(());
    let closing = async {
        engine.shutdown().await;
        let _late = tokio::time::timeout(CLOSING, serving).await;
    };
    tokio::select! {
        () = closing => {}
        () = signals.any() => tracing::warn!("asked twice: stopping without waiting"),
    }
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == std::io::ErrorKind::AddrInUse {
            return Failure::PortTaken(port);
        }
        Failure::Port { port, source }
    })
}

/// Where distributed Maps find their buckets.
fn objects(options: &Options, services: &Services) -> Arc<dyn Objects> {
    match &options.buckets {
        Some(folder) => Arc::new(FolderObjects::new(folder)),
        None => Arc::new(S3Objects::new(services.clone(), options.region.clone())),
    }
}

fn open(options: &Options) -> Result<Engine, Failure> {
    std::fs::create_dir_all(&options.data).map_err(|source| Failure::Folder {
        folder: options.data.clone(),
        source,
    })?;
    let mut services = Services::from_env();
    if let Some(url) = &options.lambda_endpoint {
        services.endpoints.insert("lambda".to_owned(), url.clone());
    }
    let config = Config {
        region: options.region.clone(),
        account: options.account.clone(),
        keep_closed_days: options.keep_days,
        keep_closed: options.keep,
        services: services.clone(),
        objects: Some(objects(options, &services)),
        service_models: service_models(options)?,
        connections: connections(options)?,
        ..Config::new(&options.data)
    };
    let lambda = RemoteLambda::new(services, options.region.clone());
    Ok(Engine::open(config, Arc::new(lambda))?)
}

fn service_models(options: &Options) -> Result<ServiceModels, Failure> {
    let Some(folder) = &options.service_models else {
        return Ok(ServiceModels::default());
    };
    let models = ServiceModels::open(folder).map_err(|why| Failure::ServiceModels {
        folder: folder.clone(),
        why,
    })?;
    tracing::info!(count = models.len(), "models of services are there");
    Ok(models)
}

fn connections(options: &Options) -> Result<BTreeMap<String, Connection>, Failure> {
    let Some(file) = &options.connections else {
        return Ok(BTreeMap::new());
    };
    let wrong = |why: String| Failure::Connections {
        file: file.clone(),
        why,
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

/// Whoever started us may not read; that is no reason not to run.
fn announce(options: &Options, address: SocketAddr) {
    let endpoint = format!("http://{address}");
    let told = if options.json {
        json!({
            "endpoint": endpoint,
            "port": address.port(),
            "data": options.data,
            "region": options.region,
            "account": options.account,
            "pid": std::process::id(),
        })
        .to_string()
    } else {
        format!(
            "Step Functions is at {endpoint}, its data in {}.\n\n  aws --endpoint-url {endpoint} stepfunctions list-state-machines",
            options.data.display()
        )
    };
    let mut out = std::io::stdout().lock();
    let _unread = writeln!(out, "{told}").and_then(|()| out.flush());
}

/// SIGINT and SIGTERM, listened to from the start.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _asked = self.interrupt.recv() => {}
            _asked = self.terminate.recv() => {}
        }
    }
}
