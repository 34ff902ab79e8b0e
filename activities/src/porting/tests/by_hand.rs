//! Ports whose carrier takes support cases only: what an operator is asked to tell it, and what its order says meanwhile.
use super::looks::{at, monday, number, port, says, time};
use super::signals::done;
use crate::porting::calendar::Time;
use crate::porting::look::{Facts, Looked, look};
use crate::porting::record::Port;
use crate::porting::{cancel, date, hand_in, prepared, standing};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use contract::RequestId;
use contract::dossier::{NumberStatus, OrderStatus as At, OrderStep as Do};
use contract::port::{HandIn, PortVerdict as Next, RejectionMend};
use contract::request::Party;
use contract::request::signal::RequestSignal;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const US: &str = "Amazon Web Services";

fn request() -> RequestId {
    RequestId::from("pi-7")
}

fn by_hand(order: At, status: NumberStatus) -> Port {
    let mut port = port(order, status, 2);
    port.view.by_hand = true;
    port.view.case_id = Some("case-4711".to_owned());
    port
}

/// What the carrier's interface shows, changed so many hours after Monday.
fn shows(port: &Port, status: CarrierStatus, hours: i64) -> CarrierPort {
    CarrierPort {
        changed: Some(monday() + SignedDuration::from_hours(hours)),
        ..says(port, status, |_| Activation::NotYet)
    }
}

fn sees(port: &mut Port, known: Option<&CarrierPort>, signal: Option<&RequestSignal>) -> Looked {
    sees_at(port, known, signal, time(monday()))
}

fn sees_at(
    port: &mut Port,
    known: Option<&CarrierPort>,
    signal: Option<&RequestSignal>,
    now: Time,
) -> Looked {
    let facts = Facts {
        carrier: known,
        scheme: "telnyx",
        declared: false,
    };
    look(port, &facts, signal, now).unwrap()
}

fn hear(port: &mut Port, known: &CarrierPort) -> Next {
    let facts = Facts {
        carrier: Some(known),
        scheme: "telnyx",
        declared: true,
    };
    look(port, &facts, None, time(monday())).unwrap().next
}

fn told(port: &mut Port, known: Option<&CarrierPort>) -> Next {
    let signal = done("port-handin", json!({ "caseId": "case-4712" }));
    sees(port, known, Some(&signal)).next
}

#[test]
fn a_case_alone_is_handed_in_and_its_order_is_named_when_there_is_one() {
    let mut port = port(At::Submitted, NumberStatus::Submitted, 1);
    port.view.by_hand = true;
    port.view.external_id = None;
    assert_eq!(
        standing::verdict(&port),
        Next::HandIn,
        "as it was stored before"
    );
    hand_in::ask_to_submit(&mut port, &request(), US);
    assert_eq!(port.view.to_hand_in, Some(HandIn::Submission));
    assert_eq!(sees(&mut port, None, None).next, Next::HandIn);
    assert_eq!(told(&mut port, None), Next::DonorReview);
    assert_eq!(port.view.case_id.as_deref(), Some("case-4712"));
    assert_eq!(port.view.external_id, None);
    let named = done(
        "port-donor",
        json!({ "status": "in_review", "externalId": "o-9" }),
    );
    sees(&mut port, None, Some(&named));
    assert_eq!(port.view.external_id.as_deref(), Some("o-9"));
}

#[test]
fn a_corrected_port_is_handed_in_again_and_the_old_refusal_does_not_count_twice() {
    let mut port = by_hand(At::Submitted, NumberStatus::Submitted);
    port.view.submissions = 2;
    hand_in::ask_to_submit(&mut port, &request(), US);
    assert_eq!(port.view.to_hand_in, Some(HandIn::Correction));
    let refused = shows(&port, CarrierStatus::Refused, 1);
    assert_eq!(sees(&mut port, Some(&refused), None).next, Next::HandIn);
    assert_eq!(told(&mut port, Some(&refused)), Next::DonorReview);
    // The order stands as it stood until the carrier's people have read the case.
    assert_eq!(
        sees(&mut port, Some(&refused), None).next,
        Next::DonorReview
    );
    assert_eq!(port.view.order, At::Submitted);
    let at_donor = shows(&port, CarrierStatus::AtDonor, 5);
    assert_eq!(
        sees(&mut port, Some(&at_donor), None).next,
        Next::DonorReview
    );
    let again = shows(&port, CarrierStatus::Refused, 9);
    assert_eq!(sees(&mut port, Some(&again), None).next, Next::Resolve);
    assert_eq!(port.view.order, At::Rejected);
}

