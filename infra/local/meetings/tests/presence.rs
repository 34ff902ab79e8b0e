//! Presence over broken connections and restarts.

mod browsers;

use browsers::Server;
use browsers::browser::{Browser, Ended, Socket, join};
use media::{Frame, Left, Party, Rooms};
use meetings::Limits;
use std::time::Duration;

/// Limits short enough to wait for.
fn quick() -> Limits {
    Limits {
        reconnect_grace: Duration::from_millis(600),
        restart_grace: Duration::from_secs(3),
        join_within: Duration::from_millis(500),
        silent_media: Duration::from_millis(800),
        ..Limits::default()
    }
}

struct Silent;

impl Party for Silent {
    fn speak(&mut self, _: &mut Frame) -> bool {
        false
    }
    fn hear(&mut self, _: &Frame) {}
    fn left(&mut self, _: Left) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_vanishes_is_dropped_and_who_leaves_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), quick()).await;
    let call = server.meeting(&["anna", "bert", "cleo"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, 440.0).await;
    let bert = Browser::join(&call.url, call.token(1), 2, 500.0).await;
    let cleo = Browser::join(&call.url, call.token(2), 3, 600.0).await;
    anna.until("all three", |seen| seen.roster.len() == 3).await;
    bert.vanish();
    server.events.wait_for("AttendeeDropped bert").await;
    let seen = anna.until("bert gone", |seen| seen.roster.len() == 2).await;
    assert_eq!(seen.dropped.len(), 1);
    cleo.leave();
    server.events.wait_for("AttendeeLeft cleo").await;
    let seen = anna.until("cleo gone", |seen| seen.roster.len() == 1).await;
    assert_eq!(seen.dropped.len(), 1, "leaving is not dropping");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_within_the_grace_was_never_gone() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        reconnect_grace: Duration::from_secs(20),
        ..quick()
    };
    let server = Server::start(dir.path(), limits).await;
    let call = server.meeting(&["anna", "bert"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, 440.0).await;
    let bert = Browser::join(&call.url, call.token(1), 2, 500.0).await;
    let before = anna.until("both", |seen| seen.roster.len() == 2).await;
    bert.vanish();
    let _bert = Browser::join(&call.url, call.token(1), 2, 500.0).await;
    let after = anna
        .until("bert anew", |seen| {
            seen.roster != before.roster && seen.roster.len() == 2
        })
        .await;
    assert!(after.roster.keys().last() > before.roster.keys().last());
    assert!(after.dropped.is_empty());
    let names = server.events.names();
    assert!(
        !names
            .iter()
            .any(|n| n.starts_with("AttendeeDropped") || n.starts_with("AttendeeLeft")),
        "{names:?}"
    );
    assert_eq!(
        names.iter().filter(|n| *n == "AttendeeJoined bert").count(),
        1
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_the_same_token_joins_and_who_stays_away_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), quick()).await;
    let call = server.meeting(&["anna", "bert", "phone"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, 440.0).await;
    let bert = Browser::join(&call.url, call.token(1), 2, 500.0).await;
    let seat = server
        .meetings
        .join(&call.id, call.token(2), Box::new(Silent))
        .unwrap();
    anna.until("all three", |seen| seen.roster.len() == 3).await;
    let highest = *anna.seen().roster.keys().last().unwrap();
    // Any answer of the API means that all before it is in the file. What is there now is what a SIGKILL leaves.
    server
        .chime
        .create_attendee()
        .meeting_id(&call.id)
        .external_user_id("anna")
        .send()
        .await
        .unwrap();
    let after = tempfile::tempdir().unwrap();
    std::fs::copy(
        dir.path().join("meetings.jsonl"),
        after.path().join("meetings.jsonl"),
    )
    .unwrap();
    server.stop().await;
    let seen = bert.until("the end", |seen| seen.ended.is_some()).await;
    assert_eq!(
        seen.ended,
        Some(Ended::Closed(4500)),
        "the code after which a client comes back"
    );
    drop(seat);

    let server = Server::start(after.path(), quick()).await;
    let got = server
        .chime
        .get_meeting()
        .meeting_id(&call.id)
        .send()
        .await
        .unwrap();
    let url = got
        .meeting()
        .unwrap()
        .media_placement()
        .unwrap()
        .signaling_url()
        .unwrap()
        .to_owned();
    assert_ne!(url, call.url, "the address is the new process's");
    let anna = Browser::join(&url, call.token(0), 1, 440.0).await;
    let seen = anna
        .until("the roster", |seen| !seen.roster.is_empty())
        .await;
    assert_eq!(
        seen.roster.len(),
        3,
        "those who may come back are still in it"
    );
    assert!(*seen.roster.keys().last().unwrap() > highest);
    server.events.wait_for("AttendeeDropped bert").await;
    server.events.wait_for("AttendeeDropped phone").await;
    let names = server.events.names();
    assert!(
        !names
            .iter()
            .any(|n| n.ends_with("anna") && !n.starts_with("AttendeeAuthorized")),
        "{names:?}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_packets_stop_is_asked_to_reconnect() {
    let dir = tempfile::tempdir().unwrap();
    // Shorter than the 20 ms between its packets: any client is too silent.
    let limits = Limits {
        silent_media: Duration::from_millis(1),
        ..Limits::default()
    };
    let server = Server::start(dir.path(), limits).await;
    let call = server.meeting(&["anna"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, 440.0).await;
    let seen = anna.until("the end", |seen| seen.ended.is_some()).await;
    assert_eq!(
        (seen.statuses, seen.ended),
        (vec![500], Some(Ended::Closed(4500)))
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_device_takes_over_and_the_first_is_told_301() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    let call = server.meeting(&["anna"]).await;
    let first = Browser::join(&call.url, call.token(0), 1, 440.0).await;
    first.until("itself", |seen| seen.roster.len() == 1).await;
    let second = Browser::join(&call.url, call.token(0), 2, 500.0).await;
    let seen = first.until("the end", |seen| seen.ended.is_some()).await;
    assert_eq!(
        (seen.statuses, seen.ended),
        (vec![301], Some(Ended::Closed(4301)))
    );
    second.until("itself", |seen| seen.roster.len() == 1).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_tokens_ended_meetings_and_bad_frames_get_their_codes_and_nobody_else_notices() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), Limits::default()).await;
    let call = server.meeting(&["anna", "bert"]).await;
    let other = server.meeting(&["zoe"]).await;
    let anna = Browser::join(&call.url, call.token(0), 1, 440.0).await;
    anna.until("itself", |seen| seen.roster.len() == 1).await;

    // Another meeting's token, and a screen share of it.
    for token in [
        other.token(0).to_owned(),
        format!("{}#content", other.token(0)),
        "nonsense".to_owned(),
    ] {
        let mut socket = Socket::connect(&call.url, &token).await.unwrap();
        socket.send(&join(5)).await;
        assert_eq!(socket.ended().await, Ended::Closed(4403));
    }
    // A meeting that never was.
    let url = call
        .url
        .replace(&call.id, "00000000-0000-4000-8000-000000000000");
    let mut socket = Socket::connect(&url, call.token(0)).await.unwrap();
    socket.send(&join(5)).await;
    assert_eq!(socket.ended().await, Ended::Closed(4410));
    // No token at all: the upgrade itself is refused.
    assert!(Socket::connect(&call.url, "").await.is_err());
    // Malformed, too large, text.
    for bytes in [
        vec![0x05, 0xFF, 0xFF],
        vec![0x07, 0x00],
        vec![0x05; meetings::limits::MAX_FRAME_BYTES + 1],
    ] {
        let mut socket = Socket::connect(&call.url, call.token(1)).await.unwrap();
        socket.send_raw(bytes.into()).await;
        assert_eq!(socket.ended().await, Ended::Closed(4400));
    }
    let mut socket = Socket::connect(&call.url, call.token(1)).await.unwrap();
    socket.send_text("{}").await;
    assert_eq!(socket.ended().await, Ended::Closed(4400));
    // A SUBSCRIBE whose offer is no SDP.
    let mut socket = Socket::connect(&call.url, call.token(1)).await.unwrap();
    socket.send(&join(5)).await;
    let mut subscribe = meetings::signal::SignalFrame::of(
        meetings::signal::FrameType::Subscribe,
        meetings::time::UnixMs(1),
    );
    let body = meetings::signal::frames::Subscribe {
        sdp_offer: Some("m=audio\r\nnonsense".to_owned()),
        ..Default::default()
    };
    subscribe.subscribe = Some(body);
    socket.send(&subscribe).await;
    assert_eq!(socket.ended().await, Ended::Closed(4400));

    let seen = anna.seen();
    assert_eq!((seen.ended, seen.roster.len()), (None, 1));
    assert!(
        anna.listen(10).await.iter().all(|s| s.unsigned_abs() < 50),
        "and it still hears silence"
    );
    server.stop().await;
}
