//! What a meeting costs: `cargo run -p meetings --example meetload -- [MEETINGS] [SECONDS] [KIND]`.
//!
//! Two members in each meeting, speaking in turns. KIND is `phones` (parties of this process) or `encoded` (each
//! party also encodes and decodes Opus as a browser's leg does in the media thread, so that a browser's cost is seen
//! without a browser). Prints one line of JSON: the CPU used, as a share of one core, and how regular ticks were.

#[path = "../tests/browsers/tone.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod tone;

use media::opus_codec::{MAX_PACKET_BYTES, OpusDecoder, OpusEncoder, Settings};
use media::{Frame, Left, Party, Rooms};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

struct Quiet;

impl meetings::EventSink for Quiet {
    fn emit(&self, _: serde_json::Value) {}
}

/// A phone leg: speaks half of the time, as people do in turns.
struct Phone {
    tone: tone::Tone,
    ticks: u64,
    turn: u64,
    last: Instant,
    gaps: Arc<Mutex<Vec<f64>>>,
    codec: Option<(OpusEncoder, OpusDecoder)>,
}

impl Party for Phone {
    fn speak(&mut self, out: &mut Frame) -> bool {
        self.ticks += 1;
        self.tone.next(out);
        (self.ticks / 100) % 2 == self.turn
    }

    fn hear(&mut self, heard: &Frame) {
        if let Some((encoder, decoder)) = &mut self.codec {
            let mut packet = [0; MAX_PACKET_BYTES];
            if let Ok(bytes) = encoder.encode(heard, &mut packet) {
                let _ = decoder.decode(&packet[..bytes], 0, |_| {});
            }
        }
        let gap = self.last.elapsed().as_secs_f64() * 1_000.0;
        self.last = Instant::now();
        if let Ok(mut gaps) = self.gaps.lock() {
            gaps.push(gap);
        }
    }

    fn left(&mut self, _: Left) {}
}

/// CPU time of this process so far, in seconds.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |n: usize| {
        fields
            .get(n)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let count: usize = args.next().map_or(Ok(50), |n| n.parse())?;
    let seconds: u64 = args.next().map_or(Ok(10), |n| n.parse())?;
    let encoded = match args.next().as_deref() {
        None | Some("phones") => false,
        Some("encoded") => true,
        Some(other) => return Err(format!("KIND must be phones or encoded, not {other}").into()),
    };
    let dir = tempfile::tempdir()?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    let config = meetings::Config {
        dir: dir.path().to_owned(),
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        media_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        signaling_base: format!("ws://{addr}"),
    };
    let meetings = meetings::Meetings::open(config, Arc::new(Quiet))?;
    let router = meetings.api_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let chime = aws_sdk_chimesdkmeetings::Client::from_conf(
        aws_sdk_chimesdkmeetings::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_chimesdkmeetings::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_chimesdkmeetings::config::Credentials::new(
                "a", "b", None, None, "load",
            ))
            .endpoint_url(format!("http://{addr}"))
            .build(),
    );
    let gaps = Arc::new(Mutex::new(Vec::new()));
    let mut seats = Vec::new();
    for n in 0..count {
        let attendee = |name: &str| {
            aws_sdk_chimesdkmeetings::types::CreateAttendeeRequestItem::builder()
                .external_user_id(name)
                .build()
        };
        let made = chime
            .create_meeting_with_attendees()
            .client_request_token(format!("load-{n}"))
            .media_region("us-east-1")
            .external_meeting_id("load")
            .attendees(attendee("one")?)
            .attendees(attendee("two")?)
            .send()
            .await?;
        let id = made
            .meeting()
            .and_then(|m| m.meeting_id())
            .ok_or("no meeting")?;
        for (turn, attendee) in made.attendees().iter().enumerate() {
            let phone = Phone {
                tone: tone::Tone::new(400.0 + n as f64),
                ticks: 0,
                turn: turn as u64,
                last: Instant::now(),
                gaps: gaps.clone(),
                codec: if encoded {
                    Some((OpusEncoder::new(Settings::SPEECH)?, OpusDecoder::new()?))
                } else {
                    None
                },
            };
            seats.push(meetings.join(
                id,
                attendee.join_token().ok_or("no token")?,
                Box::new(phone),
            )?);
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    gaps.lock().map_err(|_| "poisoned")?.clear();
    let (cpu, start) = (cpu_s(), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let share = (cpu_s() - cpu) / start.elapsed().as_secs_f64();
    let mut gaps = std::mem::take(&mut *gaps.lock().map_err(|_| "poisoned")?);
    gaps.sort_by(f64::total_cmp);
    let at = |q: f64| {
        gaps.get(((gaps.len() as f64 - 1.0) * q) as usize)
            .copied()
            .unwrap_or(0.0)
    };
    let parties = seats.len();
    println!(
        "{}",
        serde_json::json!({
            "meetings": count,
            "parties": parties,
            "seconds": seconds,
            "cpu_cores": (share * 1e4).round() / 1e4,
            "cpu_core_per_party": share / parties as f64,
            "tick_gap_ms": { "p50": at(0.5), "p99": at(0.99), "max": at(1.0) },
        })
    );
    drop(seats);
    meetings.shutdown().await;
    Ok(())
}
