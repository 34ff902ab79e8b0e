//! The platform's life: start everything, say so, wait, stop everything.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::serve::ListenerExt;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::announce::{Ready, S3, Sip};
use crate::aws_call::Aws;
use crate::aws_port::{self, Services};
use crate::cli::Options;
use crate::events::{self, Bus};
use crate::fail::StartError;
use crate::folder::Folder;
use crate::functions::{self, Functions, Surroundings};
use crate::gateway::sockets::{self, Connections, Sockets};
use crate::gateway::{http_api, origin, web_files};
use crate::names::ACCESS_KEY_ID;
use crate::pace::Pace;
use crate::parts::{Addresses, Parts};
use crate::provision::phones::{self, Phones};
use crate::provision::{machines, tables};
use crate::seed;
use crate::stack::Stack;
use crate::store::{self, Store};
use crate::streams::Mapping;
use crate::unread;

/// How long running invocations may take to end when the platform stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// How long calls may go on, and then end.
const CALLS_LIMIT: Duration = Duration::from_secs(10);

/// How long clients may take to hear that the platform stops.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

/// The running platform.
pub struct Platform {
    /// Where everything is.
    pub ready: Ready,
    functions: Functions,
    sockets: Sockets,
    parts: Parts,
    /// How fast requests' waits pass, and the practice carrier's days with them.
    pace: Pace,
    background: TaskTracker,
    stopping: CancellationToken,
    servers: Vec<JoinHandle<()>>,
    /// Last: its lock is freed when everything else is gone.
    _folder: Folder,
}

/// The programs and folders that the platform needs, checked before anything is started.
struct Ingredients {
    bootstrap: PathBuf,
    definitions: Vec<(String, String)>,
}

