//! A phone: one UDP socket for SIP, one for RTP.
#![allow(dead_code, reason = "each test file uses its part")]

use media::g711::Law;
use media::tone::Tone;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use voice::rtp::packet::Packet;
use voice::sdp;
use voice::sip::message::{Message, response};

pub(crate) struct Phone {
    pub(crate) sip: UdpSocket,
    pub(crate) rtp: UdpSocket,
    server: SocketAddr,
    call_id: String,
    sequence: u16,
}

impl Phone {
    pub(crate) async fn new(server: SocketAddr) -> Self {
        let sip = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let rtp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self {
            sip,
            rtp,
            server,
            call_id: uuid::Uuid::new_v4().to_string(),
            sequence: 0,
        }
    }

    pub(crate) fn server(&self) -> SocketAddr {
        self.server
    }

    pub(crate) fn offer(&self) -> String {
        sdp::offer(self.rtp.local_addr().unwrap(), 1)
    }

    pub(crate) async fn send(&self, text: &str) {
        self.sip
            .send_to(text.as_bytes(), self.server)
            .await
            .unwrap();
    }

    pub(crate) async fn receive(&self) -> Message {
        let mut buffer = vec![0; 65_536];
        let received =
            tokio::time::timeout(super::outside::LIMIT, self.sip.recv_from(&mut buffer)).await;
        let (length, _) = received.expect("no SIP in time").unwrap();
        Message::parse(&buffer[..length]).unwrap().message
    }

    /// The next response with this status; others are skipped.
    pub(crate) async fn status(&self, status: u16) -> Message {
        loop {
            let message = self.receive().await;
            if message.status() == Some(status) {
                return message;
            }
            assert!(
                message.status().is_none_or(|s| s < 200),
                "{status} was expected, {:?} came",
                message.start
            );
        }
    }

    /// The next request of this method, answered 200; others are skipped.
    pub(crate) async fn request(&self, method: &str) -> Message {
        loop {
            let message = self.receive().await;
            if message.method().is_some_and(|m| m.as_str() == method) {
                let ok = response(&message, 200, "OK", Some("phone"));
                self.sip.send_to(&ok.to_bytes(), self.server).await.unwrap();
                return message;
            }
        }
    }

    pub(crate) fn text(
        &self,
        method: &str,
        to: &str,
        cseq: u32,
        to_tag: &str,
        body: &str,
    ) -> String {
        let here = self.sip.local_addr().unwrap();
        let (server, call_id) = (self.server, &self.call_id);
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        format!(
            "{method} sip:{to}@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{call_id}{method}{cseq};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+41445550199@{here}>;tag=p\r\nTo: <sip:{to}@{server}>{to_tag}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:phone@{here}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Calls `to` and waits for the answer; returns the To tag and where RTP goes.
    pub(crate) async fn call(&self, to: &str) -> (String, SocketAddr) {
        self.send(&self.text("INVITE", to, 1, "", &self.offer()))
            .await;
        let ok = self.status(200).await;
        let tag = format!(";tag={}", ok.to().unwrap().tag().unwrap());
        self.send(&self.text("ACK", to, 1, &tag, "")).await;
        let audio = sdp::Session::parse(&ok.body).unwrap().audio().unwrap();
        (tag, audio.address)
    }

    /// Sends a packet of RTP.
    pub(crate) async fn say(
        &mut self,
        to: SocketAddr,
        payload_type: u8,
        timestamp: u32,
        marker: bool,
        payload: &[u8],
    ) {
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        Packet {
            payload_type,
            marker,
            sequence: self.sequence,
            timestamp,
            ssrc: 99,
            payload,
        }
        .write(&mut bytes);
        self.rtp.send_to(&bytes, to).await.unwrap();
    }

    /// Sends a tone for `blocks` times 20 ms in real time, and returns what was heard meanwhile.
    pub(crate) async fn talk(&mut self, to: SocketAddr, frequency: f64, blocks: u32) -> Vec<i16> {
        let mut tone = Tone::new(&[frequency], 10_000.0, 8_000);
        let (mut heard, mut events) = (Vec::new(), Vec::new());
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        for n in 0..blocks {
            clock.tick().await;
            let (mut block, mut payload) = ([0i16; 160], Vec::new());
            tone.fill(&mut block);
            Law::A.encode_into(&block, &mut payload);
            self.say(to, 8, n * 160, n == 0, &payload).await;
            self.drain(&mut heard, &mut events);
        }
        heard
    }

    /// Takes what has arrived: audio and telephone events (timestamp, code).
    pub(crate) fn drain(&self, heard: &mut Vec<i16>, events: &mut Vec<(u32, u8)>) {
        let mut buffer = [0; 2_048];
        while let Ok(length) = self.rtp.try_recv(&mut buffer) {
            let Some(packet) = Packet::parse(&buffer[..length]) else {
                continue;
            };
            match packet.payload_type {
                8 => Law::A.decode_into(packet.payload, heard),
                0 => Law::Mu.decode_into(packet.payload, heard),
                _ => events.push((packet.timestamp, packet.payload[0])),
            }
        }
    }

    /// Listens without talking until `enough` says so.
    pub(crate) async fn listen(
        &self,
        mut enough: impl FnMut(&[i16], &[(u32, u8)]) -> bool,
    ) -> (Vec<i16>, Vec<(u32, u8)>) {
        let (mut heard, mut events) = (Vec::new(), Vec::new());
        let until = Instant::now() + super::outside::LIMIT;
        while !enough(&heard, &events) {
            assert!(Instant::now() < until, "not heard in time");
            let _ = tokio::time::timeout(Duration::from_millis(20), self.rtp.readable()).await;
            self.drain(&mut heard, &mut events);
        }
        (heard, events)
    }
}
