//! One request by the browser's `fetch`.

use contract::api::Problem;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Blob, Headers, RequestCache, RequestCredentials, RequestInit, Response, Url,
};

/// How long an answer may take, in milliseconds.
const TIMEOUT_MS: u32 = 15_000;

/// Why there is no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server did not answer.
    Offline,
    /// The session is over: sign in again.
    SessionOver,
    /// The server refused, in its words.
    Problem {
        /// The HTTP status.
        status: u16,
        /// The stable name, such as `Call.Ended`.
        error: String,
        /// For a person.
        message: String,
        /// The field that is wrong, as a path such as `answer.reasons[0].about`.
        field: Option<String>,
    },
    /// The answer has another form than this version knows.
    NotUnderstood,
}

impl Failure {
    /// The field that the server names.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Problem { field, .. } => field.as_deref(),
            Self::Offline | Self::SessionOver | Self::NotUnderstood => None,
        }
    }

    /// What happened and what to do next.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Offline => {
                "The server cannot be reached. Check your connection and try again.".to_owned()
            }
            Self::SessionOver => "Your session has ended. Sign in again.".to_owned(),
            Self::Problem { message, .. } if !message.is_empty() => sentence(message),
            Self::Problem { status, .. } => {
                format!("The server could not do it (status {status}). Try again.")
            }
            Self::NotUnderstood => "The server speaks another version. Reload the page.".to_owned(),
        }
    }
}

fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    let rest = letters.as_str();
    let stop = if rest.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{rest}{stop}")
}

/// A request to this page's own server.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    body: Option<String>,
    bearer: Option<String>,
    key: Option<String>,
}

impl Request {
    fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            body: None,
            bearer: None,
            key: None,
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    pub(crate) fn put(path: &str) -> Self {
        Self::new("PUT", path)
    }

    pub(crate) fn patch(path: &str) -> Self {
        Self::new("PATCH", path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, Failure> {
        self.body = Some(serde_json::to_string(body).map_err(|_| Failure::NotUnderstood)?);
        Ok(self)
    }

    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    fn init(&self) -> Result<RequestInit, JsValue> {
        let headers = Headers::new()?;
        if let Some(token) = &self.bearer {
            headers.set("Authorization", &format!("Bearer {token}"))?;
        }
        if let Some(key) = &self.key {
            headers.set("Idempotency-Key", key)?;
        }
        let init = RequestInit::new();
        if let Some(body) = &self.body {
            headers.set("Content-Type", "application/json")?;
            init.set_body(&JsValue::from_str(body));
        }
        init.set_method(self.method);
        init.set_headers(&headers);
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(RequestCredentials::SameOrigin);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
        Ok(init)
    }
}

/// Sends while the page goes away; nobody is left to read the answer.
pub(crate) fn send_last(request: &Request) {
    let Some((window, init)) = web_sys::window().zip(request.init().ok()) else {
        return;
    };
    let _ = js_sys::Reflect::set(&init, &"keepalive".into(), &true.into());
    let _ = window.fetch_with_str_and_init(&request.path, &init);
}

/// Sends and gives the body of a good answer.
pub(crate) async fn send(request: Request) -> Result<String, Failure> {
    let (status, text) = exchange(&request).await.map_err(|_| Failure::Offline)?;
    if (200..300).contains(&status) {
        return Ok(text);
    }
    Err(problem(status, &text))
}

fn problem(status: u16, text: &str) -> Failure {
    let problem: Option<Problem> = serde_json::from_str(text).ok();
    let (error, message, field) = problem.map_or_else(Default::default, |problem| {
        (problem.error, problem.message, problem.field)
    });
    Failure::Problem {
        status,
        error,
        message,
        field,
    }
}

/// Sends and gives the address of a good answer's bytes: `blob:..`, good while the page is.
pub(crate) async fn fetch_blob(request: &Request) -> Result<String, Failure> {
    let (response, status) = respond(request).await.map_err(|_| Failure::Offline)?;
    if !(200..300).contains(&status) {
        let text = text_of(&response).await.map_err(|_| Failure::Offline)?;
        return Err(problem(status, &text));
    }
    let address = async {
        let blob = JsFuture::from(response.blob()?).await?.dyn_into::<Blob>()?;
        Url::create_object_url_with_blob(&blob)
    };
    address.await.map_err(|_| Failure::NotUnderstood)
}

async fn respond(request: &Request) -> Result<(Response, u16), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let promise = window.fetch_with_str_and_init(&request.path, &request.init()?);
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    let status = response.status();
    Ok((response, status))
}

async fn text_of(response: &Response) -> Result<String, JsValue> {
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}

async fn exchange(request: &Request) -> Result<(u16, String), JsValue> {
    let (response, status) = respond(request).await?;
    Ok((status, text_of(&response).await?))
}
