//! What a restart does for the calls of the run before.

use super::*;

/// Kills the exchange and starts another one on the same journal.
fn restarted(bench: Bench) -> Bench {
    let text: Vec<String> = bench
        .records
        .iter()
        .map(|r| serde_json::to_string(r).unwrap())
        .collect();
    let records = text
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let media = FakeMedia::default();
    let heard = Arc::clone(&media.heard);
    let exchange = Exchange::new(
        site(),
        Arc::clone(&bench.carrier),
        Arc::clone(&bench.store),
        Box::new(media),
    );
    let mut next = Bench {
        exchange,
        heard,
        sent: vec![],
        events: vec![],
        records: vec![],
        ..bench
    };
    next.exchange.recover(records, next.now);
    next.gather();
    next
}

#[test]
fn after_a_crash_every_phone_is_released_and_every_function_told() {
    let mut bench = Bench::new();
    let ok = bench.connected("up");
    bench.receive(&invite("ringing", OURS, 1, "", SDP), TRUNK);
    bench.reply(json!([pause()]));
    let mut bench = restarted(bench);
    let mut said: Vec<String> = bench.sent.iter().map(|(_, m)| name(m)).collect();
    said.sort();
    assert_eq!(said, ["480 INVITE", "BYE"]);
    let bye = bench.take("BYE");
    assert_eq!(bye.header("Call-ID"), Some("up"));
    assert_eq!(
        (bye.header("From"), bye.header("To")),
        (ok.header("To"), ok.header("From"))
    );
    assert_eq!(bench.events.len(), 2);
    for (_, sequence, event) in bench.events.clone() {
        assert_eq!(event["InvocationEventType"], "HANGUP");
        assert!(sequence > 1, "goes on from where it was");
        bench.events.push((
            event["CallDetails"]["TransactionId"]
                .as_str()
                .unwrap()
                .to_owned(),
            sequence,
            event,
        ));
        bench.reply(json!([]));
    }
    assert_eq!(bench.exchange.calls(), 0);
    let again = restarted(bench);
    assert!(
        again.sent.is_empty() && again.events.is_empty(),
        "nothing is left to do"
    );
}

#[test]
fn after_a_crash_a_called_phone_stops_ringing() {
    let mut bench = Bench::new();
    bench.register(1, PHONE);
    bench.place(THEIRS, None);
    bench.reply(json!([]));
    let invite = bench.take("INVITE");
    bench.receive(&answer(&invite, 180, "p", "", ""), PHONE);
    let mut bench = restarted(bench);
    let cancel = bench.take("CANCEL");
    assert_eq!(cancel.header("Via"), invite.header("Via"));
    assert_eq!(bench.kind(), "HANGUP");
    // It was answered in the same moment.
    bench.receive(
        &answer(
            &invite,
            200,
            "p",
            &format!("Contact: <sip:phone@{PHONE}>\r\n"),
            SDP,
        ),
        PHONE,
    );
    assert_eq!(bench.said(), ["ACK", "BYE"]);
    // It is still registered.
    bench.place(THEIRS, None);
    bench.reply(json!([]));
    bench.take("INVITE");
}
