//! WebSocket connections.
use super::Unavailable;
use contract::{DeviceId, PersonId, Role, TenantId};
use serde::{Deserialize, Serialize};
use std::future::Future;
use thiserror::Error;

/// Most connections that one person can have.
pub const MAX_PER_PERSON: usize = 20;
/// How long a connection can last, in seconds: API Gateway ends one after 2 hours; its record goes a little later.
pub const MAX_AGE_S: i64 = 2 * 60 * 60 + 600;

/// One open socket, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// API Gateway's connection id.
    pub id: String,
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub person: PersonId,
    /// What they may see.
    pub role: Role,
    /// Their device.
    pub device: DeviceId,
    /// The sign-in session whose token opened it.
    pub session: String,
    /// When it was opened, Unix seconds.
    pub since: i64,
    /// When its record goes by itself, Unix seconds.
    pub expires: i64,
}

/// The table of connections.
pub trait Connections: Send + Sync {
    /// Records a connection; recording it again changes nothing.
    fn add(&self, connection: &Connection) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The connection with this id.
    fn connection(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<Connection>, Unavailable>> + Send;

    /// Forgets a connection; fine if it is forgotten.
    fn remove(
        &self,
        connection: &Connection,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The connections of a person: they can be rung if there is one.
    fn of_person(
        &self,
        person: &PersonId,
    ) -> impl Future<Output = Result<Vec<Connection>, Unavailable>> + Send;

    /// The connections of a tenant's people with this role.
    fn of_role(
        &self,
        tenant: &TenantId,
        role: Role,
    ) -> impl Future<Output = Result<Vec<Connection>, Unavailable>> + Send;

    /// The connections of the phone company's own people.
    fn of_staff(&self) -> impl Future<Output = Result<Vec<Connection>, Unavailable>> + Send;
}

/// Why a message did not go out.
#[derive(Debug, Error)]
pub enum PostError {
    /// The connection is closed.
    #[error("the connection is gone")]
    Gone,
    /// This message can never go out: too large.
    #[error("the message was refused: {0}")]
    Refused(String),
    /// The gateway failed for now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The gateway's side of open sockets.
pub trait Sockets: Send + Sync {
    /// Sends a text message (`PostToConnection`), at most 128 KiB.
    fn post(&self, id: &str, message: &str) -> impl Future<Output = Result<(), PostError>> + Send;

    /// Closes a connection; fine if it is closed (`DeleteConnection`).
    fn close(&self, id: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
