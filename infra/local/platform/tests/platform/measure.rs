//! Figures of this machine, printed: `cargo nextest run -p platform --run-ignored only --no-capture`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::process::{Place, processes_of};
use crate::services::{config, put_call};

fn percentiles(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{what}: median {:?}, p99 {:?}, {} runs",
        at(0.5),
        at(0.99),
        times.len()
    );
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}

#[tokio::test]
#[ignore = "prints figures, decides nothing"]
async fn figures() {
    let place = Place::new();
    let begun = Instant::now();
    let running = place.start();
    println!("first start, with empty sample data: {:?}", begun.elapsed());
    running.kill();
    let begun = Instant::now();
    let running = place.start();
    println!("start after a kill: {:?}", begun.elapsed());

    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let url = format!("{}/2015-03-31/functions/turn/invocations", running.aws());
    let mut times = Vec::new();
    for _ in 0..2000 {
        let begun = Instant::now();
        let request = http::Request::post(&url)
            .body(Full::from(r#"{"n":1}"#))
            .unwrap();
        client
            .request(request)
            .await
            .unwrap()
            .into_body()
            .collect()
            .await
            .unwrap();
        times.push(begun.elapsed());
    }
    percentiles("one invocation, over the Lambda API", times.split_off(200));

    let config = config(&running).await;
    let (mut writes, mut sent) = (Vec::new(), Vec::new());
    for n in 0..300 {
        let begun = Instant::now();
        sent.push(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
        put_call(&config, &format!("CALL#{n}")).await;
        writes.push(begun.elapsed());
    }
    percentiles("PutItem, with the SDK", writes);
    let taken = place.noted("record-at", 300).await;
    let taken = taken
        .iter()
        .map(|line| Duration::from_micros(line.parse().unwrap()));
    percentiles(
        "PutItem sent to record in the function",
        taken
            .zip(sent)
            .map(|(at, sent)| at.saturating_sub(sent))
            .collect(),
    );

    let functions = processes_of(&place.path("notes"));
    let all: u64 = functions.iter().map(|pid| resident_kib(*pid)).sum();
    println!(
        "resident: strowger {} KiB, {} functions {all} KiB",
        resident_kib(running.pid()),
        functions.len()
    );
}
