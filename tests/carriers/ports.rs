//! Ports through the adapter, held against the practice carrier: what a donor really answers, and what follows from it.

use crate::desk::{Desk, open, until};
use activities::porting::calendar::Time;
use activities::porting::look::{Facts, look};
use activities::porting::record::{Hidden, Port};
use activities::porting::replace;
use activities::ports::carriers::{CarrierError, NeedForm, Upload};
use activities::ports::porting::{
    Activation, CarrierPort, CarrierStatus, NewPort, PortFill, Porting,
};
use contract::E164;
use contract::dossier::{NumberStatus, NumberStep, NumberType, OrderStatus, OrderStep};
use contract::port::{PortForm, PortVerdict, PortView};
use contract::request::{NumberLine, Party};
use jiff::Timestamp;
use serde_json::Value;

/// An account of the practice carrier's donors.
fn record(account: &str) -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../infra/local/carrier/data/donors.json"
    );
    let text = std::fs::read_to_string(path).expect("the donors");
    let donors: Value = serde_json::from_str(&text).expect("JSON");
    let mut records = donors["records"].as_array().expect("records").iter();
    let found = records.find(|record| record["account"] == account);
    found.expect("the account").clone()
}

fn numbers(record: &Value, count: u64) -> Vec<E164> {
    let first = record["first"].as_str().expect("a number");
    let value: u64 = first[1..].parse().expect("digits");
    (0..count)
        .map(|at| E164::parse(&format!("+{}", value + at)).expect("a number"))
        .collect()
}

async fn paper(desk: &Desk, key: &str) -> String {
    let paper = Upload {
        key: key.to_owned(),
        file_name: format!("{key}.pdf"),
        bytes: b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n".to_vec(),
    };
    desk.telnyx.give(&paper).await.expect("taken")
}

