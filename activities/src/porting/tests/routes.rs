//! What is in the directory for numbers that come, do not come, go back, or were here before.
use super::signals::{done, signal};
use super::town::{CARRIER, Town, number};
use crate::porting::record::{Hidden, Port, word};
use crate::porting::{cancel, check, cutover, look_up};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use crate::ports::requests::Requests;
use crate::request::{Begun, begin};
use contract::dossier::{NumberStatus as Here, NumberType, OrderStatus as At};
use contract::number::api::AssignNumber;
use contract::port::{HandIn, PortError, PortForm, PortInput, PortVerdict as Next, PortView};
use contract::request::signal::{RequestSignal, SignalName};
use contract::request::{Kind, NumberLine};
use contract::routing::Target;
use serde_json::json;

const PORT: &str = "pi-1";
const FIRST: &str = "+41445552000";
const SECOND: &str = "+41445552001";
const TENANT: &str = crate::seed::sample::TENANT;

fn input(signal: Option<RequestSignal>) -> PortInput {
    PortInput {
        request: PORT.into(),
        signal,
    }
}

/// A port of two numbers that stands there, at the carrier as `x-1`.
async fn port(order: At, lines: [Here; 2], carrier: CarrierStatus) -> Town {
    let town = Town::new().await;
    let mut view = PortView::draft(PortForm::default());
    view.order = order;
    view.country = Some("CH".to_owned());
    view.number_type = Some(NumberType::Local);
    view.carrier = Some(CARRIER.into());
    view.external_id = Some("x-1".to_owned());
    let numbers: Vec<NumberLine> = [FIRST, SECOND]
        .iter()
        .zip(lines)
        .map(|(text, status)| NumberLine {
            number: number(text),
            status: word(status),
            reason: None,
        })
        .collect();
    town.carrier().ports.push(CarrierPort {
        id: "x-1".to_owned(),
        donor: None,
        status: carrier,
        changed: None,
        codes: Vec::new(),
        named: Vec::new(),
        foc: None,
        on_demand: false,
        lines: [FIRST, SECOND]
            .map(|text| (number(text), Activation::NotYet))
            .to_vec(),
        needs: Vec::new(),
    });
    let begun = Begun {
        id: PORT.into(),
        kind: Kind::PortIn,
        tenant: TENANT.into(),
        person: None,
        title: "two numbers".to_owned(),
        details: json!(view),
        numbers,
        hidden: json!(Hidden::default()),
    };
    begin::begin(&town, begun).await.unwrap();
    town
}

/// The same whose numbers have come, both in service, with its snapback window open.
async fn in_window(lines: [Here; 2]) -> Town {
    let town = port(At::SnapbackWindow, lines, CarrierStatus::Ported).await;
    for text in [FIRST, SECOND] {
        town.keep(text, TENANT, PORT).await;
    }
    change(&town, |port| {
        port.view.submissions = 1;
        port.view.moments.snapback = Some("2026-12-20T08:00:00Z".to_owned());
    })
    .await;
    town
}

/// Changes the port as its workflow does.
async fn change(town: &Town, mut change: impl FnMut(&mut Port) + Send) {
    Requests::update(town, &PORT.into(), |record| {
        let mut port = Port::of(record).unwrap();
        change(&mut port);
        port.put(record);
    })
    .await
    .unwrap();
}

async fn owners(town: &Town) -> [Option<String>; 2] {
    [town.owner(FIRST).await, town.owner(SECOND).await]
}

#[tokio::test]
async fn a_port_that_is_taken_back_before_it_was_submitted_leaves_no_draft_at_the_carrier() {
    for (order, lapses) in [(At::WaitingForSignature, false), (At::Collecting, true)] {
        let town = port(order, [Here::Portable; 2], CarrierStatus::Draft).await;
        let answer = if lapses {
            change(&town, |port| {
                port.view.moments.silence = Some("2026-11-20T08:00:00Z".to_owned())
            })
            .await;
            cancel::lapse(&town, input(None)).await.unwrap()
        } else {
            cancel::cancel(&town, input(None)).await.unwrap()
        };
        assert_eq!(
            answer.verdict,
            if lapses {
                Next::Expired
            } else {
                Next::Cancelled
            }
        );
        assert_eq!(town.carrier().cancelled, ["x-1"]);
    }
}

