//! What follows from what the carrier says, in virtual time.
use super::signals::done;
use crate::porting::calendar::Time;
use crate::porting::look::{Facts, look};
use crate::porting::record::{Port, word};
use crate::porting::standing;
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use contract::E164;
use contract::dossier::{NumberStatus, NumberType, OrderStatus as At};
use contract::port::{PortForm, PortVerdict as Next, PortView, RejectionMend};
use contract::request::{NumberLine, Party};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Monday morning in Zurich.
pub(super) fn monday() -> Timestamp {
    at("2026-11-23T08:00:00Z")
}

pub(super) fn time(now: Timestamp) -> Time {
    Time {
        now,
        scale: 1,
        patience_s: 0,
    }
}

pub(super) fn number(at: usize) -> E164 {
    E164::parse(&format!("+4144555{at:04}")).unwrap()
}

/// A port of so many Swiss numbers that stands there.
pub(super) fn port(order: At, status: NumberStatus, count: usize) -> Port {
    let mut view = PortView::draft(PortForm::default());
    view.order = order;
    view.country = Some("CH".to_owned());
    view.number_type = Some(NumberType::Local);
    view.external_id = Some("x-1".to_owned());
    view.submissions = 1;
    let line = |at| NumberLine {
        number: number(at),
        status: word(status),
        reason: None,
    };
    Port {
        view,
        lines: (0..count).map(line).collect(),
        hidden: crate::porting::record::Hidden::default(),
    }
}

pub(super) fn says(
    port: &Port,
    status: CarrierStatus,
    activation: impl Fn(usize) -> Activation,
) -> CarrierPort {
    CarrierPort {
        id: "x-1".to_owned(),
        donor: Some("Alpenfon".to_owned()),
        status,
        changed: None,
        codes: Vec::new(),
        named: Vec::new(),
        foc: Some(at("2026-12-10T09:00:00Z")),
        on_demand: false,
        lines: port
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| (line.number.clone(), activation(at)))
            .collect(),
        needs: Vec::new(),
    }
}

fn after(port: &mut Port, carrier: Option<&CarrierPort>, now: Timestamp) -> Next {
    let facts = Facts {
        carrier,
        scheme: "telnyx",
        declared: false,
    };
    look(port, &facts, None, time(now)).unwrap().next
}

#[test]
fn a_port_goes_its_whole_way_and_the_calendar_says_when() {
    let mut port = port(At::Submitted, NumberStatus::Submitted, 2);
    let not_yet = |_| Activation::NotYet;
    let known = says(&port, CarrierStatus::AtDonor, not_yet);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::DonorReview);
    // Two working days, when work ends.
    assert!(
        port.view
            .moments
            .donor_answer
            .as_ref()
            .unwrap()
            .starts_with("2026-11-25T")
    );
    let known = says(&port, CarrierStatus::DateConfirmed, not_yet);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::DateAgreed);
    assert_eq!(port.statuses(), [NumberStatus::Confirmed; 2]);
    // Thursday, 10 December: three working days before is Monday, since the 8th is no holiday in Zurich.
    assert!(
        port.view
            .moments
            .sync
            .as_ref()
            .unwrap()
            .starts_with("2026-12-07T"),
        "{:?}",
        port.view.moments
    );
    assert_eq!(
        after(&mut port, Some(&known), at("2026-12-07T09:30:00Z")),
        Next::Prepare
    );
    assert_eq!(port.view.order, At::PreCutoverTest);
    port.hidden.routes_made = true;
    assert_eq!(
        after(&mut port, Some(&known), at("2026-12-07T10:00:00Z")),
        Next::SyncWindow
    );
    assert_eq!(
        after(&mut port, Some(&known), at("2026-12-10T09:00:00Z")),
        Next::Activate
    );
}

