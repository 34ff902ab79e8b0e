//! Calls between scripted phones and a scripted function, in virtual time.

mod crash;
mod outbound;
mod torture;

use super::record::Record;
use super::*;
use crate::carrier::{Carrier, CarrierNumber, SamplePhone};
use crate::sdp::{Audio, Direction as SdpDirection};
use crate::session::Task;
use crate::sip::digest;
use crate::store::{Application, Endpoint, Number, Rule, Target, TriggerType};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Mutex;

const OURS: &str = "+41445550100";
const THEIRS: &str = "+41445550199";
const PHONE: &str = "10.0.0.1:5060";
const TRUNK: &str = "10.0.0.9:5060";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Connect(SdpDirection),
    Start(u32),
    Stop(u32),
    Leave,
    Close,
}

#[derive(Default)]
struct FakeMedia {
    heard: Arc<Mutex<Vec<Heard>>>,
    next: u64,
}

impl FakeMedia {
    fn note(&self, heard: Heard) {
        self.heard.lock().unwrap().push(heard);
    }
}

impl MediaPlane for FakeMedia {
    fn open(&mut self) -> std::io::Result<(LineId, SocketAddr)> {
        self.next += 1;
        Ok((
            LineId(self.next),
            SocketAddr::from(([127, 0, 0, 1], 40_000 + self.next as u16 * 2)),
        ))
    }
    fn connect(&mut self, _: LineId, audio: Audio, _: IpAddr) {
        self.note(Heard::Connect(audio.direction));
    }
    fn start(&mut self, _: LineId, work: u32, _: Task) {
        self.note(Heard::Start(work));
    }
    fn stop(&mut self, _: LineId, work: u32) {
        self.note(Heard::Stop(work));
    }
    fn leave(&mut self, _: LineId) {
        self.note(Heard::Leave);
    }
    fn close(&mut self, _: LineId) {
        self.note(Heard::Close);
    }
}

struct Bench {
    exchange: Exchange,
    now: Moment,
    /// Sent and not looked at yet.
    sent: Vec<(Flow, Message)>,
    events: Vec<(String, u32, Value)>,
    records: Vec<Record>,
    heard: Arc<Mutex<Vec<Heard>>>,
    carrier: Arc<Carrier>,
    store: Arc<Store>,
    _dir: tempfile::TempDir,
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

async fn stocked(path: std::path::PathBuf) -> Store {
    let store = Store::open(path).unwrap();
    let now = jiff::Timestamp::now();
    store
        .change(
            |state| -> Result<(), std::io::Error> {
                let arn = "arn:aws:lambda:us-east-1:000000000000:function:sma-event".to_owned();
                let application = Application {
                    sip_media_application_id: "sma".into(),
                    aws_region: "us-east-1".into(),
                    name: "n".into(),
                    endpoints: vec![Endpoint { lambda_arn: arn }],
                    created_timestamp: now,
                    updated_timestamp: now,
                    sip_media_application_arn: "arn".into(),
                };
                state.applications.insert("sma".into(), application);
                for (id, number, disabled) in [("rule", OURS, false), ("off", "+6565550100", true)]
                {
                    let new = Number {
                        number: number.into(),
                        country: "CH".into(),
                        order_id: None,
                        name: None,
                        created: now,
                        updated: now,
                    };
                    state.numbers.insert(number.into(), new);
                    let target = Target {
                        sip_media_application_id: "sma".into(),
                        priority: 1,
                        aws_region: "us-east-1".into(),
                    };
                    let rule = Rule {
                        sip_rule_id: id.into(),
                        name: id.into(),
                        disabled,
                        trigger_type: TriggerType::ToPhoneNumber,
                        trigger_value: number.into(),
                        target_applications: vec![target],
                        created_timestamp: now,
                        updated_timestamp: now,
                    };
                    state.rules.insert(id.into(), rule);
                }
                Ok(())
            },
            |e| e,
        )
        .await
        .unwrap();
    store
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let phone = SamplePhone {
            username: "phone".into(),
            numbers: vec![THEIRS.into()],
        };
        let number = CarrierNumber {
            number: OURS.into(),
            country: "CH".into(),
        };
        let mut carrier =
            Carrier::open(&dir.path().join("carrier.json"), &[number], &[], &[phone]).unwrap();
        carrier.allow = vec!["10.0.0.9".into()];
        let (carrier, store) = (
            Arc::new(carrier),
            Arc::new(block(stocked(dir.path().join("voice.json")))),
        );
        let media = FakeMedia::default();
        let heard = Arc::clone(&media.heard);
        let exchange = Exchange::new(
            site(),
            Arc::clone(&carrier),
            Arc::clone(&store),
            Box::new(media),
        );
        let now = Moment {
            at: At(1_000),
            epoch_ms: 1_790_000_000_000,
        };
        Self {
            exchange,
            now,
            sent: vec![],
            events: vec![],
            records: vec![],
            heard,
            carrier,
            store,
            _dir: dir,
        }
    }

