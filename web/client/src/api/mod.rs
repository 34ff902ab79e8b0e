//! The HTTP API, spoken by `fetch`: the access token stays in memory, the refresh token in a cookie no script sees.

mod fetch;
mod keys;
mod lock;
mod onboarding;
mod ports;
mod put;
mod requests;
mod routing;
mod shop;
pub(crate) mod socket;
mod webhooks;

use contract::api::{
    Calls, Command, ExecutionView, JoinMedia, Me, Media, People, PlaceCall, Session, SignIn,
};
use contract::view::CallView;
use contract::{CallId, DeviceId};
pub(crate) use fetch::Failure;
use fetch::{Request, send, send_last};
pub(crate) use put::put_file;
use serde::de::DeserializeOwned;
pub(crate) use shop::{Wish, wire};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A token is renewed when it has less than this left, in milliseconds.
const RENEW_BEFORE_MS: f64 = 20_000.0;
/// How often a request that changes something is sent again under the same key.
const ATTEMPTS: u32 = 3;
/// The longest page of the call log.
const PAGE: u32 = 50;

/// What whoever replaces or ends the session holds: the cookie is one for all tabs, and replaced at every use.
const SESSION_LOCK: &str = "strowger-session";

struct Token {
    text: String,
    expires_ms: f64,
    generation: u64,
}

/// The one way to the server.
#[derive(Default)]
pub(crate) struct Api {
    token: RefCell<Option<Token>>,
    /// How many tokens there have been.
    tokens: Cell<u64>,
    /// How many sessions have begun or ended here.
    sessions: Cell<u64>,
}

