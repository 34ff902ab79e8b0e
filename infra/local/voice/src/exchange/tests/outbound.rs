//! Calls that the service places.

use super::*;

#[test]
fn a_call_to_a_registered_phone_rings_is_answered_and_ended() {
    let mut bench = Bench::new();
    bench.register(1, PHONE);
    bench.place(THEIRS, None);
    assert_eq!(bench.kind(), "NEW_OUTBOUND_CALL");
    assert!(
        bench.said().is_empty(),
        "dialled only after the function answered"
    );
    bench.reply(json!([]));
    let invite = bench.take("INVITE");
    assert_eq!(invite.from().unwrap().uri, format!("sip:{OURS}@127.0.0.1"));
    bench.receive(&answer(&invite, 180, "p", "", ""), PHONE);
    assert_eq!(bench.kind(), "RINGING");
    bench.reply(json!([]));
    let contact = format!("Contact: <sip:phone@{PHONE}>\r\n");
    let ok = answer(&invite, 200, "p", &contact, SDP);
    bench.receive(&ok, PHONE);
    assert_eq!(bench.kind(), "CALL_ANSWERED");
    assert_eq!(bench.said(), ["ACK"]);
    bench.receive(&ok, PHONE);
    assert_eq!(
        bench.said(),
        ["ACK"],
        "a repeated 200 is acknowledged again"
    );
    bench.reply(json!([hangup(0)]));
    let bye = bench.take("BYE");
    assert_eq!(bye.to().unwrap().tag(), Some("p"));
    assert_eq!(bye.header("CSeq"), Some("2 BYE"));
    assert_eq!(bench.kind(), "HANGUP");
}

#[test]
fn the_first_of_several_phones_gets_the_call() {
    let mut bench = Bench::new();
    let other = "10.0.0.2:5060";
    bench.register(1, PHONE);
    bench.register(2, other);
    bench.place(THEIRS, None);
    bench.reply(json!([]));
    let (first, second) = (bench.take("INVITE"), bench.take("INVITE"));
    bench.receive(&answer(&first, 180, "p", "", ""), PHONE);
    bench.receive(&answer(&second, 180, "q", "", ""), other);
    assert_eq!(
        bench
            .events
            .iter()
            .filter(|e| e.2["InvocationEventType"] == "RINGING")
            .count(),
        1
    );
    bench.reply(json!([]));
    if bench.kind() == "RINGING" {
        bench.reply(json!([]));
    }
    bench.receive(
        &answer(
            &second,
            200,
            "q",
            &format!("Contact: <sip:phone@{other}>\r\n"),
            SDP,
        ),
        other,
    );
    let mut said = bench.said();
    said.sort();
    assert_eq!(said, ["ACK", "CANCEL"]);
    // The first was picked up in the same moment.
    bench.receive(
        &answer(
            &first,
            200,
            "p",
            &format!("Contact: <sip:phone@{PHONE}>\r\n"),
            SDP,
        ),
        PHONE,
    );
    assert_eq!(bench.said(), ["ACK", "BYE"]);
    assert_eq!(bench.exchange.live().len(), 1);
}

#[test]
fn refusals_of_called_phones_are_told_as_busy_or_unavailable() {
    for (status, code) in [(486, 486), (603, 486), (404, 480), (503, 480)] {
        let mut bench = Bench::new();
        bench.register(1, PHONE);
        bench.place(THEIRS, None);
        bench.reply(json!([]));
        let invite = bench.take("INVITE");
        bench.receive(&answer(&invite, status, "p", "", ""), PHONE);
        assert_eq!(bench.said(), ["ACK"]);
        assert_eq!(
            bench.events.last().unwrap().2["ActionData"]["Parameters"]["SipResponseCode"],
            code
        );
    }
    let mut bench = Bench::new();
    bench.place(THEIRS, None);
    bench.reply(json!([]));
    assert_eq!(bench.kind(), "HANGUP", "nobody is registered");
    let mut silent = Bench::new();
    silent.register(1, PHONE);
    silent.place(THEIRS, None);
    silent.reply(json!([]));
    silent.wait(32_000);
    assert_eq!(silent.kind(), "HANGUP");
}