impl Platform {
    /// Starts everything that the stack declares; returns when it is ready.
    pub async fn start(options: &Options, stack: Stack) -> Result<Self, StartError> {
        let ingredients = Ingredients::check(options, &stack)?;
        let folder = Folder::open(&options.data)?;
        let web = listen(
            "the web port",
            SocketAddr::new(options.host, options.port),
            "--port",
        )
        .await?;
        let aws_wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.aws_port));
        let aws = listen("the AWS port", aws_wanted, "--aws-port").await?;
        let carrier_wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.carrier_port));
        let carrier = listen("the practice carrier", carrier_wanted, "--carrier-port").await?;
        let s3_wanted = SocketAddr::new(options.host, options.s3_port);
        let s3 = listen("S3", s3_wanted, "--s3-port").await?;
        let addresses = Addresses {
            web: local(&web, "the web port")?,
            aws: local(&aws, "the AWS port")?,
            sip: SocketAddr::new(options.host, options.sip_port),
            carrier: local(&carrier, "the practice carrier")?,
            s3: local(&s3, "S3")?,
        };

        let store = Store::open(&folder.path("dynamodb"))
            .map_err(|error| StartError::part("DynamoDB", error))?;
        let functions = Functions::new(&stack.functions);
        let bus = Bus::new(functions.clone(), stack.rules.clone());
        let pace = Pace::new(options.time_scale);
        let parts = Parts::open(&folder, &addresses, &stack, &functions, bus, pace).await?;
        let connections =
            Connections::open(folder.path("run").join("connections")).map_err(|source| {
                StartError::Unwritable {
                    path: folder.path("run"),
                    source,
                }
            })?;
        let sockets = Sockets::new(
            functions.clone(),
            stack.web_socket_api.function.clone(),
            connections.clone(),
        );
        let services = services(&store, &functions, connections, &parts);
        let stopping = CancellationToken::new();
        let servers = vec![
            // Functions call it until the very end.
            serve(
                aws,
                aws_port::router(services.clone()),
                CancellationToken::new(),
            ),
            serve(
                carrier,
                parts.number_desk().api_router(),
                CancellationToken::new(),
            ),
            serve(s3, parts.objects_router(), CancellationToken::new()),
            serve(
                web,
                public_router(options, &stack, &functions, &sockets, &parts, &addresses),
                stopping.clone(),
            ),
        ];

        let inside = Aws::new(aws_port::inner_router(services));
        let platform = Self {
            ready: Ready::at(&addresses, parts.sip_addr(), pace),
            functions,
            sockets,
            parts,
            pace,
            background: TaskTracker::new(),
            stopping,
            servers,
            _folder: folder,
        };
        // From here on something runs: a failure must stop it again.
        match platform
            .provision(&inside, &stack, ingredients, &addresses, store)
            .await
        {
            Ok(platform) => Ok(platform),
            Err((platform, error)) => {
                platform.shutdown().await;
                Err(error)
            }
        }
    }

    async fn provision(
        mut self,
        aws: &Aws,
        stack: &Stack,
        ingredients: Ingredients,
        addresses: &Addresses,
        store: Store,
    ) -> Result<Self, (Self, StartError)> {
        match self
            .try_provision(aws, stack, ingredients, addresses, store)
            .await
        {
            Ok(()) => Ok(self),
            Err(error) => Err((self, error)),
        }
    }

    async fn try_provision(
        &mut self,
        aws: &Aws,
        stack: &Stack,
        ingredients: Ingredients,
        addresses: &Addresses,
        store: Store,
    ) -> Result<(), StartError> {
        let folder = &self._folder;
        try_join_all(
            stack
                .tables
                .iter()
                .map(|(name, table)| tables::ensure(aws, name, table)),
        )
        .await?;
        let phones = phones::ensure(aws, stack).await?;
        self.start_functions(stack, ingredients.bootstrap, addresses, &phones)?;
        try_join_all(
            ingredients
                .definitions
                .iter()
                .map(|(name, text)| machines::ensure(aws, name, text)),
        )
        .await?;
        for source in &stack.event_sources {
            let mapping = Mapping::new(
                source.clone(),
                store.clone(),
                self.functions.clone(),
                folder.path("streams"),
            );
            self.background.spawn(mapping.run(self.stopping.clone()));
        }
        self.background
            .spawn(store.clone().keep_on_disk(self.stopping.clone()));
        self.background
            .spawn(store.keep_tidy(self.stopping.clone()));
        let sockets = self.sockets.clone();
        self.background
            .spawn(async move { sockets.tell_what_is_gone().await });
        self.ready.sample = seed::sample(folder, stack, &self.functions).await?;
        self.ready.sip.accounts = self.parts.sip_accounts();
        self.ready.carrier = self.parts.number_desk().ready();
        self.ready.s3 = S3 {
            endpoint: addresses.s3_url(),
            access_key_id: ACCESS_KEY_ID,
            secret_access_key: folder.secret("s3-key")?,
        };
        for schedule in &stack.schedules {
            let run = events::keep_schedule(
                schedule.clone(),
                self.functions.clone(),
                self.stopping.clone(),
            );
            self.background.spawn(run);
        }
        Ok(())
    }

    fn start_functions(
        &self,
        stack: &Stack,
        bootstrap: PathBuf,
        addresses: &Addresses,
        phones: &Phones,
    ) -> Result<(), StartError> {
        let folder = &self._folder;
        let mut surroundings = Surroundings::new(addresses.aws);
        surroundings.tables(stack.tables.keys());
        surroundings.state_machines(stack.state_machines.keys());
        surroundings.set("SIP_MEDIA_APPLICATION_ID", &phones.media_application);
        let desk = self.parts.number_desk();
        desk.tell(&mut surroundings, &phones.connector);
        surroundings.s3(&addresses.s3_url(), &folder.secret("s3-key")?);
        self.pace.tell(&mut surroundings);
        surroundings.buckets(stack.buckets.keys());
        surroundings.set("WEBSOCKET_ENDPOINT", &format!("http://{}", addresses.aws));
        surroundings.set("TOKEN_KEY", &folder.token_key()?);
        surroundings.set("PUBLIC_URL", &addresses.public_url());
        self.functions
            .start(bootstrap, folder.path("run"), surroundings)
            .map_err(|error| StartError::part("the function runner", error))
    }

    /// Stops taking anything new, lets what runs end, and stops.
    pub async fn shutdown(self) {
        self.stopping.cancel();
        self.parts.stop_taking_calls(CALLS_LIMIT).await;
        self.sockets.shutdown(GOODBYE_LIMIT).await;
        self.parts.stop_workflows(DRAIN_LIMIT + GOODBYE_LIMIT).await;
        self.functions.shutdown(DRAIN_LIMIT).await;
        self.background.close();
        let _ = tokio::time::timeout(GOODBYE_LIMIT, self.background.wait()).await;
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Ingredients {
    fn check(options: &Options, stack: &Stack) -> Result<Self, StartError> {
        let bootstrap = options.bootstrap_path();
        if !bootstrap.is_file() {
            return Err(StartError::Missing {
                what: "the functions' program",
                path: bootstrap,
                remedy: "say where it is with --bootstrap",
            });
        }
        let read = |(name, machine): (&String, _)| {
            let functions = stack.functions.keys().map(String::as_str);
            Ok((
                name.clone(),
                machines::definition(&options.definitions, machine, functions)?,
            ))
        };
        let definitions = stack
            .state_machines
            .iter()
            .map(read)
            .collect::<Result<_, StartError>>()?;
        Ok(Self {
            bootstrap: bootstrap.canonicalize().unwrap_or(bootstrap),
            definitions,
        })
    }
}

fn services(
    store: &Store,
    functions: &Functions,
    connections: Connections,
    parts: &Parts,
) -> Services {
    Services {
        states: parts.states_router(),
        dynamodb: store::router(store.clone()),
        lambda: functions::invoke_router(functions.clone()),
        connections: sockets::management_router(connections),
        meetings: parts.meetings_router(),
        voice: parts.voice_router(),
        mail: parts.mail_router(),
    }
}

fn public_router(
    options: &Options,
    stack: &Stack,
    functions: &Functions,
    sockets: &Sockets,
    parts: &Parts,
    addresses: &Addresses,
) -> Router {
    let signalling = parts
        .signalling_router()
        .layer(middleware::from_fn(origin::same_site_only));
    http_api::router(functions.clone(), stack.http_api.function.clone())
        .merge(sockets.router())
        .merge(signalling)
        .merge(parts.practice_router())
        .fallback_service(web_files::router(&options.web))
        .layer(middleware::from_fn_with_state(
            web_files::Policy::with_uploads_to(&addresses.s3_url()),
            web_files::with_security_headers,
        ))
}

async fn listen(
    what: &'static str,
    addr: SocketAddr,
    option: &'static str,
) -> Result<TcpListener, StartError> {
    TcpListener::bind(addr)
        .await
        .map_err(|source| StartError::listen(what, addr, option, source))
}

fn local(listener: &TcpListener, part: &'static str) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|lost| StartError::part(part, lost))
}

fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) -> JoinHandle<()> {
    let listener = listener.tap_io(|stream: &mut TcpStream| {
        let _ = stream.set_nodelay(true);
    });
    let service = router
        .layer(middleware::from_fn(unread::is_read_to_its_end))
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        let _ = axum::serve(listener, service)
            .with_graceful_shutdown(stopping.cancelled_owned())
            .await;
    })
}

impl Ready {
    fn at(addresses: &Addresses, sip: SocketAddr, pace: Pace) -> Self {
        let public = addresses.public_url();
        Self {
            api: public.clone(),
            websocket: format!("{}/ws", public.replacen("http", "ws", 1)),
            web: public,
            sip: Sip {
                udp: sip.to_string(),
                tcp: sip.to_string(),
                accounts: Vec::new(),
            },
            carrier: Value::Null,
            s3: S3::default(),
            outbox: format!("{}/practice/mail", addresses.public_url()),
            practice: format!("{}/practice", addresses.public_url()),
            aws: addresses.aws,
            pace,
            sample: seed::Sample::default(),
        }
    }
}
