//! The public address: pages, the API, the WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::process::{Place, Strowger, http};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(
    running: &Strowger,
    headers: &[(&'static str, &str)],
) -> Result<(Socket, Option<String>), u16> {
    let mut request = running.ready["websocket"]
        .as_str()
        .unwrap()
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, response)) => {
            let protocol = response.headers().get("sec-websocket-protocol");
            Ok((
                socket,
                protocol.map(|protocol| protocol.to_str().unwrap().to_owned()),
            ))
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

const OFFER: (&str, &str) = ("sec-websocket-protocol", "strowger, good-token");

#[tokio::test]
async fn a_message_comes_back_as_a_push() {
    let place = Place::new();
    let running = place.start();
    let (mut socket, protocol) = connect(&running, &[OFFER]).await.unwrap();
    assert_eq!(protocol.as_deref(), Some("strowger"));
    for text in ["one", "two", "ümlaut"] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(text));
    }
    let id = place.noted("connected", 1).await.remove(0);
    let url = format!("{}/@connections/{id}", running.aws());
    let described = http("GET", &url, &[], "").await;
    assert_eq!(
        (
            described.status,
            described.json()["identity"]["sourceIp"].as_str()
        ),
        (200, Some("127.0.0.1"))
    );

    socket.close(None).await.unwrap();
    assert_eq!(place.noted("disconnected", 1).await, [id]);
    let gone = http("POST", &url, &[], "late").await;
    assert_eq!(gone.status, 410);
    assert_eq!(gone.headers["x-amzn-errortype"], "GoneException");
}

#[tokio::test]
async fn the_function_decides_who_connects_and_other_sites_never_ask_it() {
    let place = Place::new();
    let running = place.start();
    let refused = connect(
        &running,
        &[("sec-websocket-protocol", "strowger, bad-token")],
    )
    .await;
    assert_eq!(refused.err(), Some(401));
    let asked = place.noted("connected", 1).await.len();
    assert_eq!(
        connect(&running, &[OFFER, ("origin", "http://evil.example")])
            .await
            .err(),
        Some(403)
    );
    assert_eq!(place.noted("connected", 1).await.len(), asked);
    let own = running.web();
    connect(&running, &[OFFER, ("origin", &own)]).await.unwrap();
}

#[tokio::test]
async fn a_client_can_be_closed_and_oversized_and_binary_frames_end_a_connection() {
    let place = Place::new();
    let running = place.start();
    let (mut socket, _) = connect(&running, &[OFFER]).await.unwrap();
    let id = place.noted("connected", 1).await.remove(0);
    assert_eq!(
        http(
            "DELETE",
            &format!("{}/@connections/{id}", running.aws()),
            &[],
            ""
        )
        .await
        .status,
        204
    );
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    place.noted("disconnected", 1).await;

    let (mut socket, _) = connect(&running, &[OFFER]).await.unwrap();
    socket
        .send(Message::text("x".repeat(40 * 1024)))
        .await
        .unwrap();
    assert!(!matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    place.noted("disconnected", 2).await;

    let (mut socket, _) = connect(&running, &[OFFER]).await.unwrap();
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else {
        panic!("no close")
    };
    assert_eq!(u16::from(frame.code), 1003);
    place.noted("disconnected", 3).await;
}

#[tokio::test]
async fn an_api_request_reaches_the_function_and_its_answer_the_client() {
    let place = Place::new();
    let running = place.start();
    let url = format!("{}/v1/calls?to=%2B41", running.web());
    let answer = http(
        "POST",
        &url,
        &[("content-type", "application/json"), ("cookie", "a=b")],
        r#"{"x":1}"#,
    )
    .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["set-cookie"], "seen=1; HttpOnly");
    let event: Value = answer.json();
    assert_eq!(
        (event["version"].as_str(), event["body"].as_str()),
        (Some("2.0"), Some(r#"{"x":1}"#))
    );
    assert_eq!(event["rawPath"], "/v1/calls");
    assert_eq!(event["cookies"][0], "a=b");
    for path in ["/openapi.json", "/docs", "/v1"] {
        assert_eq!(
            http("GET", &format!("{}{path}", running.web()), &[], "")
                .await
                .json()["rawPath"],
            path
        );
    }
    let list = format!("{}/v1/screening-lists/UN-SC", running.web());
    for (method, url, bytes, status) in [
        ("POST", &url, 256 * 1024, 200),
        ("POST", &url, 257 * 1024, 413),
        ("PUT", &list, 4 * 1024 * 1024, 200),
        ("PUT", &list, 4 * 1024 * 1024 + 1, 413),
    ] {
        let answer = http(method, url, &[], vec![b'x'; bytes]).await;
        assert_eq!(answer.status, status, "{url} {bytes}");
    }
}

#[tokio::test]
async fn pages_are_served_with_the_headers_that_protect_them() {
    let place = Place::new();
    let running = place.start();
    for path in ["/", "/calls/7"] {
        let page = http("GET", &format!("{}{path}", running.web()), &[], "").await;
        assert_eq!(page.status, 200);
        assert!(String::from_utf8_lossy(&page.body).contains("practice"));
        for header in [
            "content-security-policy",
            "permissions-policy",
            "x-content-type-options",
        ] {
            assert!(page.headers.contains_key(header), "{header}");
        }
    }
    assert_eq!(
        http(
            "GET",
            &format!("{}/no-such-file.js", running.web()),
            &[],
            ""
        )
        .await
        .status,
        404
    );
}

/// Reads one answer with a length; its status.
async fn status_of_next(stream: &mut BufReader<TcpStream>) -> u16 {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert_ne!(
            stream.read_until(b'\n', &mut head).await.unwrap(),
            0,
            "closed"
        );
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    head[9..12].parse().unwrap()
}

#[tokio::test]
async fn a_body_that_is_refused_while_it_is_sent_can_be_sent_to_its_end() {
    const BODY_BYTES: usize = 2_000_000;
    const REFUSED_AFTER_BYTES: usize = 300_000;
    let place = Place::new();
    let running = place.start();
    let authority = running.web().trim_start_matches("http://").to_owned();
    let mut stream = BufReader::new(TcpStream::connect(&authority).await.unwrap());
    let head = format!(
        "POST /v1/calls HTTP/1.1\r\nhost: {authority}\r\ncontent-length: {BODY_BYTES}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
        .write_all(&vec![b'x'; REFUSED_AFTER_BYTES])
        .await
        .unwrap();
    assert_eq!(status_of_next(&mut stream).await, 413);
    stream
        .write_all(&vec![b'x'; BODY_BYTES - REFUSED_AFTER_BYTES])
        .await
        .unwrap();
    let next = format!("GET / HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    stream.write_all(next.as_bytes()).await.unwrap();
    assert_eq!(
        status_of_next(&mut stream).await,
        200,
        "on the same connection"
    );
}
