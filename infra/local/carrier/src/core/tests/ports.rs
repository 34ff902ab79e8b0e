//! Porting orders from draft to end.

use super::*;
use crate::core::port::status::PortEvent;
use crate::core::port::{ActivationStatus, donor};

fn confirm(bench: &mut Bench, id: &str) {
    bench
        .step(Input::ConfirmPort(id.to_owned()))
        .expect("is complete");
}

#[test]
fn a_clean_order_is_ported_and_routed() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.draft("CH-1000", 10);
    confirm(&mut bench, &id);
    bench.pass_hours(24 * 30);
    assert_eq!(
        bench.told(&id),
        ["in-process", "submitted", "foc-date-confirmed", "ported"]
    );
    assert_eq!(bench.state.owned.len(), 10);
    let route = bench.state.routes.get("+41445552003").expect("a route");
    assert!(route.here);
    assert_eq!(route.connection_id.as_deref(), Some("trunk-1"));
}

#[test]
fn numbers_of_two_countries_types_and_donors_are_orders_of_their_own() {
    let mut bench = Bench::new(Faults::NONE);
    let numbers = [
        "+41445552000",
        "+41445552001",
        "+41795552000",
        "+6565552000",
        "+41441112233",
    ];
    let numbers = numbers.iter().map(|number| (*number).to_owned()).collect();
    let ids = bench.ids(Input::CreatePorts(crate::core::port::create::NewPorts {
        numbers,
        ..Default::default()
    }));
    assert_eq!(ids.len(), 4);
    let groups: BTreeSet<&str> = ids.iter().map(|id| bench.port(id).group.as_str()).collect();
    assert_eq!(groups.len(), 1);
    let split = bench
        .state
        .events
        .iter()
        .filter(|event| event.event_type == "porting_order.split")
        .count();
    assert_eq!(split, 3);
}

#[test]
fn a_draft_says_what_it_lacks_and_ends_after_thirty_days() {
    let mut bench = Bench::new(Faults::NONE);
    let numbers = vec!["+41445552000".to_owned()];
    let wanted = crate::core::port::create::NewPorts {
        numbers,
        ..Default::default()
    };
    let id = bench.id(Input::CreatePorts(wanted.clone()));
    let Refusal(problems) = bench
        .step(Input::ConfirmPort(id.clone()))
        .expect_err("is empty");
    let pointers: Vec<&str> = problems
        .iter()
        .filter_map(|problem| problem.pointer.as_deref())
        .collect();
    assert!(pointers.contains(&"/end_user/admin/entity_name"));
    assert!(pointers.contains(&"/documents/loa"));
    assert!(pointers.contains(&"/requirements/0/field_value"));
    assert!(
        bench.step(Input::CreatePorts(wanted)).is_err(),
        "the number is in an open order"
    );
    bench.pass_hours(24 * 31);
    assert!(bench.state.ports.get(&id).is_none());
    assert!(bench.state.port_numbers.is_empty());
}

