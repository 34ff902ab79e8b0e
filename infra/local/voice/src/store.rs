//! What the API made: applications, rules, numbers, orders, connectors. One file, replaced whole and flushed to disk
//! before a change is acknowledged.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Version of the file that is written.
const FORMAT: u32 = 1;

/// A SIP media application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Application {
    /// Id.
    pub sip_media_application_id: String,
    /// Region.
    pub aws_region: String,
    /// Name.
    pub name: String,
    /// Exactly one.
    pub endpoints: Vec<Endpoint>,
    /// Creation.
    pub created_timestamp: Timestamp,
    /// Last change.
    pub updated_timestamp: Timestamp,
    /// ARN.
    pub sip_media_application_arn: String,
}

/// The function behind an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    /// Function ARN.
    pub lambda_arn: String,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerType {
    /// The To header's number.
    ToPhoneNumber,
    /// The host of the Request-URI.
    RequestUriHostname,
}

/// A SIP rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// Id.
    pub sip_rule_id: String,
    /// Name.
    pub name: String,
    /// Whether it is off.
    pub disabled: bool,
    /// What it looks at.
    pub trigger_type: TriggerType,
    /// What it looks for.
    pub trigger_value: String,
    /// Applications, the lowest Priority first.
    pub target_applications: Vec<Target>,
    /// Creation.
    pub created_timestamp: Timestamp,
    /// Last change.
    pub updated_timestamp: Timestamp,
}

/// One application of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// Application.
    pub sip_media_application_id: String,
    /// Order, from 1.
    pub priority: u32,
    /// Its region.
    pub aws_region: String,
}

/// A number of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// E.164.
    pub number: String,
    /// ISO 3166 code.
    pub country: String,
    /// The order it came with, if any.
    pub order_id: Option<String>,
    /// Name given by the user.
    pub name: Option<String>,
    /// Creation.
    pub created: Timestamp,
    /// Last change.
    pub updated: Timestamp,
}

/// An order of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Order {
    /// Id.
    pub phone_number_order_id: String,
    /// `SipMediaApplicationDialIn`.
    pub product_type: String,
    /// Status.
    pub status: String,
    /// `New` or `Porting`.
    pub order_type: String,
    /// What became of each number.
    pub ordered_phone_numbers: Vec<OrderedNumber>,
    /// Creation.
    pub created_timestamp: Timestamp,
    /// Last change.
    pub updated_timestamp: Timestamp,
    /// The agreed date of a port (firm order commitment).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc_date: Option<String>,
}

impl Order {
    /// Its status once each of its numbers has come or failed.
    pub fn settle(&mut self) {
        let all = self.ordered_phone_numbers.iter();
        let acquired = all.filter(|number| number.status == "Acquired").count();
        let status = match acquired {
            0 => "Failed",
            n if n == self.ordered_phone_numbers.len() => "Successful",
            _ => "Partial",
        };
        self.status = status.to_owned();
    }
}

/// One number of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedNumber {
    /// E.164.
    #[serde(rename = "E164PhoneNumber")]
    pub number: String,
    /// Processing, Acquired or Failed.
    #[serde(rename = "Status")]
    pub status: String,
}

/// A Voice Connector and what was put to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Id.
    pub id: String,
    /// Region.
    pub region: String,
    /// Name.
    pub name: String,
    /// Whether TLS and SRTP are asked for.
    pub require_encryption: bool,
    /// Termination settings, as put.
    pub termination: Option<serde_json::Value>,
    /// Digest credentials of termination.
    pub credentials: Vec<Credential>,
    /// Origination settings, as put.
    pub origination: Option<serde_json::Value>,
    /// Creation.
    pub created: Timestamp,
    /// Last change.
    pub updated: Timestamp,
}

/// A user of a Voice Connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credential {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

impl Connector {
    /// The name calls are sent to.
    #[must_use]
    pub fn host_name(&self) -> String {
        format!("{}.voiceconnector.chime.aws", self.id)
    }

    /// Whether termination is switched on.
    #[must_use]
    pub fn terminates(&self) -> bool {
        self.termination
            .as_ref()
            .is_some_and(|t| t.get("Disabled").and_then(serde_json::Value::as_bool) != Some(true))
    }
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    format: u32,
    /// By id.
    pub applications: BTreeMap<String, Application>,
    /// By id.
    pub rules: BTreeMap<String, Rule>,
    /// By number.
    pub numbers: BTreeMap<String, Number>,
    /// By id.
    pub orders: BTreeMap<String, Order>,
    /// By id.
    pub connectors: BTreeMap<String, Connector>,
    /// Numbers of other carriers: the Voice Connector that their calls come through, by number.
    #[serde(default)]
    pub trunk_numbers: BTreeMap<String, String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            format: FORMAT,
            applications: BTreeMap::new(),
            rules: BTreeMap::new(),
            numbers: BTreeMap::new(),
            orders: BTreeMap::new(),
            connectors: BTreeMap::new(),
            trunk_numbers: BTreeMap::new(),
        }
    }
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what was written.
    #[error("{path}: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A newer version of this program wrote it.
    #[error("{path} has format {found}; this version reads up to {FORMAT}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
}

/// The file and what is in it.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    current: RwLock<Arc<State>>,
    writing: tokio::sync::Mutex<()>,
}

impl Store {
    /// Reads the file; an absent one is empty.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(path: PathBuf) -> Result<Self, StoreError> {
        let state = match std::fs::read(&path) {
            Ok(bytes) => parse(&path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(source) => return Err(StoreError::Io { path, source }),
        };
        Ok(Self {
            path,
            current: RwLock::new(Arc::new(state)),
            writing: tokio::sync::Mutex::new(()),
        })
    }

    /// What holds now.
    #[must_use]
    pub fn current(&self) -> Arc<State> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state; it holds, and is on disk, when this returns `Ok`.
    ///
    /// # Errors
    /// What `change` returns, or `failed` of what writing says; nothing is changed then.
    pub async fn change<T, E>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
        failed: impl FnOnce(io::Error) -> E,
    ) -> Result<T, E> {
        let _one = self.writing.lock().await;
        let mut next = State::clone(&self.current());
        let result = change(&mut next)?;
        let next = Arc::new(next);
        let (path, written) = (self.path.clone(), Arc::clone(&next));
        let done = tokio::task::spawn_blocking(move || write(&path, &written)).await;
        match done.unwrap_or_else(|e| Err(io::Error::other(e))) {
            Ok(()) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
                Ok(result)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<State, StoreError> {
    let malformed = |e: serde_json::Error| StoreError::Malformed {
        path: path.to_owned(),
        message: e.to_string(),
    };
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
    let found = value
        .get("format")
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0);
    if found > u64::from(FORMAT) {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
        });
    }
    serde_json::from_value(value).map_err(malformed)
}

fn write(path: &Path, state: &State) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let part = path.with_extension("part");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)?;
    file.write_all(&serde_json::to_vec_pretty(state)?)?;
    file.sync_all()?;
    std::fs::rename(&part, path)?;
    // The new name is only safe once its folder is.
    match path.parent() {
        Some(dir) => std::fs::File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}