#[test]
fn a_refusal_is_told_with_the_fields_that_mend_it_and_each_code_leads_to_who_can() {
    for (code, next, mend) in [
        (
            "ACCOUNT_NUMBER_MISMATCH",
            Next::Correct,
            RejectionMend::Correct,
        ),
        ("LSR_PENDING", Next::Correct, RejectionMend::AtOldProvider),
        ("OSP_IRRESPONSIVE", Next::Resolve, RejectionMend::Ours),
        (
            "PHONE_NUMBER_NOT_PORTABLE",
            Next::Refused,
            RejectionMend::Never,
        ),
        ("NOBODY_KNOWS_THIS", Next::Resolve, RejectionMend::Ours),
    ] {
        let mut port = port(At::DonorReview, NumberStatus::Submitted, 1);
        let mut known = says(&port, CarrierStatus::Refused, |_| Activation::NotYet);
        known.codes = vec![code.to_owned()];
        assert_eq!(after(&mut port, Some(&known), monday()), next, "{code}");
        assert_eq!(port.view.rejections[0].mend, mend, "{code}");
        assert_eq!(
            port.view.rejections[0].fields.is_empty(),
            mend != RejectionMend::Correct,
            "{code}"
        );
    }
}

#[test]
fn a_number_that_never_comes_is_taken_out_and_the_others_come() {
    let refused = |port: &Port, named: &[usize]| {
        let mut known = says(port, CarrierStatus::Refused, |_| Activation::NotYet);
        let code = "PHONE_NUMBER_NOT_PORTABLE".to_owned();
        let named = named.iter().map(|at| (code.clone(), number(*at)));
        known.named = named.collect();
        known.codes = vec![code];
        known
    };
    for (named, words) in [
        (&[][..], "does not say which number it is"),
        (&[1][..], "Take out +41445550001, and the others can come."),
        (&[0, 2][..], "Take out +41445550000, +41445550002,"),
    ] {
        let mut port = port(At::DonorReview, NumberStatus::Submitted, 3);
        let known = refused(&port, named);
        assert_eq!(after(&mut port, Some(&known), monday()), Next::Correct);
        assert!(!port.is_refused_for_good());
        let rejection = &port.view.rejections[0];
        assert_eq!(rejection.mend, RejectionMend::Correct);
        assert_eq!(rejection.fields, ["/order/numbers"]);
        assert!(rejection.words.contains(words), "{}", rejection.words);
    }
    // Asked which, and none was taken out: it is not known. One was: it may be another.
    for (left, next) in [(3, Next::Refused), (2, Next::Correct)] {
        let mut again = port(At::DonorReview, NumberStatus::Submitted, 3);
        again.hidden.spared = Some(3);
        again.lines.truncate(left);
        let known = refused(&again, &[]);
        assert_eq!(after(&mut again, Some(&known), monday()), next);
    }
    // Nothing is left to come.
    let mut whole = port(At::DonorReview, NumberStatus::Submitted, 2);
    let known = refused(&whole, &[0, 1]);
    assert_eq!(after(&mut whole, Some(&known), monday()), Next::Refused);
    assert!(whole.is_refused_for_good());
    // What the check found not portable never comes.
    for named in [&[][..], &[0][..]] {
        let mut whole = port(At::DonorReview, NumberStatus::Submitted, 2);
        whole.lines[1].status = word(NumberStatus::NotPortable);
        let known = refused(&whole, named);
        assert_eq!(after(&mut whole, Some(&known), monday()), Next::Refused);
    }
}

#[test]
fn every_code_of_the_table_leads_on() {
    for row in crate::rules::rejections().all() {
        for count in [1, 2] {
            let mut port = port(At::DonorReview, NumberStatus::Submitted, count);
            let mut known = says(&port, CarrierStatus::Refused, |_| Activation::NotYet);
            known.codes = vec![row.code.clone()];
            let facts = Facts {
                carrier: Some(&known),
                scheme: &row.scheme,
                declared: false,
            };
            let next = look(&mut port, &facts, None, time(monday())).unwrap().next;
            let leads_on = matches!(next, Next::Correct | Next::Resolve)
                || (next == Next::Refused && count == 1);
            assert!(leads_on, "{}: {next:?}", row.code);
        }
    }
}

