//! Rules of a request, one by one. Those of its inbox are in `inbox`.
use super::*;
use contract::request::end::RequestEndInput;
use contract::request::signal::SignalName;
use contract::request::task::TaskSpec;
use contract::request::turn::RequestTurnInput;
use contract::request::{Kind, NumberLine, Outcome, Party};
use contract::{E164, TenantId};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn line(number: &str, status: &str) -> NumberLine {
    NumberLine {
        number: E164::parse(number).unwrap(),
        status: status.to_owned(),
        reason: None,
    }
}

pub(crate) fn ended(outcome: Outcome, status: &str, says: &str) -> RequestEndInput {
    RequestEndInput {
        request: "pi-1".into(),
        outcome,
        status: status.to_owned(),
        says: says.to_owned(),
        numbers: Vec::new(),
        details: Value::Null,
    }
}

pub(crate) fn begun() -> RequestRecord {
    let begun = Begun {
        id: "pi-1".into(),
        kind: Kind::PortIn,
        tenant: TenantId::from("t-1"),
        person: None,
        title: "Two numbers from another carrier".to_owned(),
        details: json!({ "carrier": "Andes", "date": "2026-12-01" }),
        numbers: vec![line("+5078330101", "draft"), line("+5078330102", "draft")],
        hidden: Value::Null,
    };
    RequestRecord::new(begun, at(0))
}

pub(crate) fn input(round: u32, received: u64, accepts: &[&str]) -> RequestTurnInput {
    RequestTurnInput {
        token: format!("token-{round}"),
        request: "pi-1".into(),
        state: format!("State {round}"),
        round,
        attempt: 0,
        received,
        status: format!("status_{round}"),
        owner: Party::Operator,
        next_action: "Review".to_owned(),
        deadline: Some("2026-12-01T10:00:00Z".to_owned()),
        says: Some(format!("Step {round}")),
        numbers: Vec::new(),
        details: Value::Null,
        task: None,
        accepts: accepts
            .iter()
            .map(|text| Accept::try_from((*text).to_owned()).unwrap())
            .collect(),
    }
}

pub(crate) fn asking(mut input: RequestTurnInput) -> RequestTurnInput {
    input.task = Some(TaskSpec {
        form: "review".to_owned(),
        title: "Review the port".to_owned(),
        about: Value::Null,
    });
    input
}

pub(crate) fn letter(key: &str, name: SignalName, topic: Option<&str>) -> Letter {
    Letter {
        key: key.to_owned(),
        name,
        topic: topic.map(str::to_owned),
        person: None,
        data: json!({ "decision": "approve" }),
    }
}

#[test]
fn a_turn_shows_where_the_request_is_and_asks_for_its_task() {
    let mut record = begun();
    let mut first = asking(input(1, 0, &["task.done@review"]));
    first.numbers = vec![line("+5078330102", "in_review")];
    first.details = json!({ "date": null, "donor": "Istmo" });
    assert_eq!(record.open_turn(&first, at(1)), Ok(None));
    let view = &record.view;
    assert_eq!(
        (view.status.as_str(), view.owner),
        ("status_1", Party::Operator)
    );
    let task = view.task.as_ref().unwrap();
    assert_eq!((task.id.as_str(), task.form.as_str()), ("pi-1.1", "review"));
    assert_eq!(
        view.numbers,
        [
            line("+5078330101", "draft"),
            line("+5078330102", "in_review")
        ]
    );
    assert_eq!(
        view.details,
        json!({ "carrier": "Andes", "donor": "Istmo" })
    );
    assert_eq!(view.timeline.last().unwrap().text, "Step 1");
    // Tried again with the same token: nothing is shown twice.
    let shown = record.clone();
    assert_eq!(record.open_turn(&first, at(2)), Ok(None));
    assert_eq!(record, shown);
}

#[test]
fn whoever_did_the_task_is_in_the_timeline_and_the_task_is_gone() {
    let mut record = begun();
    record
        .open_turn(&asking(input(1, 0, &["task.done@review"])), at(1))
        .unwrap();
    let done = Letter {
        person: Some("p-lucia".into()),
        ..letter("pi-1.1", SignalName::TaskDone, Some("review"))
    };
    let Delivered::Taken(offer) = record.deliver(&done, at(2)) else {
        panic!("the turn waits for it");
    };
    assert_eq!((offer.token.as_str(), offer.note.seq), ("token-1", 1));
    assert!(matches!(
        record.deliver(&done, at(3)),
        Delivered::Known(Some(_))
    ));
    record
        .open_turn(&input(2, 1, &["carrier.notice"]), at(4))
        .unwrap();
    let said = record.view.timeline.last().unwrap();
    assert_eq!(
        (
            said.by,
            said.person.as_ref().map(contract::PersonId::as_str)
        ),
        (Party::Operator, Some("p-lucia"))
    );
    assert_eq!(record.view.task, None);
    assert_eq!(
        record.deliver(&done, at(5)),
        Delivered::Known(None),
        "settled"
    );
}

#[test]
fn a_task_that_is_overtaken_is_in_nobodys_queue() {
    let mut record = begun();
    let cancel = letter("cancel", SignalName::RequestCancel, None);
    assert_eq!(record.deliver(&cancel, at(1)), Delivered::Kept);
    let opened = record.open_turn(
        &asking(input(1, 0, &["task.done", "request.cancel"])),
        at(2),
    );
    assert_eq!(
        opened.unwrap().unwrap().note.name,
        SignalName::RequestCancel
    );
    assert_eq!(record.view.task, None);
}

