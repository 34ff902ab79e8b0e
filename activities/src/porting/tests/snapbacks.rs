//! Numbers that were ported in error: asked for within the window, and here until they have left.
use super::looks::{monday, number, port, time};
use super::signals::{done, signal};
use crate::porting::look::{Facts, Looked, look};
use crate::porting::record::Port;
use crate::porting::{snapback, standing};
use contract::dossier::{NumberStatus as Here, OrderStatus as At};
use contract::port::{PortAnswer, PortVerdict as Next};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn hear(port: &mut Port, signal: Option<&RequestSignal>, now: Timestamp) -> Looked {
    let facts = Facts {
        carrier: None,
        scheme: "telnyx",
        declared: false,
    };
    look(port, &facts, signal, time(now)).unwrap()
}

fn asked(port: &mut Port, numbers: Value, now: Timestamp) -> Looked {
    let data = json!({ "numbers": numbers });
    let back = signal(SignalName::RequestChange, "snapback", data);
    hear(port, Some(&back), now)
}

fn said(port: &mut Port, data: Value, now: Timestamp) -> Looked {
    let told = done(snapback::FORM, data);
    hear(port, Some(&told), now)
}

fn stands(port: &Port, looked: &Looked) -> PortAnswer {
    standing::answer(port, looked.next, time(monday()), looked.says.clone())
}

/// A port whose numbers have come, with its window open.
fn ported(count: usize) -> Port {
    let mut port = port(At::Ported, Here::Verified, count);
    port.view.donor = Some("Alpenfon".to_owned());
    assert_eq!(hear(&mut port, None, monday()).next, Next::Snapback);
    port
}

fn after_the_window() -> Timestamp {
    monday() + SignedDuration::from_hours(24 * 30)
}

#[test]
fn a_number_that_is_to_go_back_is_here_and_an_operators_matter_until_it_has_left() {
    let mut port = ported(2);
    let quiet = standing::answer(&port, Next::Snapback, time(monday()), None);
    assert_eq!((quiet.owner, quiet.form), (Party::Platform, None));
    let looked = asked(&mut port, json!([number(0), number(0)]), monday());
    assert_eq!(
        looked.says.as_deref(),
        Some(format!("To go back to the old provider: {}", number(0)).as_str())
    );
    let answer = stands(&port, &looked);
    assert_eq!(
        (answer.owner, answer.form.as_deref()),
        (Party::Operator, Some(snapback::FORM))
    );
    assert_eq!(
        answer.next_action,
        format!(
            "Have {} ported back to Alpenfon, then say which have left",
            number(0)
        )
    );
    assert_eq!(port.statuses(), [Here::Verified; 2]);
    // The window closes meanwhile; what is asked for is still to be done.
    assert_eq!(
        hear(&mut port, None, after_the_window()).next,
        Next::Snapback
    );
    let over = said(&mut port, json!({ "result": "left" }), after_the_window());
    assert_eq!(over.next, Next::ClosedInPart);
    assert_eq!(port.statuses(), [Here::SnappedBack, Here::Verified]);
}

#[test]
fn an_operator_says_it_of_some_and_what_is_not_taken_back_stays() {
    let mut port = ported(3);
    asked(&mut port, json!([number(0), number(1)]), monday());
    let left = json!({ "result": "left", "numbers": [number(1), number(2)] });
    let looked = said(&mut port, left, monday());
    assert_eq!(port.view.going_back, [number(0)]);
    assert_eq!(
        port.statuses(),
        [Here::Verified, Here::SnappedBack, Here::Verified],
        "one that nobody asked for stays"
    );
    assert_eq!(stands(&port, &looked).owner, Party::Operator);
    let looked = said(&mut port, json!({ "result": "stays" }), monday());
    let stays = format!("Not taken back, and here still: {}", number(0));
    assert_eq!(looked.says, Some(stays));
    assert_eq!(Port::number_status(&port.lines[0]), Here::Verified);
    assert_eq!(stands(&port, &looked).form, None);
    assert_eq!(
        hear(&mut port, None, after_the_window()).next,
        Next::ClosedInPart
    );
}

#[test]
fn a_wish_that_comes_when_the_window_is_over_is_refused_in_words() {
    let mut port = ported(1);
    let late = asked(&mut port, json!([number(0)]), after_the_window());
    assert!(late.says.unwrap().contains("cannot go back"));
    assert_eq!(
        (late.next, port.statuses()),
        (Next::Closed, vec![Here::Verified])
    );
}