    fn gather(&mut self) {
        for effect in self.exchange.take_effects() {
            match effect {
                Effect::Send(send) => self
                    .sent
                    .push((send.flow, Message::parse(&send.bytes).unwrap().message)),
                Effect::Invoke {
                    transaction,
                    sequence,
                    payload,
                    ..
                } => {
                    self.events.push((
                        transaction,
                        sequence,
                        serde_json::from_slice(&payload).unwrap(),
                    ));
                }
                Effect::Record { record, .. } => self.records.push(record),
            }
        }
    }

    fn receive(&mut self, text: &str, from: &str) {
        let parsed = Message::parse(text.as_bytes()).unwrap();
        self.exchange
            .message(parsed, Flow::udp(from.parse().unwrap()), self.now);
        self.gather();
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now.at.after(ms);
        while let Some(due) = self.exchange.next_due().filter(|due| *due <= until) {
            self.now.epoch_ms += due.since(self.now.at);
            self.now.at = due.max(self.now.at);
            self.exchange.tick(self.now);
            self.gather();
        }
        self.now.epoch_ms += until.since(self.now.at);
        self.now.at = until;
    }

    fn reply(&mut self, actions: Value) {
        let (transaction, sequence, _) = self.events.last().unwrap().clone();
        let body = json!({ "SchemaVersion": "1.0", "Actions": actions }).to_string();
        self.exchange
            .returned(&transaction, sequence, Ok(Bytes::from(body)), self.now);
        self.gather();
    }

    /// What was sent since the last call: statuses of responses, names of requests.
    fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
            .iter()
            .map(|(_, m)| name(m))
            .collect()
    }

    fn take(&mut self, wanted: &str) -> Message {
        let at = self.sent.iter().position(|(_, m)| name(m) == wanted);
        let at = at.unwrap_or_else(|| {
            panic!(
                "no {wanted} among {:?}",
                self.sent.iter().map(|(_, m)| name(m)).collect::<Vec<_>>()
            )
        });
        self.sent.remove(at).1
    }

    fn kind(&self) -> &str {
        self.events.last().unwrap().2["InvocationEventType"]
            .as_str()
            .unwrap()
    }

    fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// A call from the trunk that is up.
    fn connected(&mut self, call: &str) -> Message {
        self.receive(&invite(call, OURS, 1, "", SDP), TRUNK);
        self.reply(json!([speak()]));
        let ok = self.take("200 INVITE");
        self.receive(&within(call, "ACK", 1, &ok, ""), TRUNK);
        self.sent.clear();
        self.heard();
        ok
    }

    /// Registers the phone from `from`.
    fn register(&mut self, cseq: u32, from: &str) {
        let text = |extra: &str, branch: &str| {
            format!(
                "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{branch};rport\r\n\
                 From: <sip:phone@127.0.0.1>;tag=r\r\nTo: <sip:phone@127.0.0.1>\r\nCall-ID: reg-{from}\r\n\
                 CSeq: {cseq} REGISTER\r\nContact: <sip:phone@{from}>\r\n{extra}Content-Length: 0\r\n\r\n"
            )
        };
        self.receive(&text("", &format!("r{cseq}{from}")), from);
        let challenge = self.take("401 REGISTER");
        let password = &self.carrier.accounts[0].password;
        let challenge = challenge.header("WWW-Authenticate").unwrap();
        let answer = digest::answer(
            challenge,
            "phone",
            password,
            "REGISTER",
            "sip:127.0.0.1",
            "c",
        )
        .unwrap();
        self.receive(
            &text(
                &format!("Authorization: {answer}\r\n"),
                &format!("a{cseq}{from}"),
            ),
            from,
        );
        self.take("200 REGISTER");
    }

    fn place(&mut self, to: &str, route: Option<Hop>) -> String {
        let place = Place {
            application_id: "sma".into(),
            function_arn: "arn".into(),
            from: OURS.into(),
            to: to.into(),
            sip_headers: Default::default(),
            arguments: Default::default(),
            route,
        };
        let id = self.exchange.place(place, self.now).unwrap();
        self.gather();
        id
    }
}