impl Api {
    /// Signs in and keeps the token.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<Me, Failure> {
        let body = SignIn {
            email: email.trim().to_owned(),
            password: password.to_owned(),
        };
        // Signing out may be on its way still.
        lock::alone(SESSION_LOCK, async {
            let session: Session = read(send(Request::post("/v1/session").json(&body)?).await?)?;
            self.sessions.set(self.sessions.get() + 1);
            Ok(self.keep(session))
        })
        .await
    }

    /// Takes up the session of the cookie, if there is one.
    pub(crate) async fn resume(&self) -> Result<Me, Failure> {
        lock::alone(SESSION_LOCK, async {
            let session: Session = read(send(Request::post("/v1/session/refresh")).await?)?;
            Ok(self.keep(session))
        })
        .await
    }

    /// Ends the session here at once, and then on the server.
    pub(crate) async fn sign_out(&self) -> Result<(), Failure> {
        let bearer = self.token.borrow_mut().take().map(|token| token.text);
        self.sessions.set(self.sessions.get() + 1);
        let request = Request::delete("/v1/session");
        let request = match &bearer {
            Some(bearer) => request.bearer(bearer),
            None => request,
        };
        lock::alone(SESSION_LOCK, send(request)).await.map(drop)
    }

    fn keep(&self, session: Session) -> Me {
        let generation = self.tokens.get() + 1;
        self.tokens.set(generation);
        let expires_ms = js_sys::Date::now() + f64::from(session.expires_in_s) * 1000.0;
        *self.token.borrow_mut() = Some(Token {
            text: session.access_token,
            expires_ms,
            generation,
        });
        session.me
    }

    /// Which token it is; 0 without one.
    fn generation(&self) -> u64 {
        self.token
            .borrow()
            .as_ref()
            .map_or(0, |token| token.generation)
    }

    /// Milliseconds until the token should be renewed.
    pub(crate) fn renew_in_ms(&self) -> f64 {
        let left = self
            .token
            .borrow()
            .as_ref()
            .map_or(0.0, |token| token.expires_ms - js_sys::Date::now());
        (left - RENEW_BEFORE_MS)
            .max(1_000.0)
            .min(f64::from(i32::MAX))
    }

    /// A new token, unless another request got one meanwhile. Tabs take turns: the cookie is replaced at every use,
    /// so two at once would look like a stolen one.
    pub(crate) async fn renew(&self) -> Result<(), Failure> {
        let seen = self.generation();
        lock::alone(SESSION_LOCK, async {
            let now = self.generation();
            if now > seen {
                return Ok(());
            }
            if now == 0 {
                return Err(Failure::SessionOver);
            }
            let reply = send(Request::post("/v1/session/refresh")).await;
            match reply.and_then(read::<Session>) {
                Ok(session) => {
                    self.keep(session);
                    Ok(())
                }
                Err(Failure::Problem {
                    status: 401 | 403, ..
                }) => Err(Failure::SessionOver),
                Err(other) => Err(other),
            }
        })
        .await
    }

    /// A token that is good for some seconds more.
    pub(crate) async fn token(&self) -> Result<String, Failure> {
        let late = self
            .token
            .borrow()
            .as_ref()
            .is_none_or(|t| t.expires_ms - js_sys::Date::now() < RENEW_BEFORE_MS);
        if late {
            self.renew().await?;
        }
        self.token
            .borrow()
            .as_ref()
            .map(|token| token.text.clone())
            .ok_or(Failure::SessionOver)
    }

    /// Sends with the token; once more with a new one if the server refuses it. Never answered if whoever asked has signed out meanwhile:
    /// it is neither told to, nor asked for, whoever signs in next.
    async fn authorised(&self, request: Request) -> Result<String, Failure> {
        let session = self.sessions.get();
        let bearer = self.in_session(session, self.token()).await?;
        let sent = send(request.clone().bearer(&bearer));
        match self.in_session(session, sent).await {
            Err(Failure::Problem { status: 401, .. }) => {
                self.in_session(session, self.renew()).await?;
                let bearer = self.in_session(session, self.token()).await?;
                let sent = send(request.bearer(&bearer));
                self.in_session(session, sent).await
            }
            other => other,
        }
    }

    /// What comes of `work`, if the session is the same by then; else nothing ever comes of it.
    async fn in_session<T>(&self, session: u64, work: impl Future<Output = T>) -> T {
        let done = work.await;
        if self.sessions.get() != session {
            return std::future::pending().await;
        }
        done
    }

    /// Sends something that must happen once: the same key on every attempt.
    async fn once(&self, request: Request, key: &str) -> Result<String, Failure> {
        let request = request.key(key);
        for attempt in 1..ATTEMPTS {
            match self.authorised(request.clone()).await {
                Err(
                    Failure::Offline
                    | Failure::Problem {
                        status: 502..=504, ..
                    },
                ) => {
                    gloo_timers::future::TimeoutFuture::new(300 * attempt).await;
                }
                settled => return settled,
            }
        }
        self.authorised(request).await
    }

    /// The tenant's people.
    pub(crate) async fn people(&self) -> Result<People, Failure> {
        read(self.authorised(Request::get("/v1/people")).await?)
    }

    /// A page of the call log.
    pub(crate) async fn calls(&self, next: Option<&str>) -> Result<Calls, Failure> {
        let next = next.map_or_else(String::new, |next| {
            format!("&next={}", js_sys::encode_uri_component(next))
        });
        read(
            self.authorised(Request::get(&format!("/v1/calls?limit={PAGE}{next}")))
                .await?,
        )
    }

    /// One call.
    pub(crate) async fn call(&self, call: &CallId) -> Result<CallView, Failure> {
        read(
            self.authorised(Request::get(&format!("/v1/calls/{call}")))
                .await?,
        )
    }

    /// The definition and the history of a call.
    pub(crate) async fn execution(&self, call: &CallId) -> Result<ExecutionView, Failure> {
        read(
            self.authorised(Request::get(&format!("/v1/calls/{call}/execution")))
                .await?,
        )
    }

    /// Asks for a call.
    pub(crate) async fn place(&self, to: &str, device: &DeviceId) -> Result<Rc<CallView>, Failure> {
        let body = PlaceCall {
            to: to.to_owned(),
            device: device.clone(),
        };
        let reply = self
            .once(Request::post("/v1/calls").json(&body)?, &new_key())
            .await?;
        read::<CallView>(reply).map(Rc::new)
    }

    /// Gives a call a command.
    pub(crate) async fn command(&self, call: &CallId, command: &Command) -> Result<(), Failure> {
        let request = Request::post(&format!("/v1/calls/{call}/commands")).json(command)?;
        self.once(request, &new_key()).await.map(drop)
    }

    /// Ends a call while the page goes away.
    pub(crate) fn hang_up_last(&self, call: &CallId) {
        let bearer = self.token.borrow().as_ref().map(|token| token.text.clone());
        let request = Request::post(&format!("/v1/calls/{call}/commands")).json(&Command::HangUp);
        if let (Some(bearer), Ok(request)) = (bearer, request) {
            send_last(&request.bearer(&bearer).key(&new_key()));
        }
    }

    /// What the meeting is entered with.
    pub(crate) async fn media(&self, call: &CallId, device: &DeviceId) -> Result<Media, Failure> {
        let request = Request::post(&format!("/v1/calls/{call}/media"));
        read(
            self.authorised(request.json(&JoinMedia {
                device: device.clone(),
            })?)
            .await?,
        )
    }
}

fn read<T: DeserializeOwned>(text: String) -> Result<T, Failure> {
    serde_json::from_str(&text).map_err(|_| Failure::NotUnderstood)
}

/// A key for one command, the same on every attempt to send it.
fn new_key() -> String {
    random_text()
}

/// 32 random hexadecimal digits.
pub(crate) fn random_text() -> String {
    let mut bytes = [0u8; 16];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        bytes = std::array::from_fn(|_| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
