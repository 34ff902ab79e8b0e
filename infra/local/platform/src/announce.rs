//! What the platform says once it is ready: a table for people, or one line of JSON for programs.

use std::fmt::Write;
use std::net::SocketAddr;

use serde::Serialize;
use serde_json::{Value, json};

use crate::pace::Pace;
use crate::seed::Sample;

/// Where everything is.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    /// The web client.
    pub web: String,
    /// The HTTP API.
    pub api: String,
    /// The WebSocket API.
    pub websocket: String,
    /// The phone side.
    pub sip: Sip,
    /// The practice carrier's API: endpoint, key, and the key that checks its notices.
    pub carrier: Value,
    /// The page on which a person answers for the practice carrier's donors.
    pub practice: String,
    /// S3, with the key that functions sign with.
    pub s3: S3,
    /// The page of the mails that were sent.
    pub outbox: String,
    /// The AWS APIs' address.
    #[serde(skip)]
    pub aws: SocketAddr,
    /// How fast days pass.
    #[serde(skip)]
    pub pace: Pace,
    /// Sample people and numbers.
    #[serde(flatten)]
    pub sample: Sample,
}

/// S3.
#[derive(Debug, Clone, Default, Serialize)]
pub struct S3 {
    /// Its address.
    pub endpoint: String,
    /// The key's id.
    pub access_key_id: &'static str,
    /// The key's secret.
    pub secret_access_key: String,
}

/// The phone side.
#[derive(Debug, Clone, Serialize)]
pub struct Sip {
    /// Address for UDP.
    pub udp: String,
    /// Address for TCP.
    pub tcp: String,
    /// Accounts that phones and trunks sign in with.
    pub accounts: Vec<Value>,
}

/// The services of the AWS address by the name that scripts read.
const SERVICES: [&str; 8] = [
    "sfn",
    "dynamodb",
    "dynamodbstreams",
    "chime_sdk_voice",
    "chime_sdk_meetings",
    "lambda",
    "execute_api",
    "sesv2",
];

impl Ready {
    /// One line of JSON.
    pub fn json(&self) -> String {
        let endpoint = format!("http://{}", self.aws);
        let mut line = serde_json::to_value(self).unwrap_or_default();
        line["aws"] = json!({ "endpoint": endpoint });
        line["time_scale"] = json!(self.pace.time_scale);
        line["patience_s"] = json!(self.pace.patience_s);
        for service in SERVICES {
            line["aws"][service] = json!(endpoint);
        }
        line.to_string()
    }

    /// A table for people.
    pub fn table(&self) -> String {
        let mut table = String::from("\nStrowger is ready.\n\n");
        let udp_tcp = format!("{} (UDP and TCP)", self.sip.udp.trim_start_matches("sip:"));
        for (what, place) in [
            ("Web", self.web.as_str()),
            ("API", &format!("{}/docs", self.web)),
            ("SIP", &udp_tcp),
            ("Carrier", self.practice.as_str()),
            ("Mails", self.outbox.as_str()),
            ("AWS APIs", &format!("http://{}", self.aws)),
        ] {
            let _ = writeln!(table, "  {what:<10} {place}");
        }
        if let Some(words) = self.pace.words() {
            let _ = writeln!(table, "  {:<10} {words}", "Time");
        }
        if !self.sample.people.is_empty() {
            let _ = writeln!(table, "\n  Sign in with");
            for person in &self.sample.people {
                let word = |name: &str| person[name].as_str().unwrap_or("-").to_owned();
                let (email, password) = (word("email"), word("password"));
                let _ = writeln!(
                    table,
                    "  {email:<28} {password:<24} {:<10} {}",
                    word("role"),
                    word("number")
                );
            }
        }
        for account in &self.sip.accounts {
            let word = |name: &str| account[name].as_str().unwrap_or("-").to_owned();
            let _ = writeln!(
                table,
                "\n  SIP account {}, password {}",
                word("username"),
                word("password")
            );
        }
        if !self.sample.numbers.is_empty() {
            let numbers: Vec<String> = self.sample.numbers.iter().map(number_text).collect();
            let _ = writeln!(table, "\n  Numbers to call: {}", numbers.join(", "));
        }
        table
    }
}

fn number_text(number: &Value) -> String {
    let text = number
        .as_str()
        .or_else(|| number["number"].as_str())
        .or_else(|| number["e164"].as_str());
    text.map_or_else(|| number.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Ready {
        Ready {
            web: "http://localhost:8080".to_owned(),
            api: "http://localhost:8080".to_owned(),
            websocket: "ws://localhost:8080/ws".to_owned(),
            sip: Sip {
                udp: "127.0.0.1:5060".to_owned(),
                tcp: "127.0.0.1:5060".to_owned(),
                accounts: vec![],
            },
            carrier: json!({ "endpoint": "http://127.0.0.1:4800" }),
            practice: "http://localhost:8080/practice".to_owned(),
            s3: S3::default(),
            outbox: "http://localhost:8080/practice/mail".to_owned(),
            aws: SocketAddr::from(([127, 0, 0, 1], 4566)),
            pace: Pace::new(None),
            sample: Sample {
                tenant: json!("t-1"),
                people: vec![
                    json!({ "name": "Ann", "email": "ann@example.test", "password": "pw", "role": "member" }),
                ],
                numbers: vec![json!("+41445550100")],
            },
        }
    }

    #[test]
    fn programs_read_one_line_with_every_address() {
        let line = ready().json();
        assert!(!line.contains('\n'));
        let told: Value = serde_json::from_str(&line).expect("json");
        assert_eq!(told["aws"]["endpoint"], "http://127.0.0.1:4566");
        for service in SERVICES {
            assert_eq!(told["aws"][service], "http://127.0.0.1:4566", "{service}");
        }
        assert_eq!(told["people"][0]["email"], "ann@example.test");
        assert_eq!(told["numbers"][0], "+41445550100");
        assert_eq!(told["sip"]["udp"], "127.0.0.1:5060");
        assert_eq!(
            (&told["time_scale"], &told["patience_s"]),
            (&json!(3600), &json!(1800))
        );
    }

    #[test]
    fn people_read_where_to_go_and_how_to_sign_in() {
        let table = ready().table();
        for told in [
            "http://localhost:8080",
            "ann@example.test",
            "pw",
            "+41445550100",
            "5060",
            "4566",
            "http://localhost:8080/practice",
            "3,600 times faster, people have 30 minutes at least",
        ] {
            assert!(table.contains(told), "{told} in {table}");
        }
    }
}