fn site() -> Site {
    Site {
        account: "000000000000".into(),
        region: "us-east-1".into(),
        host: "127.0.0.1".parse().unwrap(),
        port: 5060,
        max_calls: 10,
        ring_limit_ms: 120_000,
    }
}

fn name(message: &Message) -> String {
    let (_, method) = message.cseq().unwrap();
    message
        .status()
        .map_or_else(|| method.to_string(), |status| format!("{status} {method}"))
}

fn speak() -> Value {
    json!({ "Type": "Speak", "Parameters": { "Text": "hello" } })
}

fn pause() -> Value {
    json!({ "Type": "Pause", "Parameters": { "DurationInMilliseconds": "600000" } })
}

fn hangup(code: u16) -> Value {
    json!({ "Type": "Hangup", "Parameters": { "SipResponseCode": code } })
}

fn invite(call: &str, to: &str, cseq: u32, extra: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "INVITE sip:{to}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {TRUNK};branch=z9hG4bK{call}{cseq}\r\n\
         From: <sip:+6565550199@trunk>;tag=f{call}\r\nTo: <sip:{to}@127.0.0.1>\r\nCall-ID: {call}\r\nCSeq: {cseq} INVITE\r\n\
         Contact: <sip:t@{TRUNK}>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A request of the caller within the dialog that `ok` confirmed.
fn within(call: &str, method: &str, cseq: u32, ok: &Message, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "{method} sip:strowger@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {TRUNK};branch=z9hG4bK{method}{call}{cseq}\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:t@{TRUNK}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        ok.header("From").unwrap(),
        ok.header("To").unwrap(),
        body.len()
    )
}

/// A phone's answer to an INVITE of ours.
fn answer(request: &Message, status: u16, tag: &str, extra: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let get = |name: &str| request.header(name).unwrap();
    format!(
        "SIP/2.0 {status} Whatever\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag={tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
        get("Via"),
        get("From"),
        get("To"),
        get("Call-ID"),
        get("CSeq"),
        body.len()
    )
}

#[test]
fn a_caller_is_answered_and_hangs_up() {
    let mut bench = Bench::new();
    bench.receive(&invite("c", OURS, 1, "X-Tenant: t1\r\n", SDP), TRUNK);
    assert_eq!(bench.said(), ["100 INVITE"]);
    let details = &bench.events[0].2["CallDetails"];
    assert_eq!(details["SipRuleId"], "rule");
    assert_eq!(details["Participants"][0]["From"], "+6565550199");
    assert_eq!(details["Participants"][0]["SipHeaders"]["X-Tenant"], "t1");
    bench.reply(json!([speak()]));
    let ok = bench.take("200 INVITE");
    assert!(String::from_utf8_lossy(&ok.body).contains("m=audio 40002 RTP/AVP 8 101"));
    assert_eq!(
        bench.heard(),
        [Heard::Connect(SdpDirection::SendRecv), Heard::Start(1)]
    );
    bench.receive(&within("c", "ACK", 1, &ok, ""), TRUNK);
    bench.wait(60_000);
    assert!(
        bench.said().is_empty(),
        "an acknowledged 200 is not sent again"
    );
    bench.receive(&within("c", "BYE", 2, &ok, ""), TRUNK);
    assert_eq!(bench.said(), ["200 BYE"]);
    assert_eq!(bench.kind(), "HANGUP");
    assert!(bench.heard().contains(&Heard::Close));
    bench.reply(json!([]));
    assert_eq!(bench.exchange.calls(), 0);
    assert!(matches!(bench.records.last(), Some(Record::Over(_))));
}

