//! Splitting, portability, deadlines and refusals as they ship.

use compliance::calendar::CalendarRow;
use compliance::porting::{
    BadPorting, Block, Candidate, Mend, NotPlaced, Portability, Porting, Rejections, Timer,
    block_faults, portability, split,
};
use compliance::world::{CALENDARS, PORTING, REJECTIONS};
use contract::E164;
use contract::dossier::NumberType;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn porting() -> Porting {
    Porting::read(PORTING.map(|(_, text)| text)).expect("the data reads")
}

fn number(text: &str) -> E164 {
    E164::parse(text).expect(text)
}

fn candidate(text: &str, carrier: Option<&str>) -> Candidate {
    Candidate {
        number: number(text),
        carrier: carrier.map(str::to_owned),
    }
}

#[test]
fn numbers_have_the_type_of_their_longest_prefix() {
    let porting = porting();
    let table = [
        ("+41445550100", Some(("CH", NumberType::Local))),
        ("+41585550100", Some(("CH", NumberType::National))),
        ("+41795550100", Some(("CH", NumberType::Mobile))),
        ("+41800555010", Some(("CH", NumberType::TollFree))),
        ("+41848555010", Some(("CH", NumberType::SharedCost))),
        ("+41900555010", None),
        ("+4144555010", None),
        ("+6565550100", Some(("SG", NumberType::Local))),
        ("+6585550100", Some(("SG", NumberType::Mobile))),
        ("+6518005550100", Some(("SG", NumberType::TollFree))),
        ("+5078330100", Some(("PA", NumberType::Local))),
        ("+5078000100", Some(("PA", NumberType::TollFree))),
        ("+50765550100", Some(("PA", NumberType::Mobile))),
        ("+12125550100", Some(("US", NumberType::Local))),
        ("+18005550100", Some(("US", NumberType::TollFree))),
        ("+14165550100", None),
        ("+18765550100", None),
        ("+17875550100", Some(("US", NumberType::Local))),
        ("+33155501000", None),
    ];
    for (text, expected) in table {
        let found = porting
            .place(&number(text))
            .map(|(rules, kind)| (rules.country.as_str(), kind));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_request_becomes_an_order_for_each_country_type_and_carrier() {
    let request = [
        candidate("+41445550101", Some("Swisscom")),
        candidate("+41445550100", Some("Swisscom")),
        candidate("+41445550102", Some("Sunrise")),
        candidate("+41795550100", Some("Swisscom")),
        candidate("+6565550100", None),
        candidate("+41445550100", None),
        candidate("+6531550100", None),
        candidate("+33155501000", None),
    ];
    let split = split(&porting(), &request);
    let parts: Vec<String> = split
        .parts
        .iter()
        .map(|part| {
            format!(
                "{} {:?} {:?} {}",
                part.country,
                part.number_type,
                part.carrier,
                part.numbers.len()
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            "CH Local Some(\"Sunrise\") 1",
            "CH Local Some(\"Swisscom\") 2",
            "CH Mobile Some(\"Swisscom\") 1",
            "SG Local None 1",
        ]
    );
    assert_eq!(split.not_placed.len(), 2);
    assert_eq!(
        split.not_placed[0],
        (number("+33155501000"), NotPlaced::NoCountry)
    );
    assert!(
        matches!(&split.not_placed[1], (_, NotPlaced::NotPortable { why }) if why.contains("not ported"))
    );
}

#[test]
fn what_can_be_ported_is_told_with_its_reason() {
    let porting = porting();
    let asked = |country: &str, text: &str| {
        portability(porting.country(country).expect(country), &number(text))
    };
    assert_eq!(asked("US", "+12125550100"), Portability::Possible);
    assert!(
        matches!(asked("US", "+19005550100"), Portability::Impossible { why } if why.contains("Premium"))
    );
    assert!(matches!(
        asked("PA", "+5078000100"),
        Portability::Impossible { .. }
    ));
    assert_eq!(asked("CH", "+41900555010"), Portability::Unknown);
    assert_eq!(asked("CH", "+12125550100"), Portability::Unknown);
}

#[test]
fn a_block_goes_whole_or_is_taken_apart_first() {
    let porting = porting();
    let singapore = porting.country("SG").expect("SG");
    let block = Block {
        first: number("+6565550100"),
        last: number("+6565550109"),
    };
    let whole: Vec<E164> = (100..110)
        .map(|n| number(&format!("+6565550{n}")))
        .collect();
    let blocks = std::slice::from_ref(&block);
    assert_eq!(block_faults(singapore, &whole, blocks), []);
    assert_eq!(
        block_faults(singapore, &[number("+6565550110")], blocks),
        [],
        "beside the block"
    );
    let faults = block_faults(singapore, &whole[..3], blocks);
    assert_eq!((faults[0].missing, faults[0].ordered.len()), (7, 3));
    assert!(faults[0].why.contains("whole"));
    // Taken out of the block, the number stands for itself.
    assert_eq!(block_faults(singapore, &whole[..3], &[]), []);
    let backwards = Block {
        first: block.last.clone(),
        last: block.first.clone(),
    };
    assert_eq!(backwards.size(), None);
    let mobile = Block {
        first: number("+6585550100"),
        last: number("+6585550109"),
    };
    assert_eq!(
        block_faults(singapore, &[number("+6585550100")], &[mobile]),
        [],
        "no blocks of mobile numbers"
    );
}

#[test]
fn deadlines_are_counted_in_each_countrys_calendar() {
    let porting = porting();
    let due = |country: &str, timer: Timer, kind: NumberType, at: &str| {
        let rules = porting.country(country).expect(country);
        let (_, text) = CALENDARS
            .iter()
            .find(|(id, _)| *id == rules.calendar)
            .expect("its calendar ships");
        let calendar = CalendarRow::read(text)
            .expect("a calendar")
            .calendar(None)
            .expect("whole");
        let at: Timestamp = at.parse().expect(at);
        let due = rules
            .due(timer, kind, &calendar, at)
            .expect("within its years");
        due.expect("it has such a timer")
            .to_zoned(calendar.zone().clone())
            .strftime("%F %R %a")
            .to_string()
    };
    use NumberType::{Local, Mobile, TollFree};
    // Two working days at the Swiss clearing house, over Good Friday and Easter Monday.
    assert_eq!(
        due(
            "CH",
            Timer::DonorAcknowledgement,
            Local,
            "2026-04-02T09:00:00+02:00"
        ),
        "2026-04-08 17:00 Wed"
    );
    // Nothing is cancelled later than two working days before, at the hour of the cut-over.
    assert_eq!(
        due(
            "CH",
            Timer::CancelCutOff,
            Local,
            "2026-11-24T10:00:00+01:00"
        ),
        "2026-11-20 10:00 Fri"
    );
    assert_eq!(
        due("CH", Timer::LeadTime, TollFree, "2026-11-23T10:00:00+01:00"),
        "2027-01-06 17:00 Wed"
    );
    // Three days of business before a fixed number comes: the weekend and National Day's Monday do not count.
    assert_eq!(
        due(
            "SG",
            Timer::ChangeCutOff,
            Local,
            "2026-08-12T10:00:00+08:00"
        ),
        "2026-08-06 10:00 Thu"
    );
    // A mobile number comes within a working day, so that it is a matter of hours.
    assert_eq!(
        due(
            "SG",
            Timer::CancelCutOff,
            Mobile,
            "2026-08-11T10:00:00+08:00"
        ),
        "2026-08-07 15:00 Fri"
    );
    assert_eq!(
        due("SG", Timer::LeadTime, Mobile, "2026-11-21T10:00:00+08:00"),
        "2026-11-24 18:00 Tue"
    );
    // Panama's November: the 3rd, 5th and 10th are off.
    assert_eq!(
        due("PA", Timer::LeadTime, Local, "2026-11-02T10:00:00-05:00"),
        "2026-11-11 17:00 Wed"
    );
    assert_eq!(
        due("PA", Timer::LeadTime, Mobile, "2026-11-02T10:00:00-05:00"),
        "2026-11-03 10:00 Tue"
    );
    assert_eq!(
        due(
            "PA",
            Timer::ChangeCutOff,
            Mobile,
            "2026-11-03T10:00:00-05:00"
        ),
        "2026-11-03 06:00 Tue"
    );
    // Hours pass on weekends too.
    assert_eq!(
        due(
            "US",
            Timer::CancelCutOff,
            Local,
            "2026-11-30T10:00:00-05:00"
        ),
        "2026-11-27 10:00 Fri"
    );
    assert_eq!(
        due(
            "US",
            Timer::SignatureValidity,
            Local,
            "2026-11-21T10:00:00-05:00"
        ),
        "2027-02-20 00:00 Sat"
    );
}

/// A date that can be asked for can be changed and cancelled too, at whatever hour of the year a port is submitted.
#[test]
fn the_earliest_date_leaves_time_to_change_and_to_cancel() {
    let porting = porting();
    for rules in porting.countries() {
        let (_, text) = CALENDARS
            .iter()
            .find(|(id, _)| *id == rules.calendar)
            .expect("its calendar ships");
        let calendar = CalendarRow::read(text)
            .expect("a calendar")
            .calendar(None)
            .expect("whole");
        let portable = |kind: &NumberType| {
            let mut rows = rules.portability.iter();
            rows.any(|row| row.portable && row.number_types.contains(kind))
        };
        for kind in NumberType::ALL.iter().copied().filter(portable) {
            let due = |timer: Timer, event: Timestamp| {
                let due = rules.due(timer, kind, &calendar, event);
                due.expect("within its years").expect("it has such a timer")
            };
            let mut submitted: Timestamp = "2026-01-01T00:00:00Z".parse().expect("an instant");
            let last: Timestamp = "2026-12-31T00:00:00Z".parse().expect("an instant");
            while submitted < last {
                let date = due(Timer::LeadTime, submitted);
                for timer in [Timer::ChangeCutOff, Timer::CancelCutOff, Timer::SyncOpens] {
                    let until = due(timer, date);
                    assert!(
                        until > submitted,
                        "{} {kind:?}: submitted {submitted}, comes {date}, {timer:?} {until}",
                        rules.country
                    );
                }
                submitted += SignedDuration::from_hours(17);
            }
        }
    }
}

#[test]
fn every_country_has_every_timer_and_a_calendar_that_ships() {
    for rules in porting().countries() {
        let silence = rules.port_out_silence.as_ref();
        let silence = silence.unwrap_or_else(|| panic!("{}: silence", rules.country));
        assert!(!silence.source.is_empty());
        assert_eq!(rules.silence_authorises(), silence.authorises);
        let pin = rules.port_out_pin.as_ref();
        let pin = pin.unwrap_or_else(|| panic!("{}: PIN", rules.country));
        assert!(!pin.source.is_empty());
        // Only where carriers transmit one is a missing PIN a lawful reason.
        assert_eq!(rules.requires_pin(), rules.country == "US");
        assert!(
            CALENDARS.iter().any(|(id, _)| *id == rules.calendar),
            "{}",
            rules.country
        );
        for kind in NumberType::ALL {
            for timer in Timer::ALL {
                let row = rules
                    .timer(timer, *kind)
                    .unwrap_or_else(|| panic!("{} {timer:?}", rules.country));
                assert!(!row.source.is_empty());
            }
        }
    }
}

#[test]
fn rules_that_cannot_be_right_are_refused_in_words() {
    let good = PORTING[0].1;
    let refuse = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        Porting::read([text.as_str()]).expect_err(to).to_string()
    };
    assert_eq!(
        refuse("\"customer_silence\"", "\"signature_wait\""),
        "CH: SignatureWait is there twice for the same types"
    );
    assert!(refuse("\"sync_opens\"", "\"sync_closes\"").contains("unknown variant"));
    assert!(refuse("\"signature_wait\"", "\"change_cut_off\"").contains("has no counting rule"));
    assert!(refuse("\"wholeBlock\": true", "\"whole\": true").contains("unknown field"));
    assert_eq!(
        Porting::read([good, good]).err(),
        Some(BadPorting::Twice("CH".into()))
    );
}

#[test]
fn every_published_refusal_has_words_and_a_way_on() {
    let rejections = Rejections::read(REJECTIONS).expect("the data reads");
    let telnyx = [
        "ACCOUNT_NUMBER_MISMATCH",
        "AUTH_PERSON_MISMATCH",
        "BTN_ATN_MISMATCH",
        "ENTITY_NAME_MISMATCH",
        "FOC_EXPIRED",
        "FOC_REJECTED",
        "LOCATION_MISMATCH",
        "LSR_PENDING",
        "MAIN_BTN_PORTING",
        "OSP_IRRESPONSIVE",
        "OTHER",
        "PASSCODE_PIN_INVALID",
        "PHONE_NUMBER_HAS_SPECIAL_FEATURE",
        "PHONE_NUMBER_MISMATCH",
        "PHONE_NUMBER_NOT_PORTABLE",
        "PORT_TYPE_INCORRECT",
        "PORTING_ORDER_SPLIT_REQUIRED",
        "POSTAL_CODE_MISMATCH",
        "RATE_CENTER_NOT_PORTABLE",
        "SV_CONFLICT",
        "SV_UNKNOWN_FAILURE",
    ];
    let there: Vec<&str> = rejections
        .all()
        .filter(|row| row.scheme == "telnyx")
        .map(|row| row.code.as_str())
        .collect();
    let mut sorted = telnyx.to_vec();
    sorted.sort_unstable();
    assert_eq!(there, sorted);
    for (country, text) in PORTING {
        let rules = Porting::read([text]).expect("the data reads");
        let rules = rules.country(country).expect("there");
        let scheme = rules.refusals.as_deref();
        assert!(
            scheme.is_none_or(|scheme| rejections.all().any(|row| row.scheme == scheme)),
            "{country}"
        );
    }
    let countries = ["teldas", "sg", "pa"];
    assert!(
        rejections
            .all()
            .all(|row| row.scheme == "telnyx" || countries.contains(&row.scheme.as_str())),
        "nobody can choose a code of another scheme"
    );
    assert!(rejections.all().all(|row| row.words.ends_with('.')));
    let pin = rejections
        .find("telnyx", "PASSCODE_PIN_INVALID")
        .expect("there");
    assert_eq!(
        (pin.mend, pin.fields.as_slice()),
        (Mend::Correct, ["/order/pin".to_owned()].as_slice())
    );
    assert!(pin.can_resubmit());
    assert!(
        !rejections
            .find("pa", "fraud")
            .expect("there")
            .can_resubmit()
    );
    assert!(
        rejections.find("telnyx", "NEW_CODE").is_none(),
        "what nobody has written down goes to an operator"
    );
    let broken = REJECTIONS.replacen("/order/pin", "/order/pan", 1);
    assert_eq!(
        Rejections::read(&broken)
            .expect_err("no such field")
            .to_string(),
        "telnyx PASSCODE_PIN_INVALID: no dossier or order has the field /order/pan"
    );
    let idle = REJECTIONS.replacen("\"mend\": \"ours\"", "\"mend\": \"correct\"", 1);
    assert!(
        Rejections::read(&idle)
            .expect_err("nothing to correct")
            .to_string()
            .contains("exactly if")
    );
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let prefix = prop::sample::select(vec![
        "+4144555",
        "+4179555",
        "+41800555",
        "+656555",
        "+653155",
        "+5076555",
        "+1212555",
        "+331555",
    ]);
    let carrier = prop::option::of(prop::sample::select(vec!["A", "B"]));
    let one = (prefix, 0u32..30, carrier).prop_map(|(prefix, n, carrier)| {
        let digits = if prefix.starts_with("+41800") { 3 } else { 4 };
        candidate(&format!("{prefix}{n:0digits$}"), carrier)
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn every_number_is_in_exactly_one_place(request in candidates()) {
        let porting = porting();
        let split = split(&porting, &request);
        let mut wanted: Vec<&E164> = request.iter().map(|candidate| &candidate.number).collect();
        wanted.sort();
        wanted.dedup();
        let mut found: Vec<&E164> = split.parts.iter().flat_map(|part| &part.numbers).collect();
        found.extend(split.not_placed.iter().map(|(number, _)| number));
        found.sort();
        prop_assert_eq!(found, wanted);
        for part in &split.parts {
            prop_assert!(!part.numbers.is_empty());
            for number in &part.numbers {
                let (rules, kind) = porting.place(number).expect("placed");
                prop_assert_eq!((&rules.country, kind), (&part.country, part.number_type));
                let asked = Candidate { number: number.clone(), carrier: part.carrier.clone() };
                prop_assert!(request.contains(&asked));
            }
        }
        let keys: Vec<_> = split.parts.iter().map(|part| (&part.country, part.number_type, &part.carrier)).collect();
        prop_assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_order_of_the_numbers_makes_no_difference(request in candidates().prop_shuffle()) {
        let porting = porting();
        let mut sorted = request.clone();
        sorted.sort();
        prop_assert_eq!(split(&porting, &request), split(&porting, &sorted));
    }
}
