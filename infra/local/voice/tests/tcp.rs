//! Phones behind one TCP connection: they register on it and are called on it.

mod outside;

use outside::{THEIRS, config, hangup, on, pause, service};
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use voice::sdp;
use voice::sip::digest;
use voice::sip::message::{Message, frame_length, response};

struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(server: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(server).await.unwrap(),
            buffer: Vec::new(),
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next message; `None` when the service closed the connection.
    async fn read(&mut self) -> Option<Message> {
        loop {
            let blank = self
                .buffer
                .iter()
                .take_while(|b| matches!(b, b'\r' | b'\n'))
                .count();
            self.buffer.drain(..blank);
            if let Some(length) = frame_length(&self.buffer).unwrap() {
                let message = Message::parse(&self.buffer[..length]).unwrap().message;
                self.buffer.drain(..length);
                return Some(message);
            }
            let read =
                tokio::time::timeout(outside::LIMIT, self.stream.read_buf(&mut self.buffer)).await;
            if read.expect("nothing in time").unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    async fn request(&mut self, method: &str) -> Message {
        loop {
            let message = self.read().await.expect("the connection stays open");
            if message.method().is_some_and(|m| m.as_str() == method) {
                return message;
            }
        }
    }
}

fn register(here: SocketAddr, cseq: u32, authorization: &str) -> String {
    format!(
        "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP {here};branch=z9hG4bK{cseq};rport\r\nFrom: <sip:phone@127.0.0.1>;tag=r\r\n\
         To: <sip:phone@127.0.0.1>\r\nCall-ID: reg\r\nCSeq: {cseq} REGISTER\r\nContact: <sip:phone@{here};transport=tcp>\r\n\
         {authorization}Content-Length: 0\r\n\r\n"
    )
}

#[tokio::test]
async fn a_registered_phone_is_called_on_its_own_connection() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(config(dir.path())).await;
    service
        .script
        .set(|e| on(e, &[("CALL_ANSWERED", json!([pause(20), hangup(0)]))]));
    let mut line = Line::open(service.voice.sip_addr()).await;
    let here = line.stream.local_addr().unwrap();
    service.ask_for_passwords().await;
    line.write(register(here, 1, "").as_bytes()).await;
    let challenge = line.read().await.unwrap();
    assert_eq!(challenge.status(), Some(401));
    let (challenge, account) = (
        challenge.header("WWW-Authenticate").unwrap().to_owned(),
        &service.voice.accounts()[0],
    );
    let answer = digest::answer(
        &challenge,
        "phone",
        &account.password,
        "REGISTER",
        "sip:127.0.0.1",
        "c",
    )
    .unwrap();
    // In small pieces, as networks do.
    for piece in register(here, 2, &format!("Authorization: {answer}\r\n"))
        .as_bytes()
        .chunks(17)
    {
        line.write(piece).await;
        tokio::task::yield_now().await;
    }
    let ok = line.read().await.unwrap();
    assert_eq!(ok.status(), Some(200));
    assert!(ok.header("Contact").unwrap().contains("expires=3600"));
    service.place(THEIRS).await;
    let invite = line.request("INVITE").await;
    assert!(invite.header("Via").unwrap().starts_with("SIP/2.0/TCP"));
    let mut answered = response(&invite, 200, "OK", Some("p"));
    answered.push("Contact", format!("<sip:phone@{here};transport=tcp>"));
    answered.push("Content-Type", "application/sdp");
    answered.body = sdp::offer("127.0.0.1:4000".parse().unwrap(), 1).into_bytes();
    line.write(&answered.to_bytes()).await;
    line.request("ACK").await;
    let bye = line.request("BYE").await;
    line.write(&response(&bye, 200, "OK", None).to_bytes())
        .await;
    assert_eq!(
        service.event_of("HANGUP").await["ActionData"]["Parameters"]["SipResponseCode"],
        0
    );
    // The connection goes, and the phone with it: it cannot be reached.
    drop(line);
    service.place(THEIRS).await;
    assert_eq!(
        service.event_of("HANGUP").await["ActionData"]["Parameters"]["SipResponseCode"],
        480
    );
}

#[tokio::test]
async fn a_stream_is_kept_alive_and_one_that_cannot_be_followed_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    let mut line = Line::open(service.voice.sip_addr()).await;
    line.write(b"\r\n\r\n").await;
    let mut pong = [0; 2];
    line.stream.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\r\n");
    let options = |extra: &str| {
        format!(
            "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKo\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\
             Call-ID: o\r\nCSeq: 1 OPTIONS\r\n{extra}\r\n"
        )
    };
    // Two in one piece.
    let two = options("Content-Length: 0\r\n").repeat(2);
    line.write(two.as_bytes()).await;
    assert_eq!(line.read().await.unwrap().status(), Some(200));
    assert_eq!(line.read().await.unwrap().status(), Some(200));
    line.write(options("").as_bytes()).await;
    assert!(
        line.read().await.is_none(),
        "without Content-Length nobody knows where the next message begins"
    );
    let mut long = Line::open(service.voice.sip_addr()).await;
    let _ = long.stream.write_all(&vec![b'a'; 20_000]).await;
    assert!(long.read().await.is_none(), "a head without end");
}