#[test]
fn a_200_is_repeated_until_it_is_acknowledged_and_given_up_after_32_s() {
    let mut bench = Bench::new();
    bench.receive(&invite("c", OURS, 1, "", SDP), TRUNK);
    bench.reply(json!([speak()]));
    bench.said();
    bench.wait(3_500);
    assert_eq!(bench.said(), ["200 INVITE"; 3], "after 0.5, 1.5 and 3.5 s");
    bench.wait(29_000);
    assert_eq!(bench.said().last().unwrap(), "BYE");
    assert_eq!(bench.kind(), "HANGUP");
}

#[test]
fn a_repeated_invite_gets_the_same_answer_and_makes_no_second_call() {
    let mut bench = Bench::new();
    let text = invite("c", OURS, 1, "", SDP);
    bench.receive(&text, TRUNK);
    bench.receive(&text, TRUNK);
    bench.reply(json!([pause()]));
    bench.receive(&text, TRUNK);
    assert_eq!(
        bench.said(),
        ["100 INVITE", "100 INVITE", "180 INVITE", "180 INVITE"]
    );
    assert_eq!((bench.events.len(), bench.exchange.calls()), (1, 1));
}

#[test]
fn a_caller_who_gives_up_gets_487_and_the_function_hears_it() {
    let mut bench = Bench::new();
    bench.receive(&invite("c", OURS, 1, "", SDP), TRUNK);
    bench.reply(json!([pause()]));
    bench.said();
    let cancel = invite("c", OURS, 1, "", "")
        .replace("INVITE sip", "CANCEL sip")
        .replace("1 INVITE", "1 CANCEL");
    bench.receive(&cancel, TRUNK);
    assert_eq!(bench.said(), ["200 CANCEL", "487 INVITE"]);
    assert_eq!(bench.kind(), "HANGUP");
    bench.wait(400);
    bench.receive(
        &invite("c", OURS, 1, "", "")
            .replace("INVITE sip", "ACK sip")
            .replace("1 INVITE", "1 ACK"),
        TRUNK,
    );
    bench.wait(40_000);
    assert!(bench.said().is_empty(), "the ACK ended the repetition");
    bench.receive(&cancel.replace("z9hG4bKc1", "z9hG4bKother"), TRUNK);
    assert_eq!(bench.said(), ["481 CANCEL"]);
}

#[test]
fn hang_up_before_the_answer_is_a_refusal() {
    for (code, status) in [(0, "480 INVITE"), (480, "480 INVITE"), (486, "486 INVITE")] {
        let mut bench = Bench::new();
        bench.receive(&invite("c", OURS, 1, "", SDP), TRUNK);
        bench.said();
        bench.reply(json!([hangup(code)]));
        assert_eq!(bench.said(), [status]);
        assert_eq!(
            bench.events.last().unwrap().2["ActionData"]["Parameters"]["SipResponseCode"],
            code
        );
    }
}

#[test]
fn what_cannot_be_connected_is_refused_with_the_right_status() {
    let cases = [
        ("+15550100123", SDP, "404 INVITE"),
        ("anna", SDP, "404 INVITE"),
        ("+6565550100", SDP, "480 INVITE"),
        (
            OURS,
            "v=0\r\nc=IN IP4 10.0.0.9\r\nm=audio 4000 RTP/AVP 18\r\n",
            "488 INVITE",
        ),
        (OURS, "nonsense", "400 INVITE"),
    ];
    for (to, body, status) in cases {
        let mut bench = Bench::new();
        bench.receive(&invite("c", to, 1, "", body), TRUNK);
        assert_eq!(bench.said(), [status], "{to} {body}");
        assert!(bench.events.is_empty());
    }
}

