//! Whole calls over real sockets: signalling, audio both ways, digits, meetings, a crash.

mod outside;
#[path = "outside/phone.rs"]
mod phone;

use media::{Frame, goertzel};
use outside::{OURS, hangup, on, pause, play, service};
use phone::Phone;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_caller_hears_the_prompt_and_the_workflow_ends_the_call() {
    let dir = tempfile::tempdir().unwrap();
    outside::prompt(dir.path(), "hello.wav", 1_000.0);
    let mut service = service(outside::config(dir.path())).await;
    service.script.set(|e| {
        on(
            e,
            &[
                ("NEW_INBOUND_CALL", json!([play("hello.wav")])),
                ("ACTION_SUCCESSFUL", json!([hangup(0)])),
            ],
        )
    });
    let phone = Phone::new(service.voice.sip_addr()).await;
    phone.call(OURS).await;
    let (heard, _) = phone.listen(|heard, _| heard.len() > 7_000).await;
    assert!(goertzel::share(&heard[1_000..6_600], 1_000.0, 8_000) > 0.95);
    phone.request("BYE").await;
    let hangup = service.event_of("HANGUP").await;
    assert_eq!(
        hangup["CallDetails"]["Participants"][0]["Status"],
        "Disconnected"
    );
}

#[tokio::test]
async fn a_spoken_text_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(outside::config(dir.path())).await;
    let text = json!([{ "Type": "Speak", "Parameters": { "Text": "Hello. Who is calling?" } }]);
    service
        .script
        .set(move |e| on(e, &[("NEW_INBOUND_CALL", text.clone())]));
    let phone = Phone::new(service.voice.sip_addr()).await;
    phone.call(OURS).await;
    let (heard, _) = phone
        .listen(|heard, _| heard.iter().filter(|s| s.unsigned_abs() > 1_000).count() > 2_000)
        .await;
    assert!(heard.len() > 2_000);
    assert_eq!(
        service.event_of("ACTION_SUCCESSFUL").await["ActionData"]["Type"],
        "Speak"
    );
}

#[tokio::test]
async fn without_the_synthesiser_speak_fails_and_the_call_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = outside::config(dir.path());
    config.espeak = dir.path().join("not-there");
    let mut service = service(config).await;
    let text = json!([{ "Type": "Speak", "Parameters": { "Text": "Hello" } }]);
    service.script.set(move |e| {
        on(
            e,
            &[
                ("NEW_INBOUND_CALL", text.clone()),
                ("ACTION_FAILED", json!([hangup(0)])),
            ],
        )
    });
    let phone = Phone::new(service.voice.sip_addr()).await;
    phone.call(OURS).await;
    assert_eq!(
        service.event_of("ACTION_FAILED").await["ActionData"]["ErrorType"],
        "SystemException"
    );
    phone.request("BYE").await;
}

#[tokio::test]
async fn digits_go_both_ways() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(outside::config(dir.path())).await;
    let listen = json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "^12#$",
        "InBetweenDigitsDurationInMilliseconds": 300, "FlushDigitsDurationInMilliseconds": 5000 } }, pause(60_000)]);
    let send = json!([{ "Type": "SendDigits", "Parameters": { "Digits": "9*", "ToneDurationInMilliseconds": 100 } }]);
    service.script.set(move |e| {
        on(
            e,
            &[
                ("NEW_INBOUND_CALL", listen.clone()),
                ("DIGITS_RECEIVED", send.clone()),
            ],
        )
    });
    let mut phone = Phone::new(service.voice.sip_addr()).await;
    let (_, to) = phone.call(OURS).await;
    for (n, code) in [1u8, 2, 11].into_iter().enumerate() {
        for copy in 0..3u8 {
            phone
                .say(
                    to,
                    101,
                    n as u32 * 2_000,
                    copy == 0,
                    &[code, copy / 2 * 0x80, 0, 160],
                )
                .await;
        }
    }
    assert_eq!(
        service.event_of("DIGITS_RECEIVED").await["ActionData"]["ReceivedDigits"],
        "12#"
    );
    assert_eq!(
        service.event_of("ACTION_INTERRUPTED").await["ActionData"]["Type"],
        "Pause"
    );
    let (_, events) = phone
        .listen(|_, events| events.iter().any(|(_, code)| *code == 10))
        .await;
    let mut codes: Vec<u8> = events.iter().map(|(_, code)| *code).collect();
    codes.dedup();
    assert_eq!(codes, [9, 10]);
    assert_eq!(
        service.event_of("ACTION_SUCCESSFUL").await["ActionData"]["Type"],
        "SendDigits"
    );
}