#[test]
fn a_donor_that_is_silent_too_long_is_an_operators_matter_and_is_given_time_once_more() {
    let mut port = port(At::Submitted, NumberStatus::Submitted, 1);
    let known = says(&port, CarrierStatus::AtDonor, |_| Activation::NotYet);
    after(&mut port, Some(&known), monday());
    let late = at("2026-11-26T08:00:00Z");
    assert_eq!(after(&mut port, Some(&known), late), Next::Resolve);
    let until = port.view.moments.donor_answer.clone();
    assert!(until.as_deref() > Some("2026-11-26T08:00:00Z"), "{until:?}");
    assert_eq!(after(&mut port, Some(&known), late), Next::Resolve);
    assert_eq!(port.view.moments.donor_answer, until);
}

#[test]
fn a_date_that_was_not_asked_for_is_asked_about_until_it_is_too_late_to_change() {
    let mut port = port(At::DonorReview, NumberStatus::Submitted, 1);
    port.view.form.requested_foc = Some("2026-12-17T09:00:00Z".to_owned());
    let known = says(&port, CarrierStatus::DateConfirmed, |_| Activation::NotYet);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::AgreeDate);
    let agreed = done("port-date", json!({ "decision": "agree" }));
    let mut other = port.clone();
    let facts = Facts {
        carrier: Some(&known),
        scheme: "telnyx",
        declared: false,
    };
    assert_eq!(
        look(&mut other, &facts, Some(&agreed), time(monday()))
            .unwrap()
            .next,
        Next::DateAgreed
    );
    assert_eq!(
        after(&mut port, Some(&known), at("2026-12-09T00:00:00Z")),
        Next::Prepare,
        "silence agrees"
    );
}

#[test]
fn five_hundred_numbers_have_their_own_ends() {
    let mut port = port(At::Activating, NumberStatus::Activating, 500);
    let mixed = |at: usize| match at % 10 {
        7 => Activation::UnderWay,
        8 => Activation::Conflict,
        9 => Activation::Failed,
        _ => Activation::Active,
    };
    let known = says(&port, CarrierStatus::DateConfirmed, mixed);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::Activating);
    let count = |port: &Port, wanted: NumberStatus| {
        port.statuses()
            .iter()
            .filter(|status| **status == wanted)
            .count()
    };
    assert_eq!(
        (
            count(&port, NumberStatus::Active),
            count(&port, NumberStatus::Conflict)
        ),
        (350, 50)
    );
    let settled = |at: usize| {
        if at % 10 == 9 {
            Activation::Failed
        } else {
            Activation::Active
        }
    };
    let known = says(&port, CarrierStatus::Ported, settled);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::Verify);
    assert_eq!(
        (port.arrived(), count(&port, NumberStatus::Failed)),
        (450, 50)
    );
}

#[test]
fn what_the_carrier_cannot_cancel_goes_on_where_it_was() {
    let mut port = port(At::DonorReview, NumberStatus::Submitted, 1);
    port.step(
        contract::dossier::OrderStep::Cancel,
        contract::request::Party::Customer,
        monday(),
    )
    .unwrap();
    let known = says(&port, CarrierStatus::AtDonor, |_| Activation::NotYet);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::DonorReview);
    port.step(
        contract::dossier::OrderStep::Cancel,
        contract::request::Party::Customer,
        monday(),
    )
    .unwrap();
    let known = says(&port, CarrierStatus::Cancelled, |_| Activation::NotYet);
    assert_eq!(after(&mut port, Some(&known), monday()), Next::Cancelled);
}