#[test]
fn too_many_calls_and_a_drained_exchange_answer_503() {
    let mut bench = Bench::new();
    for n in 0..10 {
        bench.receive(&invite(&format!("c{n}"), OURS, 1, "", SDP), TRUNK);
    }
    bench.said();
    bench.receive(&invite("c11", OURS, 1, "", SDP), TRUNK);
    assert_eq!(bench.said(), ["503 INVITE"]);
    let mut bench = Bench::new();
    bench.connected("c");
    bench.exchange.drain();
    bench.receive(&invite("d", OURS, 1, "", SDP), TRUNK);
    assert_eq!(bench.said(), ["503 INVITE"]);
    bench.exchange.end_all(bench.now);
    bench.gather();
    assert_eq!(bench.said(), ["BYE"]);
    assert_eq!(bench.kind(), "HANGUP");
}

#[test]
fn strangers_are_challenged_without_state_and_a_nonce_serves_many_calls() {
    let mut bench = Bench::new();
    let plain = |n: u32, extra: &str| {
        invite(&format!("d{n}"), OURS, n, extra, SDP).replace("+6565550199", "phone")
    };
    bench.receive(&plain(1, ""), PHONE);
    let refused = bench.take("401 INVITE");
    assert!(bench.exchange.sip.is_empty() && bench.exchange.calls() == 0);
    let password = bench.carrier.accounts[0].password.clone();
    let challenge = refused.header("WWW-Authenticate").unwrap().to_owned();
    let nonce = digest::Params::parse(&challenge)
        .unwrap()
        .get("nonce")
        .unwrap()
        .to_owned();
    let uri = format!("sip:{OURS}@127.0.0.1");
    for n in 1..=20u32 {
        let hash = |text: String| {
            use md5::Digest as _;
            md5::Md5::digest(text.as_bytes())
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<String>()
        };
        let (ha1, ha2) = (
            hash(format!("phone:strowger:{password}")),
            hash(format!("INVITE:{uri}")),
        );
        let response = hash(format!("{ha1}:{nonce}:{n:08x}:c:auth:{ha2}"));
        let authorization = format!(
            "Authorization: Digest username=\"phone\", realm=\"strowger\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", qop=auth, nc={n:08x}, cnonce=\"c\"\r\n"
        );
        bench.receive(&plain(n + 1, &authorization), PHONE);
        assert_eq!(bench.said(), ["100 INVITE"], "request {n} on one nonce");
        assert_eq!(
            bench.events.last().unwrap().2["CallDetails"]["Participants"][0]["From"],
            THEIRS
        );
        bench.reply(json!([hangup(0)]));
        bench.said();
        bench.reply(json!([]));
        // The very same credentials in another call are a replay.
        bench.receive(&plain(n + 100, &authorization), PHONE);
        assert_eq!(bench.said(), ["401 INVITE"], "replay of {n}");
    }
}

#[test]
fn hold_and_resume_are_answered_and_obeyed() {
    let mut bench = Bench::new();
    let ok = bench.connected("c");
    let hold = format!("{SDP}a=sendonly\r\n");
    bench.receive(&within("c", "INVITE", 2, &ok, &hold), TRUNK);
    let held = bench.take("200 INVITE");
    assert!(String::from_utf8_lossy(&held.body).contains("a=recvonly"));
    assert_eq!(bench.heard(), [Heard::Connect(SdpDirection::SendOnly)]);
    bench.receive(&within("c", "INVITE", 3, &ok, SDP), TRUNK);
    assert_eq!(
        bench.said(),
        ["491 INVITE"],
        "the ACK of the one before is still to come"
    );
    bench.receive(&within("c", "ACK", 2, &ok, ""), TRUNK);
    bench.receive(&within("c", "INVITE", 4, &ok, ""), TRUNK);
    let offer = bench.take("200 INVITE");
    assert!(String::from_utf8_lossy(&offer.body).contains("RTP/AVP 8 0 101"));
    bench.receive(&within("c", "ACK", 4, &ok, SDP), TRUNK);
    assert_eq!(bench.heard(), [Heard::Connect(SdpDirection::SendRecv)]);
    bench.receive(
        &within("c", "INVITE", 1, &ok, SDP).replace("z9hG4bKINVITEc1", "z9hG4bKlate"),
        TRUNK,
    );
    assert_eq!(bench.said(), ["500 INVITE"]);
    bench.receive(&within("other", "INVITE", 9, &ok, SDP), TRUNK);
    assert_eq!(bench.said(), ["481 INVITE"]);
    assert_eq!(bench.exchange.live().len(), 1);
}

