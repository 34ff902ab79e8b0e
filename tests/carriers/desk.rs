//! A practice carrier on a port of its own, and the adapter that speaks to it.

use activities::carriers::telnyx::{Client, Telnyx};
use carrier::{Carrier, Config, Connection, Faults, NotTaken, NumberRoute, NumberRoutes};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The desk's days pass in this many seconds' worth: an hour a second is too slow for a test.
const TIME_SCALE: u32 = 86_400;
/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The desk with its folder, and the adapter.
pub(crate) struct Desk {
    pub(crate) telnyx: Telnyx,
    pub(crate) address: SocketAddr,
    _carrier: Carrier,
    _dir: TempDir,
}

/// Nobody is led anywhere; `vc-1` is a connection, and `vc-off` one that is switched off.
#[derive(Debug)]
struct Ways;

#[async_trait::async_trait]
impl NumberRoutes for Ways {
    fn connection(&self, id: &str) -> Option<Connection> {
        match id {
            "vc-1" => Some(Connection { active: true }),
            "vc-off" => Some(Connection { active: false }),
            _ => None,
        }
    }

    async fn set(&self, _: NumberRoute) -> Result<(), NotTaken> {
        Ok(())
    }
}

/// Opens one whose notices go nowhere.
pub(crate) async fn open() -> Desk {
    let dir = tempfile::tempdir().expect("a folder");
    let config = Config {
        time_scale: TIME_SCALE,
        faults: Faults::NONE,
        ..Config::new(dir.path().to_owned(), "practice".to_owned())
    };
    let carrier = Carrier::open(config, Arc::new(Ways)).await.expect("a desk");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = carrier.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Desk {
        telnyx: Telnyx {
            client: Client::new(&format!("http://{address}"), "practice").expect("a client"),
            connection_id: Some("vc-1".to_owned()),
        },
        address,
        _carrier: carrier,
        _dir: dir,
    }
}

/// Asks until `ready` gives something; the carrier's clock moves on meanwhile.
pub(crate) async fn until<T, F>(mut ready: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let waited = async {
        loop {
            if let Some(found) = ready().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited)
        .await
        .expect("it comes in time")
}