#[tokio::test]
async fn a_phone_in_a_meeting_is_heard_and_hears() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(outside::config(dir.path())).await;
    let join = json!([{ "Type": "JoinChimeMeeting", "Parameters": { "MeetingId": "m", "JoinToken": "j" } }]);
    let end = json!([{ "Type": "Hangup", "Parameters": { "ParticipantTag": "LEG-A" } }]);
    service.script.set(move |e| {
        on(
            e,
            &[("NEW_INBOUND_CALL", join.clone()), ("HANGUP", end.clone())],
        )
    });
    let mut phone = Phone::new(service.voice.sip_addr()).await;
    let (_, to) = phone.call(OURS).await;
    let joined = service.event_of("ACTION_SUCCESSFUL").await;
    assert_eq!(
        joined["CallDetails"]["Participants"][1]["ParticipantTag"],
        "LEG-B"
    );
    let mut party = service.room.party.lock().unwrap().take().unwrap();
    // The meeting's clock: hears the phone, plays 600 Hz to it.
    let mixer = std::thread::spawn(move || {
        let mut tone = media::tone::Tone::new(&[600.0], 10_000.0, 48_000);
        let mut spoken = Vec::new();
        for _ in 0..60 {
            let mut frame = Frame::default();
            if party.speak(&mut frame) {
                spoken.extend_from_slice(&frame[..]);
            }
            tone.fill(&mut frame[..]);
            party.hear(&frame);
            std::thread::sleep(Duration::from_millis(20)); // pace: the mixer ticks
        }
        (party, spoken)
    });
    let heard = phone.talk(to, 1_000.0, 60).await;
    let (mut party, spoken) = mixer.join().unwrap();
    assert!(
        goertzel::share(&spoken[spoken.len() - 24_000..], 1_000.0, 48_000) > 0.9,
        "the meeting hears the phone"
    );
    assert!(
        goertzel::share(&heard[heard.len() - 4_000..], 600.0, 8_000) > 0.9,
        "the phone hears the meeting"
    );
    party.left(media::Left::MeetingEnded);
    let ended = service.event_of("HANGUP").await;
    assert_eq!(ended["ActionData"]["Parameters"]["ParticipantTag"], "LEG-B");
    phone.request("BYE").await;
}

#[tokio::test]
async fn a_phone_that_vanishes_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = outside::config(dir.path());
    config.rtp_timeout_s = 1;
    let mut service = service(config).await;
    outside::prompt(dir.path(), "hello.wav", 1_000.0);
    service.script.set(|e| {
        on(
            e,
            &[(
                "NEW_INBOUND_CALL",
                json!([play("hello.wav"), pause(60_000)]),
            )],
        )
    });
    let phone = Phone::new(service.voice.sip_addr()).await;
    phone.call(OURS).await;
    phone.request("BYE").await;
    assert_eq!(
        service.event_of("HANGUP").await["ActionData"]["Parameters"]["SipResponseCode"],
        480
    );
}