#[tokio::test]
async fn routes_of_numbers_that_do_not_come_are_taken_back_however_the_port_ends() {
    for (order, carrier, ends) in [
        (At::CancelPending, CarrierStatus::Cancelled, Next::Cancelled),
        (At::FocConfirmed, CarrierStatus::Cancelled, Next::Cancelled),
        (
            At::PreCutoverTest,
            CarrierStatus::Cancelled,
            Next::Cancelled,
        ),
    ] {
        let town = port(order, [Here::Confirmed; 2], carrier).await;
        // Made in part: the other could not be.
        town.keep(FIRST, TENANT, PORT).await;
        change(&town, |port| port.view.submissions = 1).await;
        let answer = look_up::look_up(&town, input(None)).await.unwrap();
        assert_eq!(answer.verdict, ends, "{order:?}");
        assert_eq!(owners(&town).await, [None, None], "{order:?}");
    }
}

#[tokio::test]
async fn a_number_that_has_gone_back_is_the_tenants_no_more_and_the_other_stays() {
    let town = in_window([Here::Verified, Here::Active]).await;
    let asked = json!({ "numbers": [FIRST] });
    let back = signal(SignalName::RequestChange, "snapback", asked);
    let answer = look_up::look_up(&town, input(Some(back))).await.unwrap();
    assert_eq!(answer.verdict, Next::Snapback);
    let both = [Some(TENANT.to_owned()), Some(TENANT.to_owned())];
    assert_eq!(owners(&town).await, both, "it is in service until it left");
    let left = RequestSignal {
        seq: 2,
        ..done("port-snapback", json!({ "result": "left" }))
    };
    let answer = look_up::look_up(&town, input(Some(left))).await.unwrap();
    assert_eq!(answer.verdict, Next::Snapback);
    assert_eq!(owners(&town).await, [None, Some(TENANT.to_owned())]);
}