#[test]
fn what_is_too_large_or_too_much_is_refused_and_may_come_again() {
    let mut record = begun();
    let mut large = letter("large", SignalName::CarrierNotice, None);
    large.data = json!("x".repeat(MAX_DATA_BYTES));
    assert_eq!(record.deliver(&large, at(1)), Delivered::TooLarge);
    let mut kept = 0;
    while record.deliver(
        &letter(&format!("n{kept}"), SignalName::CarrierNotice, None),
        at(1),
    ) == Delivered::Kept
    {
        kept += 1;
    }
    assert_eq!(kept, 32);
    let late = letter(&format!("n{kept}"), SignalName::CarrierNotice, None);
    assert_eq!(record.deliver(&late, at(1)), Delivered::Full);
    let Some(offer) = record
        .open_turn(&input(1, 0, &["carrier.notice"]), at(2))
        .unwrap()
    else {
        panic!("one of them is taken");
    };
    assert_eq!(offer.note.seq, 1);
    assert_eq!(record.deliver(&late, at(3)), Delivered::Kept);
}

#[test]
fn a_request_ends_once_and_takes_nothing_after_it() {
    let mut record = begun();
    record
        .open_turn(&asking(input(1, 0, &["task.done"])), at(1))
        .unwrap();
    let partial = ended(Outcome::Partial, "ported", "One of two numbers is here");
    record.end(&partial, at(2));
    let before = record.clone();
    record.end(&ended(Outcome::Failed, "failed", "again"), at(3));
    assert_eq!(record, before);
    assert_eq!(
        (record.view.outcome, &record.view.task),
        (Some(Outcome::Partial), &None)
    );
    let late = letter("late", SignalName::CarrierNotice, None);
    assert_eq!(record.deliver(&late, at(4)), Delivered::Ended);
    assert_eq!(
        record.open_turn(&input(2, 0, &["task.done"]), at(4)),
        Err(Refused::Ended)
    );
}

#[test]
fn the_largest_request_fits_into_an_item() {
    // What only its kind has, in `details` and `hidden`, has the rest of 400 KB.
    const ITEM_BYTES: usize = 330 * 1024;
    let mut record = begun();
    for n in 0..500 {
        record
            .view
            .numbers
            .push(line(&format!("+50783{n:05}"), "activation_pending"));
    }
    let much = "🎉".repeat(2_000);
    for round in 1..=1_200 {
        let mut turn = asking(input(round, u64::from(round) - 1, &["carrier.notice"]));
        turn.says = Some(much.clone());
        record.open_turn(&turn, at(1)).unwrap();
        record.comment(Party::Customer, None, &much, at(1));
        let notice = letter(&format!("{round:0112}"), SignalName::CarrierNotice, None);
        assert!(matches!(
            record.deliver(&notice, at(1)),
            Delivered::Taken(_)
        ));
    }
    for n in 0..64 {
        let mut notice = letter(&format!("notice-{n:040}"), SignalName::CarrierNotice, None);
        notice.data = json!("x".repeat(MAX_DATA_BYTES - 2));
        record.deliver(&notice, at(1));
    }
    let bytes = serde_json::to_vec(&record).unwrap().len();
    assert!(bytes < ITEM_BYTES, "{bytes}");
}

#[test]
fn however_much_is_said_a_turn_opens_and_what_happened_before_is_there() {
    let mut record = begun();
    let read = "Has read the PIN at the losing provider";
    record.note(Party::Operator, Some("p-ruth".into()), read, at(1));
    for _ in 0..300 {
        record.comment(Party::Customer, None, &"🎉".repeat(2_000), at(2));
    }
    record
        .open_turn(&input(1, 0, &["task.done"]), at(3))
        .unwrap();
    assert!(record.has_line(read) && record.has_line("Step 1"));
    let bytes = serde_json::to_vec(&record).unwrap().len();
    assert!(bytes < 64 * 1024, "{bytes}");
}

/// What can happen to a request.
#[derive(Debug, Clone)]
enum Event {
    Arrives(u8),
    Opens,
}

proptest! {
    /// A workflow that opens turn after turn gets every signal once, in order, however often each was delivered.
    #[test]
    fn every_signal_reaches_the_workflow_once(
        events in prop::collection::vec(
            prop_oneof![(0u8..20).prop_map(Event::Arrives), Just(Event::Opens)],
            1..80,
        ),
    ) {
        let mut record = begun();
        let (mut round, mut received, mut seen) = (0, 0, Vec::new());
        let mut arrived = Vec::new();
        let mut offered = None;
        for event in events.into_iter().chain((0..60).map(|_| Event::Opens)) {
            let offer = match event {
                Event::Arrives(n) => {
                    if !arrived.contains(&n) {
                        arrived.push(n);
                    }
                    match record.deliver(&letter(&n.to_string(), SignalName::CarrierNotice, None), at(0)) {
                        Delivered::Taken(offer) | Delivered::Known(Some(offer)) => Some(offer),
                        Delivered::Kept | Delivered::Known(None) => None,
                        other => panic!("{other:?}"),
                    }
                }
                Event::Opens if offered.is_none() && round > 0 => None,
                Event::Opens => {
                    if let Some(seq) = offered.take() {
                        received = seq;
                        seen.push(seq);
                    }
                    round += 1;
                    record.open_turn(&input(round, received, &["carrier.notice"]), at(0)).unwrap()
                }
            };
            if let Some(offer) = offer {
                prop_assert_eq!(offer.token, format!("token-{round}"));
                offered = Some(offer.note.seq);
            }
        }
        let all: Vec<u64> = (1..=arrived.len() as u64).collect();
        prop_assert_eq!(seen, all);
    }
}