#[test]
fn what_an_operator_reads_in_the_case_goes_to_the_customer() {
    for (codes, note, mend) in [
        (
            json!(["ACCOUNT_NUMBER_MISMATCH"]),
            "",
            RejectionMend::Correct,
        ),
        (
            json!(["OTHER"]),
            "Send the page with the address",
            RejectionMend::Correct,
        ),
        (json!(["LSR_PENDING"]), "", RejectionMend::AtOldProvider),
    ] {
        let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
        let refused = shows(&port, CarrierStatus::Refused, 1);
        let looked = sees(&mut port, Some(&refused), None);
        assert_eq!(looked.next, Next::Resolve);
        assert!(looked.says.unwrap().contains("does not say why"));
        let answer = done(
            "port-resolve",
            json!({ "action": "ask_customer", "codes": codes, "note": note }),
        );
        assert_eq!(
            sees(&mut port, Some(&refused), Some(&answer)).next,
            Next::Correct,
            "{codes}"
        );
        let [rejection] = port.view.rejections.as_slice() else {
            panic!("{:?}", port.view.rejections)
        };
        assert_eq!(rejection.mend, mend);
        assert!(
            note.is_empty() || rejection.words == note,
            "{}",
            rejection.words
        );
        assert!(
            port.view.moments.silence.is_some(),
            "the customer has until then"
        );
    }
}

#[test]
fn a_code_of_the_numbers_country_leads_to_its_own_correction_and_the_form_takes_it() {
    for (country, scheme) in [("CH", "teldas"), ("SG", "sg"), ("PA", "pa")] {
        let rows = crate::rules::rejections().all();
        for row in rows.filter(|row| row.scheme == scheme) {
            let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
            port.lines.truncate(1);
            port.view.country = Some(country.to_owned());
            let data = json!({ "action": "ask_customer", "codes": [row.code] });
            for (form, data) in [
                ("port-resolve", data.clone()),
                (
                    "port-donor",
                    json!({ "status": "rejected", "codes": [row.code] }),
                ),
            ] {
                let taken = crate::forms::find(form).unwrap().check(&data, monday());
                assert!(taken.is_ok(), "{form} {}: {taken:?}", row.code);
            }
            let next = sees(&mut port, None, Some(&done("port-resolve", data))).next;
            let never = row.mend == compliance::porting::Mend::Never;
            let wanted = if never { Next::Refused } else { Next::Correct };
            assert_eq!(next, wanted, "{scheme} {}", row.code);
            let [told] = port.view.rejections.as_slice() else {
                panic!("{:?}", port.view.rejections)
            };
            assert_eq!(
                (&told.scheme, &told.code, &told.words, &told.fields),
                (&row.scheme, &row.code, &row.words, &row.fields)
            );
        }
    }
    // A code of another country says nothing here.
    let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
    let data = json!({ "action": "ask_customer", "codes": ["stolen"] });
    sees(&mut port, None, Some(&done("port-resolve", data)));
    let told = &port.view.rejections[0];
    assert_eq!((told.scheme.as_str(), told.fields.len()), ("telnyx", 0));
}

#[test]
fn a_number_of_several_that_never_comes_is_taken_out_and_the_operator_says_which() {
    // The second customer was asked before, without being told which it is, and took none out.
    for asked_before in [None, Some(2)] {
        let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
        port.hidden.spared = asked_before;
        assert_eq!(port.lines.len(), 2);
        let answer = done(
            "port-resolve",
            json!({
                "action": "ask_customer", "codes": ["PHONE_NUMBER_NOT_PORTABLE"], "note": "It is the fax, +41445550001.",
            }),
        );
        assert_eq!(sees(&mut port, None, Some(&answer)).next, Next::Correct);
        let rejection = &port.view.rejections[0];
        assert_eq!(rejection.mend, RejectionMend::Correct);
        assert!(rejection.words.starts_with("Your provider says"));
        assert!(rejection.words.ends_with("the fax, +41445550001."));
    }
}