#[tokio::test]
async fn a_number_that_has_gone_back_is_the_tenants_no_more_though_the_carrier_leads_it_here_still()
{
    let town = in_window([Here::SnappedBack, Here::Active]).await;
    town.carrier().leads_on = true;
    let refused = look_up::look_up(&town, input(None)).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    assert_eq!(owners(&town).await, [None, Some(TENANT.to_owned())]);
    // An operator has seen to it at the carrier, or not: the port goes on.
    let answer = look_up::look_up(&town, input(None)).await.unwrap();
    assert_eq!(answer.verdict, Next::Snapback);
    let timeline = town.record(PORT).await.unwrap().view.timeline;
    let told: Vec<_> = timeline
        .iter()
        .filter(|entry| entry.text.contains("here still"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.contains(FIRST) && !told[0].text.contains(SECOND));
}

#[tokio::test]
async fn a_number_that_is_here_already_is_refused_at_once_and_stays_whatever_becomes_of_the_port() {
    let town = port(At::Draft, [Here::Waiting; 2], CarrierStatus::Draft).await;
    town.keep(FIRST, TENANT, "no-1").await;
    town.keep(SECOND, "t-other", "no-2").await;
    change(&town, |port| {
        let dossier = json!({
            "id": "d-1", "version": 1, "tenant": TENANT, "kind": "business", "endUser": {},
        });
        port.view.form.dossier = Some(serde_json::from_value(dossier).unwrap());
    })
    .await;
    let answer = check::check(&town, input(None)).await.unwrap();
    assert_eq!(answer.verdict, Next::NotPortable);
    let view = town.record(PORT).await.unwrap().view;
    for line in &view.numbers {
        assert_eq!(
            line.reason.as_deref(),
            Some("the number is in use here already")
        );
    }
    // One that came to be here after the check is no route of the port either, and survives its end.
    change(&town, |port| {
        port.view.order = At::PreCutoverTest;
        for line in &mut port.lines {
            line.status = word(Here::Confirmed);
        }
    })
    .await;
    let prepared = cutover::prepare(&town, input(None)).await.unwrap();
    assert_eq!(prepared.verdict, Next::TestFailed);
    let says = prepared.says.unwrap();
    assert!(says.contains(FIRST) && says.contains(SECOND), "{says}");
    change(&town, |port| port.view.order = At::Correction).await;
    cancel::cancel(&town, input(None)).await.unwrap();
    assert_eq!(
        owners(&town).await,
        [Some(TENANT.to_owned()), Some("t-other".to_owned())]
    );
}

#[tokio::test]
async fn numbers_that_would_ring_nobody_are_named_before_the_cut_over() {
    let person = |id: &str| AssignNumber::to(Some(Target::Person(id.into())));
    for (rings, silent) in [
        (None, true),
        (Some(person("p-anna-keller")), false),
        (Some(person("p-gone-meanwhile")), true),
    ] {
        let town = port(
            At::PreCutoverTest,
            [Here::Confirmed, Here::Cancelled],
            CarrierStatus::DateConfirmed,
        )
        .await;
        change(&town, |port| port.view.form.rings.clone_from(&rings)).await;
        let answer = cutover::prepare(&town, input(None)).await.unwrap();
        assert_eq!(answer.verdict, Next::SyncWindow);
        let says = answer.says.unwrap();
        assert_eq!(
            says.ends_with(&format!("ring nobody at {FIRST}")),
            silent,
            "{says}"
        );
        assert!(!says.contains(SECOND), "it does not come: {says}");
    }
}

#[tokio::test]
async fn a_carrier_that_would_not_lead_the_numbers_here_puts_the_cut_over_off_until_it_would() {
    let why = "the carrier has no connection vc-1";
    let town = port(
        At::PreCutoverTest,
        [Here::Confirmed; 2],
        CarrierStatus::DateConfirmed,
    )
    .await;
    town.carrier().not_led.push(why.to_owned());
    let answer = cutover::prepare(&town, input(None)).await.unwrap();
    assert_eq!(answer.verdict, Next::TestFailed);
    assert_eq!(answer.owner, contract::request::Party::Operator);
    let says = answer.says.unwrap();
    assert!(says.contains(why), "{says}");
    town.carrier().not_led.clear();
    let mended = cutover::prepare(&town, input(None)).await.unwrap();
    assert_eq!(mended.verdict, Next::SyncWindow);
}

#[tokio::test]
async fn a_customer_who_agrees_to_a_date_has_it_told_to_a_carrier_that_reads_cases_alone() {
    for by_hand in [true, false] {
        let town = port(
            At::FocProposed,
            [Here::Confirmed; 2],
            CarrierStatus::DateConfirmed,
        )
        .await;
        town.carrier().by_hand = by_hand;
        change(&town, |port| {
            port.view.by_hand = by_hand;
            port.view.submissions = 1;
            port.view.moments.foc = Some("2026-12-10T09:00:00Z".to_owned());
            // Too far from the one that was wished for to stand by itself.
            port.view.form.requested_foc = Some("2026-12-01T09:00:00Z".to_owned());
        })
        .await;
        let agrees = done("port-date", json!({ "decision": "agree" }));
        let answer = look_up::look_up(&town, input(Some(agrees))).await.unwrap();
        let view = town.record(PORT).await.unwrap().view;
        if by_hand {
            assert_eq!(answer.verdict, Next::HandIn);
            assert_eq!(view.details["toHandIn"], "agreed_date");
            let body = view.details["prepared"]["body"].as_str().unwrap();
            assert!(body.contains("Agreed date: 2026-12-10T09:00:00Z"), "{body}");
        } else {
            assert_eq!(answer.verdict, Next::DateAgreed);
            assert_eq!(view.details["toHandIn"], serde_json::Value::Null);
        }
    }
}

#[tokio::test]
async fn what_cancelling_put_off_is_told_in_its_own_words_when_the_carrier_does_not_cancel() {
    let town = port(
        At::CancelPending,
        [Here::Confirmed; 2],
        CarrierStatus::DateConfirmed,
    )
    .await;
    town.carrier().by_hand = true;
    change(&town, |port| {
        port.view.by_hand = true;
        port.view.submissions = 1;
        port.view.resumes = Some(At::FocConfirmed);
        port.view.moments.foc = Some("2026-12-10T09:00:00Z".to_owned());
        port.hidden.put_off = Some(HandIn::AgreedDate);
    })
    .await;
    let refuses = done("port-donor", json!({ "status": "cancel_refused" }));
    let answer = look_up::look_up(&town, input(Some(refuses))).await.unwrap();
    assert_eq!(answer.verdict, Next::HandIn);
    let view = town.record(PORT).await.unwrap().view;
    assert_eq!(view.details["toHandIn"], "agreed_date");
    let subject = view.details["prepared"]["subject"].as_str().unwrap();
    assert!(subject.contains("is agreed"), "{subject}");
}

#[tokio::test]
async fn an_order_that_the_carrier_keeps_alive_is_no_end_of_the_port() {
    for (status, ends) in [
        (CarrierStatus::Refused, false),
        (CarrierStatus::AtDonor, false),
        (CarrierStatus::Cancelled, true),
    ] {
        let town = port(At::Correction, [Here::Rejected; 2], status).await;
        town.carrier().keeps = true;
        let ended = cancel::cancel(&town, input(None)).await;
        match ended {
            Ok(answer) => assert!(ends && answer.verdict == Next::Cancelled, "{status:?}"),
            Err(error) => {
                assert!(!ends, "{status:?}: {error}");
                let view = town.record(PORT).await.unwrap().view;
                assert_eq!(
                    view.details["order"], "correction",
                    "it waits for an operator"
                );
            }
        }
    }
}