#[test]
fn a_caller_without_an_offer_gets_ours_and_its_answer_comes_in_the_ack() {
    let mut bench = Bench::new();
    bench.receive(&invite("c", OURS, 1, "", ""), TRUNK);
    bench.reply(json!([speak()]));
    let ok = bench.take("200 INVITE");
    assert!(bench.heard().is_empty());
    bench.receive(&within("c", "ACK", 1, &ok, SDP), TRUNK);
    assert_eq!(
        bench.heard(),
        [Heard::Connect(SdpDirection::SendRecv), Heard::Start(1)]
    );
}

#[test]
fn loops_are_seen() {
    let mut bench = Bench::new();
    let text = invite("c", OURS, 1, "", SDP);
    bench.receive(&text, TRUNK);
    bench.said();
    bench.receive(&text.replace("z9hG4bKc1", "z9hG4bKfork"), TRUNK);
    assert_eq!(bench.said(), ["482 INVITE"]);
}

#[test]
fn a_silent_phone_is_let_go() {
    let mut bench = Bench::new();
    bench.connected("c");
    bench
        .exchange
        .media(LineId(1), MediaEvent::Silent, bench.now);
    bench.gather();
    assert_eq!(bench.said(), ["BYE"]);
    assert_eq!(bench.kind(), "HANGUP");
    assert_eq!(bench.heard(), [Heard::Close]);
}

#[test]
fn a_meeting_that_ends_leaves_the_phone() {
    let mut bench = Bench::new();
    bench.connected("c");
    bench
        .exchange
        .media(LineId(1), MediaEvent::Done(1), bench.now);
    bench.gather();
    bench.reply(json!([{ "Type": "JoinChimeMeeting", "Parameters": { "MeetingId": "m", "JoinToken": "j" } }]));
    bench
        .exchange
        .media(LineId(1), MediaEvent::Done(2), bench.now);
    bench
        .exchange
        .media(LineId(1), MediaEvent::MeetingLeft, bench.now);
    bench.gather();
    assert!(bench.said().is_empty());
    let participants = &bench.events.last().unwrap().2["CallDetails"]["Participants"];
    assert_eq!(
        (&participants[0]["Status"], &participants[1]["Status"]),
        (&json!("Connected"), &json!("Disconnected"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn broken_messages_touch_no_other_call(
        noise in proptest::collection::vec((0usize..4, any::<prop::sample::Index>(), any::<u8>()), 1..60),
        trunk in any::<bool>(),
    ) {
        let mut bench = Bench::new();
        let ok = bench.connected("good");
        let calls = bench.exchange.live();
        let base = [
            invite("bad", "+15550100123", 1, "", SDP), within("bad", "BYE", 2, &ok, ""),
            within("bad", "INVITE", 2, &ok, SDP), answer(&ok, 200, "z", "", ""),
        ];
        for (which, at, byte) in noise {
            let mut bytes = base[which].clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(parsed) = Message::parse(&bytes) {
                let from = if trunk { TRUNK } else { PHONE };
                bench.exchange.message(parsed, Flow::udp(from.parse().unwrap()), bench.now);
                bench.gather();
            }
        }
        // A mutation may be a good new call of the trunk; it must not be the end of the one that was up.
        prop_assert!(bench.exchange.live().contains(&calls[0]));
        bench.sent.clear();
        bench.receive(&within("good", "BYE", 9, &ok, ""), TRUNK);
        prop_assert_eq!(bench.said(), ["200 BYE"]);
    }
}