#[test]
fn a_number_that_never_comes_ends_the_port_whoever_says_it() {
    let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
    port.lines.truncate(1);
    let answer = done(
        "port-resolve",
        json!({ "action": "ask_customer", "codes": ["PHONE_NUMBER_NOT_PORTABLE"] }),
    );
    assert_eq!(sees(&mut port, None, Some(&answer)).next, Next::Refused);
    // The carrier is told, and the port ends as what it is.
    assert!(hand_in::ask_to_withdraw(&mut port, &request(), US));
    assert_eq!(standing::verdict(&port), Next::HandIn);
    assert_eq!(told(&mut port, None), Next::Refused);
}

#[test]
fn an_operator_asks_to_cancel_and_only_the_case_says_that_it_is_too_late() {
    let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
    cancel::take_back(&mut port, &request(), US, time(monday())).unwrap();
    assert_eq!(port.view.order, At::CancelPending);
    let before = shows(&port, CarrierStatus::AtDonor, 1);
    assert_eq!(sees(&mut port, Some(&before), None).next, Next::HandIn);
    assert_eq!(told(&mut port, Some(&before)), Next::CancelPending);
    for status in [
        CarrierStatus::AtDonor,
        CarrierStatus::Refused,
        CarrierStatus::DateConfirmed,
    ] {
        let mut other = port.clone();
        let known = shows(&other, status, 3);
        assert_eq!(
            sees(&mut other, Some(&known), None).next,
            Next::CancelPending,
            "{status:?}"
        );
    }
    let mut other = port.clone();
    let cancelled = shows(&other, CarrierStatus::Cancelled, 3);
    assert_eq!(
        sees(&mut other, Some(&cancelled), None).next,
        Next::Cancelled
    );
    let known = shows(&port, CarrierStatus::AtDonor, 1);
    assert_eq!(hear(&mut port, &known), Next::DonorReview);
}

#[test]
fn a_cancelled_correction_that_the_carrier_does_not_cancel_is_still_to_be_handed_in() {
    let mut port = by_hand(At::Submitted, NumberStatus::Submitted);
    hand_in::ask_to_submit(&mut port, &request(), US);
    cancel::take_back(&mut port, &request(), US, time(monday())).unwrap();
    assert_eq!(port.view.to_hand_in, Some(HandIn::Withdrawal));
    assert_eq!(told(&mut port, None), Next::CancelPending);
    let known = shows(&port, CarrierStatus::InReview, 1);
    assert_eq!(hear(&mut port, &known), Next::HandIn);
    assert_eq!(port.view.to_hand_in, Some(HandIn::Correction));
}

#[test]
fn what_was_never_handed_in_is_cancelled_at_once() {
    let mut port = by_hand(At::Submitted, NumberStatus::Submitted);
    (port.view.case_id, port.view.external_id) = (None, None);
    hand_in::ask_to_submit(&mut port, &request(), US);
    cancel::take_back(&mut port, &request(), US, time(monday())).unwrap();
    assert_eq!(standing::verdict(&port), Next::Cancelled);
    assert_eq!(port.statuses(), [NumberStatus::Cancelled; 2]);
}

#[test]
fn a_port_that_lapses_is_taken_back_at_the_carrier_before_it_ends() {
    let mut port = by_hand(At::Correction, NumberStatus::Rejected);
    let next = cancel::expire(&mut port, &request(), US, time(monday())).unwrap();
    assert_eq!((next, port.view.order), (Next::HandIn, At::Expired));
    assert!(
        port.view
            .prepared
            .as_ref()
            .unwrap()
            .subject
            .starts_with("Cancel")
    );
    let refused = shows(&port, CarrierStatus::Refused, 1);
    assert_eq!(sees(&mut port, Some(&refused), None).next, Next::HandIn);
    assert_eq!(told(&mut port, Some(&refused)), Next::Expired);

    let mut early = by_hand(At::Collecting, NumberStatus::Portable);
    (early.view.external_id, early.view.case_id) = (None, None);
    let next = cancel::expire(&mut early, &request(), US, time(monday())).unwrap();
    assert_eq!(next, Next::Expired, "no carrier has it");
}