/// Each record or mistake, and the code that it provokes at the first request.
#[test]
fn every_exception_code_is_reached_and_corrected_where_it_can_be() {
    let admin = |name: &str, value: &str| json!({ "end_user": { "admin": { name: value } } });
    let place = |name: &str, value: &str| json!({ "end_user": { "location": { name: value } } });
    let soon = At(START.0 + HOUR_MS).iso();
    use ExceptionCode as E;
    let cases: Vec<(&str, u64, Value, E, bool)> = vec![
        (
            "US-1000",
            10,
            admin("account_number", "nope"),
            E::AccountNumberMismatch,
            true,
        ),
        (
            "US-1000",
            10,
            admin("auth_person_name", "nope"),
            E::AuthPersonMismatch,
            true,
        ),
        (
            "US-1000",
            10,
            admin("billing_phone_number", "+16465559999"),
            E::BtnAtnMismatch,
            true,
        ),
        (
            "US-1000",
            10,
            admin("entity_name", "nope"),
            E::EntityNameMismatch,
            true,
        ),
        (
            "US-1000",
            10,
            admin("pin_passcode", "0000"),
            E::PasscodePinInvalid,
            true,
        ),
        (
            "US-1000",
            10,
            place("street_address", "nope"),
            E::LocationMismatch,
            true,
        ),
        (
            "US-1000",
            10,
            place("postal_code", "99999"),
            E::PostalCodeMismatch,
            true,
        ),
        (
            "US-1000",
            10,
            json!({ "misc": { "type": "partial", "remaining_numbers_action": "keep" } }),
            E::PortTypeIncorrect,
            true,
        ),
        (
            "CH-1000",
            2,
            json!({ "misc": { "remaining_numbers_action": "keep" } }),
            E::MainBtnPorting,
            true,
        ),
        (
            "CH-1000",
            10,
            json!({ "activation_settings": { "foc_datetime_requested": soon } }),
            E::FocRejected,
            true,
        ),
        ("SG-1001", 10, json!({}), E::PhoneNumberNotPortable, false),
        (
            "SG-1002",
            10,
            json!({}),
            E::PhoneNumberHasSpecialFeature,
            false,
        ),
        ("SG-1003", 10, json!({}), E::LsrPending, true),
        ("SG-1004", 10, json!({}), E::OspIrresponsive, true),
        ("CH-1005", 10, json!({}), E::FocExpired, true),
        ("US-1006", 10, json!({}), E::SvConflict, true),
        ("US-1007", 10, json!({}), E::SvUnknownFailure, true),
        ("US-1008", 10, json!({}), E::RateCenterNotPortable, false),
        ("PA-1009", 10, json!({}), E::Other, true),
    ];
    let mut reached = BTreeSet::new();
    for (account, numbers, wrong, code, curable) in cases {
        let mut bench = Bench::new(Faults::NONE);
        let id = bench.draft(account, numbers);
        bench.id(Input::EditPort {
            id: id.clone(),
            body: wrong.clone(),
        });
        confirm(&mut bench, &id);
        bench.pass_hours(24 * 40);
        assert_eq!(
            bench.status(&id),
            PortStatus::Exception,
            "{account} {wrong}"
        );
        assert!(
            bench.codes(&id).contains(&code),
            "{account}: {:?}",
            bench.codes(&id)
        );
        reached.insert(code);
        let record = bench.record(account);
        let mut body = bench.filled(&record, numbers);
        body["activation_settings"] = json!({ "foc_datetime_requested": null });
        body["misc"]["new_billing_phone_number"] = "+41445552009".into();
        bench.id(Input::EditPort {
            id: id.clone(),
            body,
        });
        bench.pass_hours(24 * 40);
        let end = if curable {
            PortStatus::Ported
        } else {
            PortStatus::Exception
        };
        assert_eq!(
            bench.status(&id),
            end,
            "{account} {code:?} {:?}",
            bench.codes(&id)
        );
    }
    let mut bench = Bench::new(Faults::NONE);
    for (numbers, code) in [
        (
            ["+41445552000", "+41445552010"],
            E::PortingOrderSplitRequired,
        ),
        (["+41441112233", "+41441112234"], E::PhoneNumberMismatch),
    ] {
        let numbers = numbers.iter().map(|number| (*number).to_owned()).collect();
        let id = bench.id(Input::CreatePorts(crate::core::port::create::NewPorts {
            numbers,
            ..Default::default()
        }));
        let record = bench.record("CH-1000");
        let body = bench.filled(&record, 2);
        bench.id(Input::EditPort {
            id: id.clone(),
            body,
        });
        confirm(&mut bench, &id);
        bench.pass_hours(24 * 10);
        assert!(bench.codes(&id).contains(&code), "{:?}", bench.codes(&id));
        reached.insert(code);
    }
    let missed: Vec<_> = E::ALL
        .iter()
        .filter(|code| !reached.contains(code))
        .collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}

#[test]
fn five_hundred_numbers_settle_each_by_itself() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.draft("CH-3000", 500);
    confirm(&mut bench, &id);
    while !bench.port(&id).cutting_over {
        bench.pass_hours(1);
    }
    let count = |bench: &Bench, status: ActivationStatus| {
        bench
            .state
            .port_numbers
            .iter()
            .filter(|row| row.activation == status)
            .count()
    };
    bench.pass_hours(1);
    assert_eq!(
        bench.status(&id),
        PortStatus::FocDateConfirmed,
        "the order waits for slow numbers"
    );
    assert_eq!(count(&bench, ActivationStatus::Active), 350);
    assert_eq!(count(&bench, ActivationStatus::Pending), 50);
    assert_eq!(count(&bench, ActivationStatus::Conflict), 50);
    assert_eq!(count(&bench, ActivationStatus::Failed), 50);
    bench.pass_hours(10);
    assert_eq!(bench.status(&id), PortStatus::Ported);
    assert_eq!(count(&bench, ActivationStatus::Active), 450);
    assert_eq!(bench.state.owned.len(), 450);
    assert!(
        bench.state.routes.get("+41445553009").is_none(),
        "a failed number stays with its donor"
    );
    let failed = super::super::number::E164::parse("+41445553009", "").expect("a number");
    assert_eq!(bench.state.portability(&failed).reason, "");
}

