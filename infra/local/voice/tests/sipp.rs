//! Against SIPp (package sip-tester): an implementation that is not ours.

mod outside;

use outside::{OURS, Service, config, hangup, on, pause, service};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sipp")
        .join(name)
}

/// Runs SIPp and expects that all its calls went as the scenario says.
async fn sipp(arguments: &[&str], dir: &Path) {
    let mut command = tokio::process::Command::new("sipp");
    command.current_dir(dir).args(arguments).args([
        "-i",
        "127.0.0.1",
        "-nostdin",
        "-timeout",
        "30s",
        "-timeout_error",
        "-trace_err",
    ]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = command
        .output()
        .await
        .expect("sipp must be installed (package sip-tester)");
    if !output.status.success() {
        let mut told = String::from_utf8_lossy(&output.stderr).into_owned();
        for file in std::fs::read_dir(dir).unwrap().flatten() {
            if file.file_name().to_string_lossy().ends_with("_errors.log") {
                told.push_str(&std::fs::read_to_string(file.path()).unwrap_or_default());
            }
        }
        panic!(
            "{arguments:?}: {}\n{}",
            output.status,
            &told[..told.len().min(4_000)]
        );
    }
}

async fn call_in(service: &Service, dir: &Path, extra: &[&str]) {
    let server = service.voice.sip_addr().to_string();
    let mut arguments = vec![server.as_str(), "-s", OURS];
    arguments.extend_from_slice(extra);
    sipp(&arguments, dir).await;
}

fn talk() -> serde_json::Value {
    json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "x", "InBetweenDigitsDurationInMilliseconds": 100,
        "FlushDigitsDurationInMilliseconds": 5000 } }, pause(600_000)])
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_udp_and_tcp() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(config(dir.path())).await;
    service
        .script
        .set(|e| on(e, &[("NEW_INBOUND_CALL", talk())]));
    for transport in ["u1", "t1", "tn"] {
        // One connection for all calls, or (tn) one for each.
        call_in(
            &service,
            dir.path(),
            &[
                "-sn",
                "uac",
                "-t",
                transport,
                "-max_socket",
                "500",
                "-m",
                "20",
                "-r",
                "40",
                "-d",
                "100",
            ],
        )
        .await;
        for _ in 0..20 {
            service.event_of("HANGUP").await;
        }
    }
    assert!(service.voice.live_calls().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_and_given_up_calls() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(config(dir.path())).await;
    service
        .script
        .set(|e| on(e, &[("NEW_INBOUND_CALL", json!([hangup(486)]))]));
    call_in(
        &service,
        dir.path(),
        &[
            "-sf",
            scenario("busy.xml").to_str().unwrap(),
            "-m",
            "10",
            "-r",
            "50",
        ],
    )
    .await;
    service
        .script
        .set(|e| on(e, &[("NEW_INBOUND_CALL", json!([pause(600_000)]))]));
    call_in(
        &service,
        dir.path(),
        &[
            "-sf",
            scenario("cancel.xml").to_str().unwrap(),
            "-m",
            "10",
            "-r",
            "50",
        ],
    )
    .await;
    for _ in 0..20 {
        service.event_of("HANGUP").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn digest_calls_and_a_caller_that_never_says_goodbye() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.rtp_timeout_s = 1;
    let mut service = service(config).await;
    service.ask_for_passwords().await;
    service
        .script
        .set(|e| on(e, &[("NEW_INBOUND_CALL", talk())]));
    let account = service.voice.accounts()[0].clone();
    let uri = format!("{OURS}@{}", service.voice.sip_addr());
    let login = [
        "-au",
        account.username.as_str(),
        "-ap",
        account.password.as_str(),
        "-auth_uri",
        uri.as_str(),
    ];
    let digest = scenario("digest_no_bye.xml");
    let mut arguments = vec!["-sf", digest.to_str().unwrap(), "-m", "12", "-r", "20"];
    arguments.extend_from_slice(&login);
    call_in(&service, dir.path(), &arguments).await;
    for _ in 0..12 {
        assert_eq!(
            service.event_of("HANGUP").await["CallDetails"]["Participants"][0]["From"],
            outside::THEIRS
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_out_over_udp_and_tcp() {
    for (transport, flag) in [("udp", "u1"), ("tcp", "t1")] {
        let dir = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = config(dir.path());
        std::fs::create_dir_all(&config.dir).unwrap();
        let carrier = json!({ "format": 1, "realm": "strowger", "algorithms": ["MD5"], "accounts": [],
            "numbers": [{ "number": OURS, "country": "CH" }],
            "routes": [{ "prefix": "+44", "host": "127.0.0.1", "port": port, "transport": transport }] });
        std::fs::write(config.dir.join("carrier.json"), carrier.to_string()).unwrap();
        let mut service = service(config).await;
        service
            .script
            .set(|e| on(e, &[("CALL_ANSWERED", json!([pause(100), hangup(0)]))]));
        let port = port.to_string();
        let called = ["-sn", "uas", "-p", &port, "-t", flag, "-m", "5"];
        let uas = sipp(&called, dir.path());
        let calls = async {
            for _ in 0..5 {
                service.place("+442055501000").await;
                // SIPp may still be starting; over TCP nobody listens then, and the call fails at once.
                loop {
                    let event = service.event().await;
                    if event["InvocationEventType"] != "HANGUP" {
                        continue;
                    }
                    if event["ActionData"]["Parameters"]["SipResponseCode"] == 0 {
                        break;
                    }
                    service.place("+442055501000").await;
                }
            }
        };
        tokio::join!(uas, calls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_nonsense_touches_no_call() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    service
        .script
        .set(|e| on(e, &[("NEW_INBOUND_CALL", talk())]));
    let server = service.voice.sip_addr();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flooding = std::sync::Arc::clone(&stop);
    let flood = std::thread::spawn(move || {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rfc4475");
        let messages: Vec<Vec<u8>> = std::fs::read_dir(dir)
            .unwrap()
            .flatten()
            .map(|f| std::fs::read(f.path()).unwrap())
            .collect();
        let mut sent = 0u64;
        while !flooding.load(std::sync::atomic::Ordering::Relaxed) {
            for message in &messages {
                sent += u64::from(socket.send_to(message, server).is_ok());
            }
            // 49 messages each 10 ms: 4,900 a second, far above what scanners send, and below what one core must do.
            std::thread::sleep(std::time::Duration::from_millis(10)); // pace: of the flood
        }
        sent
    });
    call_in(
        &service,
        dir.path(),
        &["-sn", "uac", "-m", "30", "-r", "30", "-d", "200"],
    )
    .await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(flood.join().unwrap() > 1_000, "the flood was one");
}