#[tokio::test]
async fn rtp_of_strangers_is_neither_heard_nor_answered() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(outside::config(dir.path())).await;
    let listen = json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": ".", "InBetweenDigitsDurationInMilliseconds": 100,
        "FlushDigitsDurationInMilliseconds": 5000 } }, pause(60_000)]);
    service
        .script
        .set(move |e| on(e, &[("NEW_INBOUND_CALL", listen.clone())]));
    let mut phone = Phone::new(service.voice.sip_addr()).await;
    let (_, to) = phone.call(OURS).await;
    phone.say(to, 8, 0, true, &[0xD5; 160]).await;
    phone.listen(|heard, _| heard.len() >= 320).await;
    let mut stranger = Phone::new(service.voice.sip_addr()).await;
    for n in 0..200u32 {
        stranger.say(to, 101, n * 160, true, &[5, 0, 0, 160]).await;
    }
    phone.say(to, 101, 90_000, true, &[7, 0, 0, 160]).await;
    assert_eq!(
        service.event_of("DIGITS_RECEIVED").await["ActionData"]["ReceivedDigits"],
        "7"
    );
    assert!(
        stranger.rtp.try_recv(&mut [0; 2_048]).is_err(),
        "nothing was sent to the stranger"
    );
}

#[tokio::test]
async fn a_restart_after_a_crash_ends_what_was_up() {
    let dir = tempfile::tempdir().unwrap();
    let service_one = service(outside::config(dir.path())).await;
    service_one.script.set(|e| {
        let up = e["CallDetails"]["Participants"][0]["From"] == "+41445550199";
        if up { json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "x", "InBetweenDigitsDurationInMilliseconds": 100,
            "FlushDigitsDurationInMilliseconds": 5000 } }, pause(600_000)]) } else { json!([pause(600_000)]) }
    });
    let address = service_one.voice.sip_addr();
    let (up, ringing) = (Phone::new(address).await, Phone::new(address).await);
    up.call(OURS).await;
    let invite = ringing
        .text("INVITE", OURS, 1, "", &ringing.offer())
        .replace("+41445550199", "+6565550177");
    ringing.send(&invite).await;
    ringing.status(180).await;
    // Dropped without shutdown: no BYE, no HANGUP, sockets and journal as after a crash.
    drop(service_one);
    let mut config = outside::config(dir.path());
    config.sip_addr = address;
    let mut service = loop {
        // The tasks of the first one let go of the port in their own time.
        if let Ok(udp) = std::net::UdpSocket::bind(address)
            && std::net::TcpListener::bind(address).is_ok()
        {
            drop(udp);
            break service(config).await;
        }
        tokio::task::yield_now().await;
    };
    up.request("BYE").await;
    ringing.status(480).await;
    let mut told = [
        service.event_of("HANGUP").await,
        service.event_of("HANGUP").await,
    ]
    .map(|e| {
        e["CallDetails"]["Participants"][0]["From"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    told.sort();
    assert_eq!(told, ["+41445550199", "+6565550177"]);
}

#[tokio::test]
async fn shutting_down_refuses_new_calls_and_ends_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(outside::config(dir.path())).await;
    let wait = json!([{ "Type": "ReceiveDigits", "Parameters": { "InputDigitsRegex": "x", "InBetweenDigitsDurationInMilliseconds": 100,
        "FlushDigitsDurationInMilliseconds": 5000 } }, pause(600_000)]);
    service
        .script
        .set(move |e| on(e, &[("NEW_INBOUND_CALL", wait.clone())]));
    let (phone, late) = (
        Phone::new(service.voice.sip_addr()).await,
        Phone::new(service.voice.sip_addr()).await,
    );
    phone.call(OURS).await;
    let stopping = service.voice.shutdown();
    let calls = async {
        // The 200 ms of draining.
        while late_status(&late).await != 503 {}
        phone.request("BYE").await;
    };
    tokio::join!(stopping, calls);
    service.event_of("HANGUP").await;
}

async fn late_status(phone: &Phone) -> u16 {
    let fresh = Phone::new(phone.server()).await;
    fresh
        .send(&fresh.text("INVITE", OURS, 1, "", &fresh.offer()))
        .await;
    let first = fresh.receive().await.status().unwrap();
    if first == 100 {
        fresh.send(&fresh.text("CANCEL", OURS, 1, "", "")).await
    }
    first
}