#[test]
fn where_days_pass_in_seconds_the_waits_do_too() {
    let mut port = port(At::Submitted, NumberStatus::Submitted, 1);
    let known = says(&port, CarrierStatus::AtDonor, |_| Activation::NotYet);
    let fast = Time {
        now: monday(),
        scale: 3_600,
        patience_s: 0,
    };
    let facts = Facts {
        carrier: Some(&known),
        scheme: "telnyx",
        declared: false,
    };
    let next = look(&mut port, &facts, None, fast).unwrap().next;
    let answer = standing::answer(&port, next, fast, None);
    assert_eq!(answer.wait_s, 5);
    let due = at(&answer.deadline.unwrap());
    assert!(
        due.duration_since(monday()) < SignedDuration::from_secs(120),
        "{due}"
    );
}

#[test]
fn where_the_platform_cannot_call_an_operator_does_and_has_time_for_it() {
    let mut port = port(At::Verifying, NumberStatus::Active, 2);
    port.hidden.asks = true;
    let asked = standing::answer(&port, Next::Testing, time(monday()), None);
    assert_eq!(asked.owner, Party::Operator);
    assert_eq!(asked.form.as_deref(), Some("port-verify"));
    port.hidden.asks = false;
    port.hidden.until = Some("2026-11-23T08:01:40Z".to_owned());
    let calls = standing::answer(&port, Next::Testing, time(monday()), None);
    assert_eq!((calls.owner, calls.form), (Party::Platform, None));
    assert!(asked.wait_s > calls.wait_s, "{} s", asked.wait_s);
}

fn any_status() -> impl Strategy<Value = CarrierStatus> {
    prop::sample::select(vec![
        CarrierStatus::Draft,
        CarrierStatus::InReview,
        CarrierStatus::AtDonor,
        CarrierStatus::Refused,
        CarrierStatus::DateConfirmed,
        CarrierStatus::Ported,
        CarrierStatus::CancelPending,
        CarrierStatus::Cancelled,
    ])
}

/// Where a port waits for its customer, and where its time is its own.
pub(super) fn any_order() -> impl Strategy<Value = At> {
    prop::sample::select(vec![
        At::Draft,
        At::Collecting,
        At::LetterDrafted,
        At::WaitingForSignature,
        At::Rejected,
        At::Correction,
        At::Expired,
        At::Cancelled,
    ])
}

fn any_activation() -> impl Strategy<Value = Activation> {
    prop::sample::select(vec![
        Activation::NotYet,
        Activation::UnderWay,
        Activation::Conflict,
        Activation::Active,
        Activation::Failed,
    ])
}

proptest! {
    /// Whatever a carrier says in whatever order, a look takes only legal steps, says it twice the same, and never takes a number back
    /// that is here.
    #[test]
    fn whatever_the_carrier_says_the_machines_hold(
        told in prop::collection::vec((any_status(), prop::collection::vec(any_activation(), 3), 0_i64..400), 1..30),
    ) {
        let mut port = port(At::Submitted, NumberStatus::Submitted, 3);
        let mut now = monday();
        for (status, activations, hours) in told {
            now += SignedDuration::from_hours(hours);
            let known = says(&port, status, |at| activations[at]);
            let facts = Facts { carrier: Some(&known), scheme: "telnyx", declared: false };
            let here: Vec<NumberStatus> = port.statuses();
            let next = look(&mut port, &facts, None, time(now));
            prop_assert!(next.is_ok(), "{next:?} from {:?}", port.view.order);
            let next = next.unwrap().next;
            for (before, after) in here.iter().zip(port.statuses()) {
                let stays = !matches!(before, NumberStatus::Active | NumberStatus::Verified) || *before == after;
                prop_assert!(stays, "{before:?} became {after:?}");
            }
            match next {
                Next::Prepare => port.hidden.routes_made = true,
                Next::Activate => {
                    port.follow(contract::dossier::OrderStep::Activate, contract::request::Party::Platform, now).unwrap();
                    port.step_numbers(contract::dossier::NumberStep::Activate, contract::request::Party::Platform, now, None);
                }
                _ => {}
            }
            let answer = standing::answer(&port, next, time(now), None);
            prop_assert!(answer.wait_s >= 1);
            prop_assert_eq!(json!(answer)["status"].clone(), Value::String(word(port.view.order)));
        }
    }
}