#[test]
fn papers_that_cannot_be_read_come_back_before_the_donor_sees_them() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.draft("CH-1000", 10);
    let loa = bench.document("illegible.pdf");
    bench.id(Input::EditPort {
        id: id.clone(),
        body: json!({ "documents": { "loa": loa } }),
    });
    confirm(&mut bench, &id);
    bench.pass_hours(24);
    assert_eq!(bench.told(&id), ["in-process", "exception"]);
    assert_eq!(bench.port(&id).requests, 0);
    let loa = bench.document("loa.pdf");
    bench.id(Input::EditPort {
        id: id.clone(),
        body: json!({ "documents": { "loa": loa } }),
    });
    confirm(&mut bench, &id);
    assert_eq!(bench.status(&id), PortStatus::Submitted);
}

#[test]
fn cancelling_keeps_its_cut_off() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.draft("CH-1000", 10);
    assert!(
        bench.step(Input::CancelPort(id.clone())).is_err(),
        "a draft is deleted, not cancelled"
    );
    confirm(&mut bench, &id);
    bench.pass_hours(4 + 48 + 1);
    assert_eq!(bench.status(&id), PortStatus::FocDateConfirmed);
    let left_ms = bench.port(&id).foc_due.expect("a date").0 - bench.now.0;
    bench.pass_ms(left_ms - 47 * HOUR_MS);
    let refusal = bench
        .step(Input::CancelPort(id.clone()))
        .expect_err("too late");
    assert!(refusal.to_string().contains("48 hours"), "{refusal}");
    let other = bench.draft("CH-1003", 10);
    confirm(&mut bench, &other);
    bench.pass_hours(5);
    bench
        .step(Input::CancelPort(other.clone()))
        .expect("in time");
    assert_eq!(bench.status(&other), PortStatus::CancelPending);
    assert!(
        bench.step(Input::CancelPort(other.clone())).is_err(),
        "once is enough"
    );
    bench.pass_hours(24 * 30);
    assert_eq!(bench.status(&other), PortStatus::Cancelled);
    assert_eq!(bench.status(&id), PortStatus::Ported);
}

#[test]
fn a_person_answers_for_the_donor() {
    let mut bench = Bench::new(Faults::NONE);
    bench
        .step(Input::Practice {
            manual_donor: Some(true),
            reliable: None,
        })
        .expect("is taken");
    let id = bench.draft("US-1000", 10);
    let answer = |id: &str, answer| Input::DonorAnswers {
        id: id.to_owned(),
        answer,
    };
    assert!(
        bench
            .step(answer(&id, donor::Answer::Accept(None)))
            .is_err(),
        "a draft has not asked"
    );
    confirm(&mut bench, &id);
    bench.pass_hours(4 + 25);
    assert_eq!(
        bench.status(&id),
        PortStatus::Submitted,
        "the records do not answer now"
    );
    let reject = donor::Answer::Reject(vec![ExceptionCode::LsrPending], Some("call us".to_owned()));
    bench.step(answer(&id, reject)).expect("is taken");
    assert_eq!(bench.codes(&id), [ExceptionCode::LsrPending]);
    assert!(
        bench
            .state
            .comments
            .iter()
            .any(|comment| comment.body == "call us")
    );
    confirm(&mut bench, &id);
    bench
        .step(answer(&id, donor::Answer::Silent))
        .expect("is taken");
    bench.pass_hours(73);
    assert_eq!(bench.codes(&id), [ExceptionCode::OspIrresponsive]);
    confirm(&mut bench, &id);
    let date = bench.now.plus_ms(30 * HOUR_MS);
    bench
        .step(answer(&id, donor::Answer::Accept(Some(date))))
        .expect("is taken");
    assert_eq!(bench.port(&id).foc_actual, Some(date));
    assert!(
        bench.step(Input::ActivatePort(id.clone())).is_err(),
        "the window opens eight hours before"
    );
    bench.pass_hours(23);
    bench
        .step(Input::ActivatePort(id.clone()))
        .expect("the window is open");
    assert!(
        bench.step(Input::ActivatePort(id.clone())).is_err(),
        "once is enough"
    );
    bench.pass_hours(1);
    assert_eq!(bench.status(&id), PortStatus::Ported);
}

#[test]
fn only_fast_orders_are_activated_on_demand() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.draft("CH-1000", 10);
    confirm(&mut bench, &id);
    bench.pass_hours(4 + 48 + 1);
    let refusal = bench
        .step(Input::ActivatePort(id))
        .expect_err("not of the US");
    assert!(refusal.to_string().contains("FastPort"), "{refusal}");
}

#[test]
fn the_status_table_has_no_way_out_of_an_end_and_reaches_every_status() {
    let mut reached = BTreeSet::from(["draft"]);
    let (mut taken, mut refused) = (0, 0);
    for status in PortStatus::ALL {
        for event in PortEvent::ALL {
            match status.next(event) {
                Some(next) => {
                    taken += 1;
                    assert!(!status.is_over());
                    reached.insert(next.as_str());
                }
                None => refused += 1,
            }
        }
    }
    assert_eq!(reached.len(), PortStatus::ALL.len());
    assert_eq!((taken, refused), (13, 51));
}