/// What the account's owner would write, with everything that the carrier asks for.
async fn fill(desk: &Desk, record: &Value, known: &CarrierPort) -> PortFill {
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let place = |name: &str| {
        record["address"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let mut answers = Vec::new();
    for need in &known.needs {
        let answer = match need.need.form {
            NeedForm::Document => paper(desk, &need.need.id).await,
            NeedForm::Text => "155612345-2-2015".to_owned(),
            NeedForm::Address | NeedForm::Action => continue,
        };
        answers.push((need.need.id.clone(), answer));
    }
    PortFill {
        entity_name: text("entity"),
        signer: text("person"),
        account_number: text("account"),
        pin: record["pin"].as_str().map(str::to_owned),
        street: place("street"),
        city: place("locality"),
        postal_code: place("postal"),
        country: place("country"),
        is_full: record["count"].as_u64() == Some(known.lines.len() as u64),
        letter: Some(paper(desk, "letter").await),
        invoice: Some(paper(desk, "invoice").await),
        answers,
        ..PortFill::default()
    }
}

async fn reaches(desk: &Desk, id: &str, status: CarrierStatus) -> CarrierPort {
    until(|| async {
        let known = desk.telnyx.port_state(id).await.expect("the order");
        (known.status == status).then_some(known)
    })
    .await
}

fn port(known: &CarrierPort, country: &str) -> Port {
    let mut view = PortView::draft(PortForm::default());
    view.order = OrderStatus::Submitted;
    view.country = Some(country.to_owned());
    view.number_type = Some(NumberType::Local);
    view.submissions = 1;
    let line = |(number, _): &(E164, Activation)| NumberLine {
        number: number.clone(),
        status: "submitted".to_owned(),
        reason: None,
    };
    Port {
        view,
        lines: known.lines.iter().map(line).collect(),
        hidden: Hidden {
            routes_made: true,
            ..Hidden::default()
        },
    }
}

fn next(port: &mut Port, known: &CarrierPort) -> PortVerdict {
    let facts = Facts {
        carrier: Some(known),
        scheme: "telnyx",
        declared: false,
    };
    let time = Time {
        now: Timestamp::now(),
        scale: 86_400,
        patience_s: 0,
    };
    look(port, &facts, None, time).expect("legal").next
}

#[tokio::test]
async fn what_cannot_come_is_told_before_anything_is_ordered() {
    let desk = open().await;
    let wanted: Vec<E164> = ["+41445552000", "+4915112345678"]
        .into_iter()
        .map(|text| E164::parse(text).expect("a number"))
        .collect();
    let found = desk.telnyx.portability(&wanted).await.expect("an answer");
    assert_eq!((found[0].portable, found[1].portable), (true, false));
    assert!(found[1].why.is_some());
}

#[tokio::test]
async fn the_same_wish_makes_one_order() {
    let desk = open().await;
    let wish = NewPort {
        key: "pi-1".to_owned(),
        numbers: numbers(&record("CH-1000"), 10),
    };
    let first = desk.telnyx.open_ports(&wish).await.expect("made");
    let again = desk.telnyx.open_ports(&wish).await.expect("found");
    assert_eq!(first, again);
    assert_eq!((first.len(), first[0].lines.len()), (1, 10));
    assert!(first[0].donor.is_some());
    desk.telnyx
        .rename_port(&first[0].id, "pi-1-1")
        .await
        .expect("renamed");
    let renamed = NewPort {
        key: "pi-1-1".to_owned(),
        ..wish
    };
    assert_eq!(
        desk.telnyx.open_ports(&renamed).await.expect("found")[0].id,
        first[0].id
    );
}

#[tokio::test]
async fn an_order_whose_id_was_lost_is_found_under_its_key_and_taken_back() {
    let desk = open().await;
    let wish = NewPort {
        key: "pi-6".to_owned(),
        numbers: numbers(&record("CH-1000"), 10),
    };
    let nothing = desk.telnyx.find_ports("pi-6").await.expect("an answer");
    assert_eq!(nothing, []);
    let made = desk.telnyx.open_ports(&wish).await.expect("made");
    // Whoever asks only whether the numbers can come is told no: they are in an order, which is this one.
    let asked = desk.telnyx.portability(&wish.numbers).await;
    assert!(asked.expect("an answer").iter().all(|row| !row.portable));
    let found = desk.telnyx.find_ports("pi-6").await.expect("found");
    assert_eq!(found, made);
    let key = desk.telnyx.key_of_port(&made[0].id).await;
    assert_eq!(key.expect("an answer").as_deref(), Some("pi-6"));
    desk.telnyx
        .cancel_port(&found[0].id)
        .await
        .expect("a draft is taken away");
    let nothing = desk.telnyx.find_ports("pi-6").await.expect("an answer");
    assert_eq!(nothing, []);
    let other = NewPort {
        key: "pi-7".to_owned(),
        ..wish
    };
    let free = desk.telnyx.open_ports(&other).await.expect("made");
    assert_eq!(free[0].lines.len(), 10);
}

#[tokio::test]
async fn where_an_order_leads_its_numbers_is_looked_at_before_they_come() {
    let mut desk = open().await;
    let record = record("CH-1000");
    let wish = NewPort {
        key: "pi-7".to_owned(),
        numbers: numbers(&record, 10),
    };
    let made = desk.telnyx.open_ports(&wish).await.expect("made").remove(0);
    let not_led = async |desk: &Desk| {
        let asked = desk.telnyx.not_led(Some(&made.id), &wish.numbers);
        asked.await.expect("an answer")
    };
    let nowhere = "the carrier's order leads its numbers to no connection; vc-1 is ours";
    assert_eq!(not_led(&desk).await, [nowhere]);
    let filled = fill(&desk, &record, &made).await;
    let write = async |desk: &Desk| {
        let written = desk.telnyx.fill_port(&made.id, &filled);
        written.await.expect("filled");
    };
    write(&desk).await;
    assert_eq!(not_led(&desk).await, Vec::<String>::new());
    desk.telnyx.connection_id = Some("vc-gone".to_owned());
    let elsewhere =
        "the carrier's order leads its numbers to the connection vc-1, and not to vc-gone";
    let gone = "the carrier has no connection vc-gone";
    assert_eq!(not_led(&desk).await, [elsewhere, gone]);
    desk.telnyx.connection_id = Some("vc-off".to_owned());
    write(&desk).await;
    let off = "the carrier's connection vc-off is switched off";
    assert_eq!(not_led(&desk).await, [off]);
    desk.telnyx.connection_id = None;
    assert_eq!(
        not_led(&desk).await,
        Vec::<String>::new(),
        "nothing is known of one"
    );
}

#[tokio::test]
async fn an_order_that_lacks_something_is_refused_with_the_field() {
    let desk = open().await;
    let wish = NewPort {
        key: "pi-2".to_owned(),
        numbers: numbers(&record("CH-1000"), 10),
    };
    let id = desk.telnyx.open_ports(&wish).await.expect("made")[0]
        .id
        .clone();
    let refused = desk
        .telnyx
        .submit_port(&id)
        .await
        .expect_err("nothing is filled in");
    let CarrierError::Refused(refusal) = refused else {
        panic!("{refused}")
    };
    let fields: Vec<_> = refusal
        .reasons
        .iter()
        .filter_map(|reason| reason.source.as_deref())
        .collect();
    assert!(
        fields.contains(&"/end_user/admin/account_number"),
        "{fields:?}"
    );
    desk.telnyx
        .cancel_port(&id)
        .await
        .expect("a draft is taken away");
    assert!(matches!(
        desk.telnyx.port_state(&id).await,
        Err(CarrierError::NotFound(_))
    ));
}

#[tokio::test]
async fn a_wrong_account_comes_back_with_the_field_that_mends_it_and_then_goes_through() {
    let desk = open().await;
    let record = record("CH-1000");
    let wish = NewPort {
        key: "pi-3".to_owned(),
        numbers: numbers(&record, 10),
    };
    let made = desk.telnyx.open_ports(&wish).await.expect("made").remove(0);
    let right = fill(&desk, &record, &made).await;
    let wrong = PortFill {
        account_number: "CH-9999".to_owned(),
        ..right.clone()
    };
    desk.telnyx
        .fill_port(&made.id, &wrong)
        .await
        .expect("filled");
    desk.telnyx.submit_port(&made.id).await.expect("submitted");
    let mut port = port(&made, "CH");
    let refused = reaches(&desk, &made.id, CarrierStatus::Refused).await;
    assert_eq!(next(&mut port, &refused), PortVerdict::Correct);
    let rejection = port.view.rejections.last().expect("a refusal");
    assert_eq!(rejection.code, "ACCOUNT_NUMBER_MISMATCH");
    assert_eq!(rejection.fields, ["/previousService/accountNumber"]);
    for step in [
        OrderStep::BeginCorrection,
        OrderStep::Resubmit,
        OrderStep::ApproveReview,
    ] {
        port.step(step, Party::Operator, Timestamp::now())
            .expect("legal");
    }
    port.step_numbers(NumberStep::Submit, Party::Platform, Timestamp::now(), None);
    desk.telnyx
        .fill_port(&made.id, &right)
        .await
        .expect("corrected");
    desk.telnyx
        .submit_port(&made.id)
        .await
        .expect("submitted again");
    desk.telnyx
        .submit_port(&made.id)
        .await
        .expect("a retry after a lost answer does no harm");
    let ported = reaches(&desk, &made.id, CarrierStatus::Ported).await;
    assert_eq!(
        next(&mut port, &ported),
        PortVerdict::Activate,
        "{:?}",
        port.view.order
    );
}

#[tokio::test]
async fn five_hundred_numbers_come_in_mixed_outcomes() {
    let desk = open().await;
    let record = record("CH-3000");
    let wish = NewPort {
        key: "pi-4".to_owned(),
        numbers: numbers(&record, 500),
    };
    let made = desk.telnyx.open_ports(&wish).await.expect("made").remove(0);
    let filled = fill(&desk, &record, &made).await;
    desk.telnyx
        .fill_port(&made.id, &filled)
        .await
        .expect("filled");
    desk.telnyx.submit_port(&made.id).await.expect("submitted");
    let mut port = port(&made, "CH");
    let mut seen = Vec::new();
    loop {
        let known = desk.telnyx.port_state(&made.id).await.expect("the order");
        let verdict = next(&mut port, &known);
        if seen.last() != Some(&port.view.order) {
            seen.push(port.view.order);
        }
        match verdict {
            PortVerdict::Activate => {
                port.follow(OrderStep::Activate, Party::Platform, Timestamp::now())
                    .expect("legal");
                port.step_numbers(
                    NumberStep::Activate,
                    Party::Platform,
                    Timestamp::now(),
                    None,
                );
            }
            PortVerdict::Verify => break,
            _ => tokio::task::yield_now().await,
        }
    }
    let count = |wanted: NumberStatus| {
        port.statuses()
            .iter()
            .filter(|status| **status == wanted)
            .count()
    };
    assert_eq!(
        (count(NumberStatus::Active), count(NumberStatus::Failed)),
        (450, 50)
    );
    assert_eq!(seen.last(), Some(&OrderStatus::Verifying), "{seen:?}");
}

#[tokio::test]
async fn an_order_is_cancelled_before_its_date_and_never_after_it() {
    let desk = open().await;
    let record = record("CH-1004");
    let wish = NewPort {
        key: "pi-5".to_owned(),
        numbers: numbers(&record, 10),
    };
    let made = desk.telnyx.open_ports(&wish).await.expect("made").remove(0);
    let filled = fill(&desk, &record, &made).await;
    desk.telnyx
        .fill_port(&made.id, &filled)
        .await
        .expect("filled");
    desk.telnyx.submit_port(&made.id).await.expect("submitted");
    desk.telnyx.cancel_port(&made.id).await.expect("asked");
    desk.telnyx
        .cancel_port(&made.id)
        .await
        .expect("asked again");
    reaches(&desk, &made.id, CarrierStatus::Cancelled).await;
}

#[tokio::test]
async fn numbers_of_two_accounts_come_apart_when_the_order_that_has_both_is_gone() {
    let desk = open().await;
    let record = record("CH-1000");
    let both: Vec<E164> = ["+41445552000", "+41445552010"]
        .into_iter()
        .map(|text| E164::parse(text).expect("a number"))
        .collect();
    let wish = |numbers: Vec<E164>| NewPort {
        key: "pi-6".to_owned(),
        numbers,
    };
    let made = desk.telnyx.open_ports(&wish(both.clone())).await;
    let made = made.expect("made").remove(0);
    let filled = fill(&desk, &record, &made).await;
    desk.telnyx
        .fill_port(&made.id, &filled)
        .await
        .expect("filled");
    desk.telnyx.submit_port(&made.id).await.expect("submitted");
    let mut port = port(&made, "CH");
    port.view.external_id = Some(made.id.clone());
    let refused = reaches(&desk, &made.id, CarrierStatus::Refused).await;
    assert_eq!(next(&mut port, &refused), PortVerdict::Correct);
    let is_split = |code: &str| code == "PORTING_ORDER_SPLIT_REQUIRED";
    let rejection = port.view.rejections.iter().find(|one| is_split(&one.code));
    assert_eq!(rejection.expect("a refusal").fields, ["/order/numbers"]);

    port.leave(&both[..1]);
    let old = port.replaced().expect("it has the other number").to_owned();
    until(|| async {
        let stands = replace::take_back(&desk.telnyx, &old).await.expect("told");
        (stands == replace::Old::Gone).then_some(())
    })
    .await;
    let left = wish(port.lines.iter().map(|line| line.number.clone()).collect());
    let anew = desk.telnyx.open_ports(&left).await.expect("made").remove(0);
    assert_ne!(anew.id, old);
    assert_eq!(anew.lines.len(), 1);
    let filled = fill(&desk, &record, &anew).await;
    desk.telnyx
        .fill_port(&anew.id, &filled)
        .await
        .expect("filled");
    desk.telnyx.submit_port(&anew.id).await.expect("submitted");
    reaches(&desk, &anew.id, CarrierStatus::DateConfirmed).await;
}
