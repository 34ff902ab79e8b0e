//! Ports to a carrier without an interface for them: it takes what it sells, and keeps what has left until it is given back.
use super::town::{CARRIER, Town, number};
use crate::porting::record::{Hidden, Port, word};
use crate::porting::{cancel, check, look_up};
use crate::ports::carriers::Offer;
use crate::ports::requests::Requests;
use crate::request::{Begun, begin};
use contract::dossier::{NumberStatus as Here, NumberType, OrderStatus as At};
use contract::port::{PortError, PortForm, PortInput, PortVerdict as Next, PortView};
use contract::request::{Kind, NumberLine};
use serde_json::json;

const PORT: &str = "pi-1";
const FIRST: &str = "+41445552000";
const SECOND: &str = "+41445552001";
const TENANT: &str = crate::seed::sample::TENANT;

fn input() -> PortInput {
    PortInput {
        request: PORT.into(),
        signal: None,
    }
}

/// A port of two numbers that stands there.
async fn port(order: At, lines: [Here; 2], by_hand: bool) -> Town {
    let town = Town::new().await;
    town.carrier().by_hand = by_hand;
    let mut view = PortView::draft(PortForm::default());
    view.order = order;
    view.country = Some("CH".to_owned());
    view.number_type = Some(NumberType::Local);
    view.carrier = Some(CARRIER.into());
    view.by_hand = by_hand;
    let dossier = json!({
        "id": "d-1", "version": 1, "tenant": TENANT, "kind": "business", "endUser": {},
    });
    view.form.dossier = Some(serde_json::from_value(dossier).unwrap());
    let numbers = [FIRST, SECOND].iter().zip(lines);
    let numbers = numbers.map(|(text, status)| NumberLine {
        number: number(text),
        status: word(status),
        reason: None,
    });
    let begun = Begun {
        id: PORT.into(),
        kind: Kind::PortIn,
        tenant: TENANT.into(),
        person: None,
        title: "two numbers".to_owned(),
        numbers: numbers.collect(),
        details: json!(view),
        hidden: json!(Hidden::default()),
    };
    begin::begin(&town, begun).await.unwrap();
    town
}

#[tokio::test]
async fn numbers_of_a_country_or_type_that_it_does_not_sell_end_at_the_check() {
    let local = vec![NumberType::Local];
    for (country, number_types, says) in [
        (
            "US",
            local.clone(),
            Some("telnyx takes no numbers of CH: it takes numbers of US"),
        ),
        (
            "CH",
            vec![NumberType::TollFree],
            Some("telnyx takes no local numbers of CH: it takes there toll-free"),
        ),
        ("CH", local, None),
    ] {
        let town = port(At::Draft, [Here::Waiting; 2], true).await;
        town.carrier().takes = Some(vec![Offer {
            country: country.to_owned(),
            number_types,
        }]);
        let answer = check::check(&town, input()).await.unwrap();
        let ends = if says.is_some() {
            Next::NotPortable
        } else {
            Next::Portable
        };
        assert_eq!(answer.verdict, ends, "{country}");
        for line in &town.record(PORT).await.unwrap().view.numbers {
            assert_eq!(line.reason.as_deref(), says);
        }
    }
}

/// What the timeline says is left to do at the carrier.
async fn left_to_do(town: &Town) -> Vec<String> {
    let timeline = town.record(PORT).await.unwrap().view.timeline;
    let texts = timeline.into_iter().map(|entry| entry.text);
    texts
        .filter(|text| text.ends_with("Delete them there"))
        .collect()
}

#[tokio::test]
async fn what_went_back_to_the_old_provider_is_given_back_when_the_window_closes() {
    for by_hand in [true, false] {
        let lines = [Here::SnappedBack, Here::Verified];
        let town = port(At::SnapbackWindow, lines, by_hand).await;
        town.keep(FIRST, TENANT, PORT).await;
        town.keep(SECOND, TENANT, PORT).await;
        Requests::update(&town, &PORT.into(), |record| {
            let mut port = Port::of(record).unwrap();
            port.view.submissions = 1;
            port.view.moments.snapback = Some("2026-12-20T08:00:00Z".to_owned());
            port.put(record);
        })
        .await
        .unwrap();
        let open = look_up::look_up(&town, input()).await.unwrap();
        assert_eq!(open.verdict, Next::Snapback);
        assert!(town.carrier().given_back.is_empty(), "it may come again");

        town.set_now("2026-12-20T08:00:01Z").await;
        if by_hand {
            // It has the number still, though somebody saw it leave: an operator is asked, and it is tried again.
            town.carrier().gives_none_up = true;
            for _ in 0..2 {
                let kept = look_up::look_up(&town, input()).await;
                assert!(matches!(kept, Err(PortError::Refused(_))), "{kept:?}");
            }
            let told = left_to_do(&town).await;
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains(FIRST) && !told[0].contains(SECOND));
            assert_eq!(town.owner(FIRST).await, None);
            // Who ends it is held up no more.
            let ended = cancel::cancel(&town, input()).await.unwrap();
            assert_eq!(ended.verdict, Next::ClosedInPart);
            town.carrier().gives_none_up = false;
        }
        let over = look_up::look_up(&town, input()).await.unwrap();
        assert_eq!(over.verdict, Next::ClosedInPart);
        let given_back = town.carrier().given_back.clone();
        // A carrier with an interface takes away by itself what has left.
        let left = if by_hand {
            vec![number(FIRST)]
        } else {
            Vec::new()
        };
        assert_eq!(given_back, left);
    }
}
