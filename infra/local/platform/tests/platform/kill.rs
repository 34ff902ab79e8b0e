//! SIGKILL: nothing is left running, nothing written is lost.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::process::{Place, processes_of, until};
use crate::services::{config, put_call};

#[tokio::test]
async fn no_function_outlives_a_killed_platform() {
    let place = Place::new();
    let running = place.start();
    until("functions run", || {
        processes_of(&place.path("notes")).len() >= 10
    })
    .await;
    running.kill();
    until("no function runs", || {
        processes_of(&place.path("notes")).is_empty()
    })
    .await;
}

#[tokio::test]
async fn the_stream_goes_on_where_it_was_and_loses_nothing() {
    let place = Place::new();
    let running = place.start();
    let before = config(&running).await;
    for n in 0..10 {
        put_call(&before, &format!("CALL#{n:02}")).await;
    }
    running.kill();
    let running = place.start();
    let after = config(&running).await;
    put_call(&after, "CALL#99").await;
    let key = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["dynamodb"]["Keys"]["pk"]["S"]
            .to_string()
    };
    let path = place.path("notes/record");
    let read = || std::fs::read_to_string(&path).unwrap_or_default();
    until("the last record", || read().contains("CALL#99")).await;
    let mut keys: Vec<String> = read().lines().map(key).collect();
    // A batch whose end was not noted before the kill comes again: at least once, in order.
    keys.dedup();
    let mut once = keys.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 11, "{keys:?}");
}

#[tokio::test]
async fn the_connections_of_a_killed_platform_are_told_to_be_gone() {
    let place = Place::new();
    let running = place.start();
    let mut request = running.ready["websocket"]
        .as_str()
        .unwrap()
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "strowger, t".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    socket.next().await.unwrap().unwrap();
    let id = place.noted("connected", 1).await.remove(0);
    running.kill();
    let running = place.start();
    assert_eq!(place.noted("disconnected", 1).await, [id]);
    drop(running);
    drop(place.start());
    assert_eq!(place.noted("disconnected", 1).await.len(), 1, "told once");
}
