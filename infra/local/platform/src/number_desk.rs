//! The practice carrier's number desk as this platform runs it: its folder, its keys, and where its numbers lead.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::middleware;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use carrier::{Carrier, Connection, NotTaken, NumberRoute, NumberRoutes};
use serde_json::{Value, json};
use voice::Trunk;

use crate::fail::StartError;
use crate::folder::Folder;
use crate::functions::Surroundings;
use crate::gateway::origin;
use crate::pace::Pace;

/// Where notices are received, under the platform's own address.
const NOTICES: &str = "/v1/carriers/telnyx/notices";

/// The running desk.
pub struct NumberDesk {
    carrier: Carrier,
    address: SocketAddr,
    webhook_url: String,
    api_key: String,
    pace: Pace,
}

impl NumberDesk {
    /// Opens the desk in its folder. `address` is where its API is served, `web` where notices are received.
    pub async fn open(
        folder: &Folder,
        address: SocketAddr,
        web: &str,
        pace: Pace,
        trunk: Trunk,
    ) -> Result<Self, StartError> {
        let api_key = folder.secret("carrier/api-key")?;
        let webhook_url = format!("{web}{NOTICES}");
        let config = carrier::Config {
            time_scale: pace.time_scale,
            // Twice what people have, so that it still waits for what they say in their last minute.
            patience_s: pace.patience_s.saturating_mul(2),
            webhook_url: Some(webhook_url.clone()),
            seed: seed(&folder.secret("carrier/seed")?),
            ..carrier::Config::new(folder.path("carrier"), api_key.clone())
        };
        let carrier = Carrier::open(config, Arc::new(Ways(trunk)))
            .await
            .map_err(|error| StartError::part("the practice carrier", error))?;
        Ok(Self {
            carrier,
            address,
            webhook_url,
            api_key,
            pace,
        })
    }

    /// The carrier's API, for programs of this machine.
    pub fn api_router(&self) -> Router {
        let api = self.carrier.router();
        api.layer(middleware::from_fn(origin::own_programs_only))
    }

    /// The page on which a person answers for the donors. It has no sign-in: its caller keeps others out.
    pub fn practice_router(&self) -> Router {
        self.carrier.practice_router()
    }

    /// Tells functions where the carrier is, and which connection leads here.
    pub fn tell(&self, surroundings: &mut Surroundings, connection_id: &str) {
        surroundings.set("CARRIER_TELNYX_ENDPOINT", &self.endpoint());
        surroundings.set("CARRIER_TELNYX_API_KEY", &self.api_key);
        surroundings.set("CARRIER_TELNYX_PUBLIC_KEY", &self.carrier.public_key());
        surroundings.set("CARRIER_TELNYX_WEBHOOK_URL", &self.webhook_url);
        surroundings.set("CARRIER_TELNYX_CONNECTION_ID", connection_id);
        // What waits for the carrier waits by its clock.
        self.pace.tell(surroundings);
    }

    /// Where it is, for scripts.
    pub fn ready(&self) -> Value {
        json!({
            "endpoint": self.endpoint(),
            "api_key": self.api_key,
            "public_key": self.carrier.public_key(),
        })
    }

    /// Stops its clock and its notices.
    pub async fn shutdown(&self) {
        self.carrier.shutdown().await;
    }

    /// The API's address without `/v2`.
    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The first eight bytes of a kept secret, as a number.
fn seed(secret: &str) -> u64 {
    let bytes = STANDARD.decode(secret).unwrap_or_default();
    let first = bytes.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(first)
}

/// Numbers that are the customer's and on a connection come through the Voice Connector of the connection's id.
#[derive(Debug)]
struct Ways(Trunk);

#[async_trait]
impl NumberRoutes for Ways {
    fn connection(&self, id: &str) -> Option<Connection> {
        self.0.has(id).then_some(Connection { active: true })
    }

    async fn set(&self, route: NumberRoute) -> Result<(), NotTaken> {
        let taken = match &route {
            NumberRoute::Here {
                number,
                connection_id: Some(connection),
                ..
            } => self.0.lead(number, connection).await,
            NumberRoute::Here {
                number,
                connection_id: None,
                ..
            } => {
                tracing::info!("a number is on no connection: calls to it come nowhere");
                self.0.take_back(number).await
            }
            NumberRoute::Gone { number } => self.0.take_back(number).await,
        };
        taken.map_err(|error| {
            tracing::warn!(%error, "a number's way was not taken");
            NotTaken
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn a_folder_keeps_its_seed_and_another_has_another() {
        let (one, other) = (TestFolder::new(), TestFolder::new());
        let of = |place: &TestFolder| {
            let folder = Folder::open(place.path()).expect("open");
            seed(&folder.secret("carrier/seed").expect("a seed"))
        };
        assert_eq!(of(&one), of(&one));
        assert_ne!(of(&one), of(&other));
    }
}
