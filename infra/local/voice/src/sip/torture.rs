//! The messages of RFC 4475, each with what it must come to before anything looks at its meaning.

use super::check::{Verdict, check};
use super::message::{Message, ParseError};

#[derive(Debug, PartialEq, Eq)]
enum Came {
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

const CASES: &[(&str, &[u8], Came)] = cases! {
    // Section 3.1.1, valid.
    "wsinv" => Came::Sound,
    // Valid, with a method that nobody serves.
    "intmeth" => Came::Refused(501),
    "esc01" => Came::Sound,
    "escnull" => Came::Sound,
    "esc02" => Came::Refused(501),
    "lwsdisp" => Came::Sound,
    "longreq" => Came::Sound,
    "dblreq" => Came::Sound,
    "semiuri" => Came::Sound,
    "transports" => Came::Sound,
    "unreason" => Came::Sound,
    "noreason" => Came::Sound,
    // Section 3.1.2, invalid.
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
    "baddn" => Came::Refused(400),
    "badvers" => Came::Refused(505),
    "mismatch01" => Came::Refused(400),
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
    "multi01" => Came::Refused(400),
    "mcl01" => Came::Refused(400),
    "bcast" => Came::Ignored,
    "zeromf" => Came::Sound,
    // Section 3.4, RFC 2543.
    "inv2543" => Came::Sound,
};

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