#[test]
fn a_phone_that_rings_too_long_or_is_given_up_is_cancelled() {
    for give_up in [true, false] {
        let mut bench = Bench::new();
        bench.register(1, PHONE);
        let id = bench.place(THEIRS, None);
        bench.reply(json!([]));
        let invite = bench.take("INVITE");
        bench.receive(&answer(&invite, 180, "p", "", ""), PHONE);
        bench.reply(json!([]));
        if give_up {
            assert!(
                bench
                    .exchange
                    .update("sma", &id, Default::default(), bench.now)
            );
            bench.gather();
            bench.reply(json!([hangup(0)]));
        } else {
            bench.wait(120_000);
        }
        assert_eq!(bench.said().first().unwrap(), "CANCEL");
        assert_eq!(bench.kind(), "HANGUP");
        bench.receive(&answer(&invite, 487, "p", "", ""), PHONE);
        assert_eq!(bench.said(), ["ACK"]);
        bench.reply(json!([]));
        assert!(
            !bench
                .exchange
                .update("sma", &id, Default::default(), bench.now),
            "NotFound once it has ended"
        );
        bench.wait(64_000);
        assert!(
            bench.exchange.sip.is_empty()
                && bench.exchange.orphans.is_empty()
                && bench.exchange.by_transaction.is_empty()
        );
    }
}

#[test]
fn a_route_that_asks_for_a_password_gets_it_once() {
    let mut bench = Bench::new();
    let flow = Flow::udp("10.0.0.7:5060".parse().unwrap());
    let hop = Hop {
        uri: "sip:+44@10.0.0.7".into(),
        flow,
        credentials: Some(("u".into(), "p".into())),
    };
    bench.place("+442055501000", Some(hop));
    bench.reply(json!([]));
    let first = bench.take("INVITE");
    let challenge = "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n";
    bench.receive(&answer(&first, 407, "x", challenge, ""), "10.0.0.7:5060");
    bench.take("ACK");
    let second = bench.take("INVITE");
    assert!(
        second
            .header("Proxy-Authorization")
            .unwrap()
            .contains("username=\"u\"")
    );
    assert_eq!(second.header("CSeq"), Some("2 INVITE"));
    assert_eq!(
        (first.header("Call-ID"), first.header("From")),
        (second.header("Call-ID"), second.header("From"))
    );
    bench.receive(&answer(&second, 407, "x", challenge, ""), "10.0.0.7:5060");
    assert_eq!(bench.said(), ["ACK"]);
    assert_eq!(bench.kind(), "HANGUP");
}

#[test]
fn a_call_to_a_number_of_ours_comes_back_as_a_call_from_the_network() {
    let own = "127.0.0.1:5060";
    let placed = || {
        let mut bench = Bench::new();
        bench.place(OURS, None);
        bench.reply(json!([]));
        let invite = bench.take("INVITE");
        (bench, String::from_utf8(invite.to_bytes()).unwrap())
    };
    let (mut bench, invite) = placed();
    bench.receive(&invite, own);
    assert_eq!(bench.kind(), "NEW_INBOUND_CALL");
    let caller = &bench.events.last().unwrap().2["CallDetails"]["Participants"][0];
    assert_eq!(
        (&caller["From"], &caller["To"]),
        (&json!(OURS), &json!(OURS))
    );
    bench.reply(json!([hangup(486)]));
    let busy = String::from_utf8(bench.take("486 INVITE").to_bytes()).unwrap();
    bench.receive(&busy, own);
    let last = &bench.events.last().unwrap().2;
    assert_eq!(last["InvocationEventType"], "HANGUP");
    assert_eq!(last["ActionData"]["Parameters"]["SipResponseCode"], 486);

    // What somebody else sends with the same words is asked for a password.
    let (mut bench, invite) = placed();
    bench.receive(&invite, "10.0.0.7:5060");
    assert_eq!(bench.said(), ["401 INVITE"]);
}