#[test]
fn another_date_is_asked_for_in_the_case_and_the_old_one_is_no_answer() {
    let wanted = at("2026-12-17T09:00:00Z");
    let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
    let first = shows(&port, CarrierStatus::DateConfirmed, 1);
    assert_eq!(sees(&mut port, Some(&first), None).next, Next::DateAgreed);
    date::wish(&mut port, &request(), US, wanted, time(monday())).unwrap();
    assert_eq!(port.view.to_hand_in, Some(HandIn::NewDate));
    let body = port.view.prepared.clone().unwrap().body;
    assert!(
        body.contains("2026-12-10T09:00:00") && body.contains("2026-12-17T09:00:00"),
        "{body}"
    );
    assert_eq!(sees(&mut port, Some(&first), None).next, Next::HandIn);
    assert_eq!(told(&mut port, Some(&first)), Next::DonorReview);
    assert_eq!(sees(&mut port, Some(&first), None).next, Next::DonorReview);
    let other = CarrierPort {
        foc: Some(wanted),
        ..shows(&port, CarrierStatus::DateConfirmed, 9)
    };
    let mut moved = port.clone();
    assert_eq!(sees(&mut moved, Some(&other), None).next, Next::DateAgreed);
    // The losing side insists: the operator says so, and the customer is asked.
    assert_eq!(hear(&mut port, &first), Next::AgreeDate);
}

#[test]
fn a_date_that_was_agreed_to_is_told_in_the_case_as_long_as_it_stands() {
    let mut port = by_hand(At::FocConfirmed, NumberStatus::Confirmed);
    port.view.moments.foc = Some("2026-12-10T09:00:00Z".to_owned());
    port.view.moments.foc_due = Some("2026-12-10T09:00:00Z".to_owned());
    hand_in::ask_to_confirm(&mut port, &request(), US);
    let text = port.view.prepared.clone().unwrap();
    for words in [
        "Case: case-4711",
        "Order: x-1",
        "Agreed date: 2026-12-10T09:00:00Z",
    ] {
        assert!(text.body.contains(words), "{words}: {}", text.body);
    }
    assert!(text.subject.contains("is agreed") && text.attach.is_empty());
    let known = shows(&port, CarrierStatus::DateConfirmed, 1);
    let next = sees(&mut port, Some(&known), None).next;
    let asks = standing::answer(&port, next, time(monday()), None);
    assert_eq!(
        (
            asks.verdict,
            asks.next_action.as_str(),
            asks.deadline.as_deref()
        ),
        (
            Next::HandIn,
            "Tell the carrier that the date is agreed",
            Some("2026-12-10T09:00:00Z")
        )
    );
    // What the order shows counts meanwhile, and without the date there is nothing to agree to.
    let mut gone = port.clone();
    let at_donor = shows(&gone, CarrierStatus::AtDonor, 2);
    assert_eq!(
        sees(&mut gone, Some(&at_donor), None).next,
        Next::DonorReview
    );
    assert_eq!(gone.view.to_hand_in, None);
    let mut due = port.clone();
    let day = time(at("2026-12-10T09:00:00Z"));
    assert_eq!(
        sees_at(&mut due, Some(&known), None, day).next,
        Next::Prepare
    );
    assert_eq!(due.view.to_hand_in, None);
    assert_eq!(told(&mut port, Some(&known)), Next::DateAgreed);
    // A date that stands by itself is the one wished for.
    let mut wished = by_hand(At::FocProposed, NumberStatus::Confirmed);
    let known = shows(&wished, CarrierStatus::DateConfirmed, 1);
    assert_eq!(sees(&mut wished, Some(&known), None).next, Next::DateAgreed);
}

#[test]
fn a_cancelled_port_that_goes_on_still_has_its_date_to_be_agreed_to() {
    let mut port = by_hand(At::FocConfirmed, NumberStatus::Confirmed);
    hand_in::ask_to_confirm(&mut port, &request(), US);
    cancel::take_back(&mut port, &request(), US, time(monday())).unwrap();
    assert_eq!(port.view.to_hand_in, Some(HandIn::Withdrawal));
    assert_eq!(told(&mut port, None), Next::CancelPending);
    let known = shows(&port, CarrierStatus::DateConfirmed, 1);
    assert_eq!(hear(&mut port, &known), Next::HandIn);
    assert_eq!(port.view.to_hand_in, Some(HandIn::AgreedDate));
}

