//! What RFC 4475's messages are answered with, and that they touch nobody's call.

use super::*;
use crate::sip::message::Start;
use crate::sip::torture::CASES;

/// What comes back to somebody unknown: nothing for responses and for what is no message, else a status. What is sound and needs a
/// known sender is challenged.
const ANSWERS: &[(&str, &[u16])] = &[
    // Its To has a tag: a request within a dialog that is not there.
    ("wsinv", &[481]),
    ("intmeth", &[501]),
    ("esc01", &[401]),
    ("escnull", &[401]),
    ("esc02", &[501]),
    ("lwsdisp", &[200]),
    ("longreq", &[401]),
    ("dblreq", &[401]),
    ("semiuri", &[200]),
    ("transports", &[200]),
    ("mpart01", &[405]),
    ("unreason", &[]),
    ("noreason", &[]),
    ("badinv01", &[400]),
    ("clerr", &[400]),
    ("ncl", &[400]),
    ("scalar02", &[400]),
    ("scalarlg", &[]),
    ("quotbal", &[400]),
    ("ltgtruri", &[400]),
    ("lwsruri", &[400]),
    ("lwsstart", &[400]),
    ("trws", &[400]),
    ("escruri", &[400]),
    ("baddate", &[401]),
    ("regbadct", &[401]),
    ("badaspec", &[200]),
    ("baddn", &[]),
    ("badvers", &[505]),
    ("mismatch01", &[400]),
    ("mismatch02", &[501]),
    ("bigcode", &[]),
    ("badbranch", &[200]),
    ("insuf", &[400]),
    ("unkscm", &[416]),
    ("novelsc", &[416]),
    ("unksm2", &[401]),
    ("bext01", &[420]),
    ("invut", &[415]),
    // Credentials of an unknown scheme are none.
    ("regaut01", &[401]),
    ("multi01", &[400]),
    ("mcl01", &[400]),
    ("bcast", &[]),
    // It has arrived: nobody sends it on.
    ("zeromf", &[200]),
    ("cparam01", &[401]),
    ("cparam02", &[401]),
    ("regescrt", &[401]),
    ("sdp01", &[406]),
    ("inv2543", &[401]),
];

fn answers(bench: &mut Bench, bytes: &[u8], from: &str) -> Vec<u16> {
    if let Ok(parsed) = Message::parse(bytes) {
        let flow = Flow::udp(from.parse().unwrap());
        bench.exchange.message(parsed, flow, bench.now);
    }
    bench.gather();
    let sent = std::mem::take(&mut bench.sent);
    sent.iter().filter_map(|(_, m)| m.status()).collect()
}

#[test]
fn every_message_gets_the_answer_that_its_fault_deserves_and_no_call_hears_of_it() {
    let mut bench = Bench::new();
    let ok = bench.connected("up");
    let (events, records) = (bench.events.len(), bench.records.len());
    let mut wrong = Vec::new();
    for (name, bytes, _) in CASES {
        let got = answers(&mut bench, bytes, "10.0.0.66:5060");
        let wanted = ANSWERS.iter().find(|(known, _)| known == name);
        if wanted.is_none_or(|(_, wanted)| *wanted != got) {
            wrong.push((name, got));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!((bench.events.len(), bench.records.len()), (events, records));
    assert_eq!((bench.exchange.calls(), bench.heard()), (1, vec![]));
    bench.receive(&within("up", "BYE", 2, &ok, ""), TRUNK);
    assert_eq!(bench.take("200 BYE").call_id(), Some("up"));
}

#[test]
fn a_trunks_register_gets_what_its_contact_deserves() {
    // An allowed address names the account itself, so these come as far as the registrar.
    for (name, contact) in [
        ("regbadct", Err(400)),
        (
            "cparam01",
            Ok("<sip:+19725552222@gw1.example.net>;expires="),
        ),
        (
            "cparam02",
            Ok("<sip:+19725552222@gw1.example.net;unknownparam>;expires="),
        ),
        (
            "regescrt",
            Ok("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires="),
        ),
    ] {
        let (_, bytes, _) = CASES.iter().find(|(known, ..)| *known == name).unwrap();
        let text = std::str::from_utf8(bytes).unwrap();
        let to = text.lines().find(|line| line.starts_with("To:")).unwrap();
        let mut bench = Bench::new();
        bench.receive(&text.replace(to, "To: <sip:phone@127.0.0.1>"), TRUNK);
        match contact {
            Ok(contact) => {
                let ok = bench.take("200 REGISTER");
                let shown = ok.header("Contact").unwrap();
                assert!(shown.starts_with(contact), "{name}: {shown}");
            }
            Err(status) => drop(bench.take(&format!("{status} REGISTER"))),
        }
    }
}

#[test]
fn a_client_of_rfc_2543_is_hung_up_on_where_its_from_header_says() {
    let (_, bytes, _) = CASES.iter().find(|(name, ..)| *name == "inv2543").unwrap();
    let text = std::str::from_utf8(bytes).unwrap();
    let mut bench = Bench::new();
    bench.receive(
        &text.replace(
            "sip:UserB@example.com SIP",
            &format!("sip:{OURS}@127.0.0.1 SIP"),
        ),
        TRUNK,
    );
    bench.reply(json!([speak()]));
    let ok = bench.take("200 INVITE");
    let ack = format!(
        "ACK sip:{OURS}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.com\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 56 ACK\r\n\r\n",
        ok.header("From").unwrap(),
        ok.header("To").unwrap(),
        ok.call_id().unwrap()
    );
    bench.receive(&ack, TRUNK);
    bench.exchange.end_all(bench.now);
    bench.gather();
    let bye = bench.take("BYE");
    let Start::Request { uri, .. } = &bye.start else {
        panic!("a request");
    };
    assert!(
        uri.contains("ss1.example.com") || uri.contains("+13035551111"),
        "{uri}"
    );
}
