//! Killed without warning in every waiting state, and opened again: nothing is lost.

use crate::client::{Client, Receiver};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The example that is killed; it lies beside the tests.
fn program() -> PathBuf {
    let mut path = std::env::current_exe().expect("this test");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("number-desk{}", std::env::consts::EXE_SUFFIX));
    path
}

struct Desk {
    child: Child,
    client: Client,
    public_key: String,
}

impl Desk {
    async fn start(dir: &Path, url: &str) -> Self {
        let mut child = Command::new(program())
            .arg(dir)
            .args(["0", "100000", url])
            .env("CARRIER_RELIABLE", "1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the example is built with the tests");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut line = async || lines.next_line().await.expect("a line").expect("a line");
        let addr: SocketAddr = line().await.parse().expect("an address");
        let public_key = line().await;
        Self {
            child,
            client: Client::new(addr),
            public_key,
        }
    }

    /// SIGKILL, and a new start on the same folder.
    async fn again(mut self, dir: &Path, url: &str) -> Self {
        self.child.start_kill().expect("it runs");
        self.child.wait().await.expect("it ends");
        Self::start(dir, url).await
    }
}

#[tokio::test]
async fn a_port_goes_on_after_a_kill_in_every_waiting_state() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut receiver = Receiver::new(0).await;
    let url = receiver.url.clone();
    let mut desk = Desk::start(dir.path(), &url).await;
    let key = desk.public_key.clone();
    let id = desk.client.draft("US-1003", 10).await;
    desk = desk.again(dir.path(), &url).await;
    assert_eq!(desk.public_key, key, "the key stays");
    desk.client
        .post(
            &format!("/v2/porting_orders/{id}/actions/confirm"),
            json!({}),
        )
        .await
        .data();
    // The record's account has an open order: an exception, and a second request.
    for status in ["in-process", "submitted", "exception"] {
        desk = desk.again(dir.path(), &url).await;
        receiver.status(&id, status).await.check(&key);
    }
    desk.client
        .post(
            &format!("/v2/porting_orders/{id}/actions/confirm"),
            json!({}),
        )
        .await
        .data();
    for status in ["submitted", "foc-date-confirmed", "ported"] {
        desk = desk.again(dir.path(), &url).await;
        receiver.status(&id, status).await.check(&key);
    }
    let other = desk.client.draft("US-1004", 10).await;
    desk.client
        .post(
            &format!("/v2/porting_orders/{other}/actions/confirm"),
            json!({}),
        )
        .await
        .data();
    desk.client
        .post(
            &format!("/v2/porting_orders/{other}/actions/cancel"),
            json!({}),
        )
        .await
        .data();
    desk = desk.again(dir.path(), &url).await;
    receiver.status(&other, "cancel-pending").await;
    receiver.status(&other, "cancelled").await;
    let ported = desk
        .client
        .get("/v2/phone_numbers?filter[source]=ported")
        .await;
    assert_eq!(ported.json()["meta"]["total_results"], 10);
}

#[tokio::test]
async fn orders_reservations_and_port_outs_go_on_after_a_kill() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut receiver = Receiver::new(0).await;
    let url = receiver.url.clone();
    let mut desk = Desk::start(dir.path(), &url).await;
    let body = json!({ "phone_numbers": [{ "phone_number": "+12125550100" }] });
    desk.client.post("/v2/number_orders", body).await.data();
    desk = desk.again(dir.path(), &url).await;
    receiver
        .until(|data| data["event_type"] == "number_order.complete")
        .await;
    let ask = json!({ "phone_numbers": ["+12125550100"], "pin": "1111" });
    let started = desk.client.post("/practice/portouts", ask).await.data();
    let id = started["id"].clone();
    // Nobody answers: it is authorised, and the number goes on its date.
    for status in ["pending", "authorized", "ported"] {
        desk = desk.again(dir.path(), &url).await;
        receiver
            .until(|data| data["payload"]["id"] == id && data["payload"]["status"] == status)
            .await;
    }
    assert_eq!(desk.client.get("/v2/phone_numbers").await.data(), json!([]));
}
