//! The 49 messages of RFC 4475, each with what it must come to before anything looks at its meaning.

use super::check::{Verdict, check};
use super::message::{Message, Method, ParseError, Start};
use super::uri::{NameAddr, Uri};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Came {
    Sound,
    Refused(u16),
    Ignored,
    NotSip,
}

fn came(bytes: &[u8]) -> Came {
    match Message::parse(bytes) {
        Err(ParseError::NotSip | ParseError::TooLarge) => Came::NotSip,
        Ok(parsed) => match check(&parsed) {
            Verdict::Sound => Came::Sound,
            Verdict::Refuse(refusal) => Came::Refused(refusal.status),
            Verdict::Ignore => Came::Ignored,
        },
    }
}

macro_rules! cases {
    ($($name:literal => $wanted:expr),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../tests/rfc4475/", $name, ".dat")).as_slice(), $wanted)),+]
    };
}

/// All 49, byte for byte as in the archive of the RFC's appendix A.1, in its order.
pub(crate) const CASES: &[(&str, &[u8], Came)] = cases! {
    // Section 3.1.1, valid.
    "wsinv" => Came::Sound,
    // Valid, with a method that nobody serves.
    "intmeth" => Came::Refused(501),
    "esc01" => Came::Sound,
    "escnull" => Came::Sound,
    // `%` escapes nothing in a method: this is no REGISTER.
    "esc02" => Came::Refused(501),
    "lwsdisp" => Came::Sound,
    "longreq" => Came::Sound,
    "dblreq" => Came::Sound,
    "semiuri" => Came::Sound,
    "transports" => Came::Sound,
    // A sound MESSAGE; the method is known and not served.
    "mpart01" => Came::Refused(405),
    "unreason" => Came::Sound,
    "noreason" => Came::Sound,
    // Section 3.1.2, invalid. Broken responses are dropped.
    "badinv01" => Came::Refused(400),
    "clerr" => Came::Refused(400),
    "ncl" => Came::Refused(400),
    "scalar02" => Came::Refused(400),
    "scalarlg" => Came::Ignored,
    "quotbal" => Came::Refused(400),
    "ltgtruri" => Came::Refused(400),
    "lwsruri" => Came::Refused(400),
    "lwsstart" => Came::Refused(400),
    "trws" => Came::Refused(400),
    "escruri" => Came::Refused(400),
    // An element should not refuse it for a header that it has no use for.
    "baddate" => Came::Sound,
    // The Contact is the registrar's to refuse.
    "regbadct" => Came::Sound,
    // Spaces within the brackets may be ignored, and are.
    "badaspec" => Came::Sound,
    // The archive's file has no empty line after its headers.
    "baddn" => Came::NotSip,
    "badvers" => Came::Refused(505),
    "mismatch01" => Came::Refused(400),
    // The method is unknown, which is told first; 400 would be as good.
    "mismatch02" => Came::Refused(501),
    "bigcode" => Came::NotSip,
    // Section 3.2, transactions.
    "badbranch" => Came::Sound,
    // Section 3.3, the application.
    "insuf" => Came::Refused(400),
    "unkscm" => Came::Refused(416),
    "novelsc" => Came::Refused(416),
    "unksm2" => Came::Sound,
    "bext01" => Came::Refused(420),
    "invut" => Came::Refused(415),
    // Credentials of an unknown scheme are none: the registrar asks for others.
    "regaut01" => Came::Sound,
    "multi01" => Came::Refused(400),
    "mcl01" => Came::Refused(400),
    "bcast" => Came::Ignored,
    "zeromf" => Came::Sound,
    "cparam01" => Came::Sound,
    "cparam02" => Came::Sound,
    "regescrt" => Came::Sound,
    // No answer that could be given would be acceptable.
    "sdp01" => Came::Refused(406),
    // Section 3.4, RFC 2543.
    "inv2543" => Came::Sound,
};

fn message(name: &str) -> Message {
    let (_, bytes, _) = CASES.iter().find(|(known, ..)| *known == name).unwrap();
    Message::parse(bytes).unwrap().message
}

