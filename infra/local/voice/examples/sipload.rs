//! How many calls a second this machine carries, signalling only: SIPp calls, a function in this process answers with
//! a prompt of nothing, SIPp hangs up. `cargo run -p voice --example sipload -- [calls per second] [seconds]`.

use async_trait::async_trait;
use bytes::Bytes;
use media::{JoinError, Party, Rooms, Seat};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use voice::{CarrierNumber, Config, Functions, InvokeError, Voice};

const NUMBER: &str = "+41445550100";

struct Answer;

#[async_trait]
impl Functions for Answer {
    async fn invoke(&self, _: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let new = payload.windows(16).any(|w| w == b"NEW_INBOUND_CALL");
        let listen = r#"[{"Type":"ReceiveDigits","Parameters":{"InputDigitsRegex":"x","InBetweenDigitsDurationInMilliseconds":100,"FlushDigitsDurationInMilliseconds":100}}]"#;
        let actions = if new { listen } else { "[]" };
        Ok(Bytes::from(format!(
            r#"{{"SchemaVersion":"1.0","Actions":{actions}}}"#
        )))
    }
}

struct NoRooms;

impl Rooms for NoRooms {
    fn join(&self, _: &str, _: &str, _: Box<dyn Party>) -> Result<Seat, JoinError> {
        Err(JoinError::NoSuchMeeting)
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse::<u32>().ok());
    let (rate, seconds) = (
        arguments.next().unwrap_or(50),
        arguments.next().unwrap_or(10),
    );
    let dir = std::env::temp_dir().join(format!("sipload-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("voice")).expect("a temporary folder");
    let carrier = format!(
        r#"{{"format":1,"realm":"load","algorithms":["MD5"],"accounts":[],"numbers":[{{"number":"{NUMBER}","country":"CH"}}],"allow":["127.0.0.1"]}}"#
    );
    std::fs::write(dir.join("voice/carrier.json"), carrier).expect("a writable folder");
    let mut config = Config::new(
        dir.join("voice"),
        "127.0.0.1:0".parse().expect("an address"),
        dir.join("buckets"),
    );
    config.numbers = vec![CarrierNumber {
        number: NUMBER.into(),
        country: "CH".into(),
    }];
    config.max_calls = 10_000;
    let voice = Voice::open(config, Arc::new(Answer), Arc::new(NoRooms))
        .await
        .expect("the service");
    set_up(&voice).await;
    let (server, calls) = (voice.sip_addr().to_string(), rate * seconds);
    let (began, cpu) = (Instant::now(), cpu_ms());
    let work = dir.clone();
    let status = tokio::task::spawn_blocking(move || {
        let (calls, rate) = (calls.to_string(), rate.to_string());
        let numbers = [
            "-m",
            calls.as_str(),
            "-r",
            rate.as_str(),
            "-d",
            "200",
            "-timeout",
            "120s",
            "-nostdin",
        ];
        let mut sipp = Command::new("sipp");
        sipp.current_dir(work)
            .args([
                server.as_str(),
                "-s",
                NUMBER,
                "-sn",
                "uac",
                "-i",
                "127.0.0.1",
            ])
            .args(numbers);
        sipp.stdout(std::process::Stdio::null()).status()
    })
    .await;
    let (wall_s, used_ms) = (began.elapsed().as_secs_f64(), cpu_ms() - cpu);
    let well = matches!(status, Ok(Ok(status)) if status.success());
    println!(
        r#"{{"calls":{calls},"rate_per_s":{rate},"wall_s":{wall_s:.2},"cpu_ms_per_call":{:.3},"all_well":{well}}}"#,
        used_ms as f64 / f64::from(calls)
    );
    voice.shutdown().await;
    let _ = std::fs::remove_dir_all(&dir);
    std::process::exit(i32::from(!well));
}

/// An application and a rule for [`NUMBER`], over the API.
async fn set_up(voice: &Voice) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    let router = voice.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    use aws_sdk_chimesdkvoice as chime;
    let config = chime::Config::builder()
        .behavior_version(chime::config::BehaviorVersion::latest())
        .region(chime::config::Region::new("us-east-1"))
        .credentials_provider(chime::config::Credentials::new(
            "local", "local", None, None, "load",
        ))
        .endpoint_url(endpoint)
        .build();
    let client = chime::Client::from_conf(config);
    let endpoint = chime::types::SipMediaApplicationEndpoint::builder();
    let endpoint = endpoint
        .lambda_arn("arn:aws:lambda:us-east-1:000000000000:function:load")
        .build();
    let made = client
        .create_sip_media_application()
        .aws_region("us-east-1")
        .name("load")
        .endpoints(endpoint)
        .send()
        .await;
    let id = made
        .expect("an application")
        .sip_media_application
        .and_then(|a| a.sip_media_application_id)
        .unwrap_or_default();
    let target = chime::types::SipRuleTargetApplication::builder()
        .sip_media_application_id(id)
        .priority(1);
    let target = target.aws_region("us-east-1").build();
    let rule = client
        .create_sip_rule()
        .name("load")
        .trigger_type(chime::types::SipRuleTriggerType::ToPhoneNumber);
    rule.trigger_value(NUMBER)
        .target_applications(target)
        .send()
        .await
        .expect("a rule");
    server.abort();
}

/// Processor time of this process, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|f| f.parse().ok())
        .collect();
    // Clock ticks are 10 ms on Linux.
    fields.iter().sum::<u64>() * 10
}