#[test]
fn numbers_that_come_end_every_wish() {
    let mut port = by_hand(At::FocConfirmed, NumberStatus::Confirmed);
    port.step(Do::Cancel, Party::Customer, monday()).unwrap();
    hand_in::ask_to_withdraw(&mut port, &request(), US);
    let here = CarrierPort {
        changed: Some(monday()),
        ..says(&port, CarrierStatus::Ported, |_| Activation::Active)
    };
    let next = sees(&mut port, Some(&here), None).next;
    assert_eq!((next, port.view.to_hand_in), (Next::Prepare, None));
}

#[test]
fn a_carrier_that_is_silent_is_an_operators_matter_and_is_not_asked_every_second() {
    let mut port = by_hand(At::Submitted, NumberStatus::Submitted);
    port.view.moments.donor_answer = Some("2026-11-23T07:00:00Z".to_owned());
    let looked = sees(&mut port, None, None);
    assert!(looked.says.is_some_and(|says| says.ends_with("in time")));
    // They have its case before them: what it says is asked for all along, by one form.
    for next in [looked.next, sees(&mut port, None, None).next] {
        assert_eq!(next, Next::DonorReview);
        let answer = standing::answer(&port, next, time(monday()), None);
        assert_eq!(
            (answer.owner, answer.form.as_deref()),
            (Party::Operator, Some("port-donor"))
        );
        assert!(answer.wait_s > 60, "{} s", answer.wait_s);
    }
}

#[test]
fn what_is_sent_says_all_that_the_losing_carrier_compares_but_the_pin() {
    let mut port = by_hand(At::Submitted, NumberStatus::Submitted);
    port.view.form.dossier = Some(dossier());
    port.hidden.pin = Some("8642".to_owned());
    let text = prepared::text(&request(), &port, US, HandIn::Submission);
    for words in [
        "SIP media application dial-in",
        "Country: CH",
        "Number type: local",
        "Losing carrier: Alpenfon",
        "Account number: A-17",
        "PIN or passcode: PUT IN HERE",
        "Billing telephone number: +41445550100",
        "as the losing carrier has it: Muster AG",
        "Authorised person: Anna Muster",
        "Bahnhofstrasse 1, 8001 Zürich, CH",
        "Port: full",
        "Requested date: as soon as possible",
        "Estimated volume",
        number(1).as_str(),
    ] {
        assert!(text.body.contains(words), "{words}: {}", text.body);
    }
    assert!(!text.body.contains("8642"));
    assert_eq!(text.attach, ["letter.pdf"]);
    port.hidden.pin = None;
    port.view.submissions = 2;
    port.view.rejections = vec![contract::port::RejectionView {
        scheme: "telnyx".to_owned(),
        code: "LOCATION_MISMATCH".to_owned(),
        words: String::new(),
        fields: Vec::new(),
        mend: RejectionMend::Correct,
        submission: 1,
    }];
    let text = prepared::text(&request(), &port, US, HandIn::Correction);
    for words in [
        "Case: case-4711",
        "Order: x-1",
        "Refused before: LOCATION_MISMATCH",
        "PIN or passcode: none",
    ] {
        assert!(text.body.contains(words), "{words}: {}", text.body);
    }
}

fn dossier() -> contract::dossier::Dossier {
    serde_json::from_value(json!({
        "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business",
        "endUser": { "businessName": "Muster AG" },
        "addresses": [{ "uses": ["service"], "street": "Bahnhofstrasse 1", "city": "Zürich", "postalCode": "8001", "country": "CH" }],
        "authorisedPerson": { "name": "Anna Muster", "email": "anna@example.com" },
        "previousService": { "provider": "Alpenfon", "accountNumber": "A-17", "billingNumber": "+41445550100" },
    }))
    .unwrap()
}

#[test]
fn a_date_that_is_not_told_is_no_date_to_agree_to() {
    let mut port = by_hand(At::DonorReview, NumberStatus::Submitted);
    let known = CarrierPort {
        foc: None::<Timestamp>,
        ..shows(&port, CarrierStatus::DateConfirmed, 1)
    };
    assert_eq!(sees(&mut port, Some(&known), None).next, Next::DonorReview);
}
