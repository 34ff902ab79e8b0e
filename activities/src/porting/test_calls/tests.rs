//! Test calls of a port, in virtual time.
use super::*;
use crate::porting::record::{Hidden, word};
use crate::porting::standing;
use crate::porting::tests::signals::signal;
use contract::dossier::OrderStatus;
use contract::port::{PortForm, PortVerdict, PortView};
use contract::request::NumberLine;
use serde_json::json;

fn time(seconds: i64) -> Time {
    let monday: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    Time {
        now: monday + SignedDuration::from_secs(seconds),
        scale: 1,
        patience_s: 0,
    }
}

fn number(at: usize) -> E164 {
    E164::parse(&format!("+4144555{at:04}")).unwrap()
}

/// A port of so many numbers that are here and were not called.
fn port(count: usize) -> Port {
    let mut view = PortView::draft(PortForm::default());
    view.order = OrderStatus::Verifying;
    let line = |at| NumberLine {
        number: number(at),
        status: word(Here::Active),
        reason: None,
    };
    Port {
        view,
        lines: (0..count).map(line).collect(),
        hidden: Hidden::default(),
    }
}

fn result(topic: &str, of: &E164, test: &str) -> RequestSignal {
    signal(
        SignalName::CallTested,
        topic,
        json!({ "number": of, "test": test }),
    )
}

/// Makes the call that follows.
fn called(port: &mut Port, at: Time) -> (E164, String) {
    let Next::Call(number, attempt) = next(port, at) else {
        panic!("no call follows");
    };
    let test = format!("pi-1-{number}-{attempt}");
    begun(port, &number, Some(test.clone()), at);
    (number, test)
}

fn statuses(port: &Port) -> Vec<Here> {
    port.statuses()
}

#[test]
fn a_late_result_is_its_own_numbers_and_moves_no_other() {
    let mut port = port(2);
    let (first, test) = called(&mut port, time(0));
    // Not told in time: it goes to the end of the queue.
    take_down(&mut port, None, time(50));
    assert_eq!(
        port.hidden.testing,
        Some(first.clone()),
        "its time is not up"
    );
    take_down(&mut port, None, time(101));
    let (second, _) = called(&mut port, time(101));
    assert_ne!(first, second);
    // A failure of the first call says nothing of the second, and a success all about the first.
    take_down(&mut port, Some(&result("failed", &first, &test)), time(110));
    assert_eq!(port.hidden.testing, Some(second.clone()));
    take_down(&mut port, Some(&result("passed", &first, &test)), time(111));
    assert_eq!(statuses(&port), [Here::Verified, Here::Active]);
    assert_eq!(port.hidden.testing, Some(second.clone()));
    assert_eq!(next(&mut port, time(111)), Next::Wait);
    // A failure of an older call of the same number is not this call's.
    take_down(
        &mut port,
        Some(&result("failed", &second, "pi-1-older")),
        time(112),
    );
    assert_eq!(port.hidden.testing, Some(second));
}

#[test]
fn a_number_is_tried_four_times_with_pauses_and_then_an_operator_is_asked() {
    let mut port = port(1);
    let mut now = 0;
    let mut tried = Vec::new();
    for _ in 0..TRIES {
        while next(&mut port, time(now)) == Next::Wait {
            now += 1;
        }
        let (number, test) = called(&mut port, time(now));
        tried.push(now);
        take_down(
            &mut port,
            Some(&result("failed", &number, &test)),
            time(now),
        );
    }
    assert_eq!(tried, [0, 30, 150, 450]);
    assert_eq!(next(&mut port, time(now)), Next::Ask);
    assert_eq!(
        port.lines[0].reason.as_deref(),
        Some("no test call came through")
    );
    let asked = standing::answer(&port, PortVerdict::Testing, time(now), None);
    assert_eq!(
        (asked.owner, asked.form.as_deref()),
        (Party::Operator, Some("port-verify"))
    );
    let says = signal(
        SignalName::TaskDone,
        "port-verify",
        json!({ "result": "failed" }),
    );
    take_down(&mut port, Some(&says), time(now));
    assert_eq!(next(&mut port, time(now)), Next::Over);
    port.view.order = OrderStatus::Closed;
    assert_eq!(standing::verdict(&port), PortVerdict::ClosedInPart);
    assert_eq!(port.not_reached(), 1);
}

#[test]
fn an_operator_names_those_that_they_could_not_reach() {
    for (result, failed, expected) in [
        ("passed", json!([]), [Here::Verified, Here::Verified]),
        ("failed", json!([number(1)]), [Here::Verified, Here::Active]),
        ("failed", json!([]), [Here::Active, Here::Active]),
    ] {
        let mut port = port(2);
        port.hidden.by_ear = true;
        assert_eq!(next(&mut port, time(0)), Next::Ask);
        let said = signal(
            SignalName::TaskDone,
            "port-verify",
            json!({ "result": result, "failed": failed }),
        );
        take_down(&mut port, Some(&said), time(1));
        assert_eq!(statuses(&port), expected);
        assert_eq!(next(&mut port, time(1)), Next::Over);
    }
}

#[test]
fn of_many_numbers_some_are_called_spread_over_all_and_it_ends() {
    let mut port = port(500);
    let mut reached = Vec::new();
    while let Next::Call(..) = next(&mut port, time(0)) {
        let (number, test) = called(&mut port, time(0));
        take_down(&mut port, Some(&result("passed", &number, &test)), time(0));
        reached.push(number);
    }
    assert_eq!(reached.len(), SAMPLE_MAX);
    assert_eq!(
        (reached.first(), reached.last()),
        (Some(&number(0)), Some(&number(475)))
    );
    assert_eq!(next(&mut port, time(0)), Next::Over);
    port.view.order = OrderStatus::Closed;
    assert_eq!(standing::verdict(&port), PortVerdict::Closed);
}