#[test]
fn there_are_49() {
    let names: std::collections::BTreeSet<_> = CASES.iter().map(|(name, ..)| name).collect();
    assert_eq!((names.len(), CASES.len()), (49, 49));
}

#[test]
fn what_is_valid_is_read_as_it_was_meant() {
    let wsinv = message("wsinv");
    assert_eq!(wsinv.cseq(), Some((9, Method::Invite)));
    assert_eq!(wsinv.list("Via").count(), 3);
    assert_eq!(wsinv.header("Subject"), Some(""));
    assert_eq!(wsinv.to().unwrap().tag(), Some("1918181833n"));
    assert_eq!(wsinv.body.len(), 150);

    let escaped = |name: &str| Uri::parse(&message(name).to().unwrap().uri).unwrap();
    assert_eq!(escaped("escnull").user, "null-\0-null");
    assert_eq!(escaped("esc01").user, "user");

    let longreq = message("longreq");
    assert_eq!(longreq.list("Via").count(), 34);
    let Start::Request { uri, .. } = &message("semiuri").start else {
        panic!("a request");
    };
    assert_eq!(Uri::parse(uri).unwrap().user, "user;par=u@example.net");
    assert_eq!(message("transports").list("Via").count(), 5);

    let noreason = message("noreason");
    assert_eq!(noreason.status(), Some(100));
    let Start::Response { reason, .. } = &message("unreason").start else {
        panic!("a response");
    };
    assert!(reason.contains('='), "{reason}");
}

#[test]
fn a_body_has_the_bytes_that_its_length_says() {
    // What follows in the datagram is no request of its own.
    assert_eq!(message("dblreq").method(), Some(&Method::Register));
    assert_eq!(message("dblreq").body, b"");
    // Two parts, one of them binary.
    let mpart01 = message("mpart01").body;
    assert!(mpart01.contains(&0) || mpart01.contains(&0x82));
    assert!(mpart01.ends_with(b"--7a9cbec02ceef655--\r\n"), "whole");
}

#[test]
fn a_display_name_with_a_comma_wants_quotes() {
    let (_, bytes, _) = CASES.iter().find(|(name, ..)| *name == "baddn").unwrap();
    assert_eq!(
        came(&[bytes, b"\r\n".as_slice()].concat()),
        Came::Refused(400)
    );
}

#[test]
fn behind_the_brackets_parameters_are_the_contacts_and_within_them_the_uris() {
    let contact = |name: &str| NameAddr::parse(message(name).header("Contact").unwrap()).unwrap();
    let (outside, inside) = (contact("cparam01"), contact("cparam02"));
    assert_eq!(outside.param("unknownparam"), Some(""));
    assert_eq!(outside.uri, "sip:+19725552222@gw1.example.net");
    assert_eq!(inside.param("unknownparam"), None);
    let uri = Uri::parse(&inside.uri).unwrap();
    assert_eq!(uri.param("unknownparam"), Some(""));
}

#[test]
fn every_message_comes_to_what_the_rfc_says() {
    let wrong: Vec<_> = CASES
        .iter()
        .filter(|(_, bytes, wanted)| came(bytes) != *wanted)
        .map(|(name, bytes, _)| (name, came(bytes)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_was_accepted_reads_back_the_same_after_writing() {
    for (name, bytes, wanted) in CASES {
        if *wanted == Came::Sound {
            let first = Message::parse(bytes).unwrap().message;
            let again = Message::parse(&first.to_bytes()).unwrap();
            assert_eq!(again.fault, None, "{name}");
            let strip = |m: &Message| {
                m.headers
                    .iter()
                    .filter(|(n, _)| n != "Content-Length")
                    .cloned()
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                (strip(&first), &first.body, &first.start),
                (
                    strip(&again.message),
                    &again.message.body,
                    &again.message.start
                )
            );
        }
    }
}

#[test]
fn a_message_cut_anywhere_or_with_any_byte_changed_is_no_harm() {
    for (_, bytes, _) in CASES {
        for at in (0..bytes.len()).step_by(7) {
            let _ = came(&bytes[..at]);
            let mut changed = bytes.to_vec();
            changed[at] = changed[at].wrapping_mul(31).wrapping_add(at as u8);
            let _ = came(&changed);
        }
    }
}
