//! Searching, reserving, ordering, answering, cancelling, giving back.

use crate::desk::{Desk, open, until};
use activities::carriers::telnyx::{Client, Telnyx};
use activities::ports::carriers::{
    Carrier, CarrierError, LineStatus, NeedForm, NewOrder, Order, Pattern, Search, Told, Upload,
};
use contract::E164;
use contract::dossier::{Address, NumberType};
use jiff::Timestamp;
use serde_json::Value;

fn search(country: &str) -> Search {
    Search {
        country: country.to_owned(),
        number_type: NumberType::Local,
        area: None,
        pattern: None,
        limit: 5,
    }
}

fn order(key: &str, numbers: &[&str]) -> NewOrder {
    NewOrder {
        key: key.to_owned(),
        numbers: numbers
            .iter()
            .map(|number| E164::parse(number).expect("a number"))
            .collect(),
        since: Timestamp::now(),
    }
}

async fn settled(desk: &Desk, id: &str) -> Order {
    until(|| async {
        let order = desk.telnyx.order_state(id).await.expect("an order");
        order.is_settled().then_some(order)
    })
    .await
}

#[tokio::test]
async fn what_is_offered_can_be_searched_by_area_and_pattern_with_its_price() {
    let desk = open().await;
    let offers = desk.telnyx.offers().await.expect("offers");
    for country in ["PA", "SG", "CH"] {
        let offer = offers.iter().find(|offer| offer.country == country);
        let types = &offer.expect(country).number_types;
        assert!(types.contains(&NumberType::Local), "{country}: {types:?}");
    }
    let panama = Search {
        area: Some("833".to_owned()),
        pattern: Some(Pattern::EndsWith("77".to_owned())),
        ..search("PA")
    };
    let found = desk.telnyx.search(&panama).await.expect("numbers");
    assert!(!found.is_empty() && found.len() <= 5);
    for each in &found {
        let number = each.number.as_str();
        assert!(
            number.starts_with("+507833") && number.ends_with("77"),
            "{number}"
        );
        let price = each.price.as_ref().expect("a price");
        assert_eq!(price.monthly.as_deref(), Some("6.00"));
        assert_eq!(price.per_minute.as_deref(), Some("0.0120"));
    }
    let place = Search {
        area: Some("David".to_owned()),
        ..search("PA")
    };
    let found = desk.telnyx.search(&place).await.expect("numbers");
    assert!(
        !found.is_empty()
            && found
                .iter()
                .all(|each| each.area.as_deref() == Some("David")),
        "{found:?}"
    );
}

#[tokio::test]
async fn what_is_reserved_once_is_reserved_once_and_nobody_else_finds_it() {
    let desk = open().await;
    let found = desk.telnyx.search(&search("US")).await.expect("numbers");
    let wanted = order("no-1", &[found[0].number.as_str()]);
    let first = desk.telnyx.reserve(&wanted).await.expect("reserved");
    let again = desk.telnyx.reserve(&wanted).await.expect("reserved");
    assert_eq!(first, again);
    assert!(first.expect("a reservation").until.is_some());
    let left = desk.telnyx.search(&search("US")).await.expect("numbers");
    assert!(left.iter().all(|each| each.number != found[0].number));
}

#[tokio::test]
async fn an_order_is_found_by_its_key_and_each_number_has_its_own_end() {
    let desk = open().await;
    // Numbers that end in 99 are sold to somebody else in the same moment.
    let bad = Search {
        pattern: Some(Pattern::EndsWith("99".to_owned())),
        ..search("US")
    };
    let good = desk.telnyx.search(&search("US")).await.expect("numbers");
    let bad = desk.telnyx.search(&bad).await.expect("numbers");
    let (good, bad) = (good[0].number.as_str(), bad[0].number.as_str());
    let wanted = order("no-2", &[good, bad]);
    assert_eq!(desk.telnyx.find_order(&wanted).await.expect("asked"), None);
    let made = desk.telnyx.order(&wanted).await.expect("an order");
    let found = desk.telnyx.find_order(&wanted).await.expect("asked");
    assert_eq!(found.expect("an order").id, made.id);
    let other = order("no-3", &[good, bad]);
    assert_eq!(desk.telnyx.find_order(&other).await.expect("asked"), None);

    let done = settled(&desk, &made.id).await;
    let status = |number: &str| {
        let line = done
            .lines
            .iter()
            .find(|line| line.number.as_str() == number);
        line.expect("a line").status
    };
    assert_eq!(status(good), LineStatus::Active);
    assert_eq!(status(bad), LineStatus::Failed);

    // Given back, and given back again.
    let good = E164::parse(good).expect("a number");
    desk.telnyx.lead_here(&good).await.expect("it leads here");
    desk.telnyx.release(&good).await.expect("given back");
    desk.telnyx.release(&good).await.expect("is gone already");
    let gone = desk.telnyx.lead_here(&good).await.expect_err("is gone");
    assert!(matches!(gone, CarrierError::NotFound(_)), "{gone}");
}

#[tokio::test]
async fn what_a_country_asks_for_is_handed_in_and_a_declined_answer_is_asked_for_again() {
    let desk = open().await;
    let found = desk.telnyx.search(&search("SG")).await.expect("numbers");
    let wanted = order("no-4", &[found[0].number.as_str()]);
    let made = desk.telnyx.order(&wanted).await.expect("an order");
    let line = &made.lines[0];
    assert_eq!(line.status, LineStatus::NeedsInfo);
    assert_eq!(line.needs.len(), 2, "{:?}", line.needs);
    let mut names = Vec::new();
    for need in &line.needs {
        let name = desk.telnyx.name_of_need(&need.id).await.expect("a name");
        names.extend(name);
    }
    names.sort();
    assert_eq!(names, ["Proof of identity", "Unique Entity Number"]);
    let unheard = desk.telnyx.name_of_need("unheard-of").await;
    assert_eq!(unheard.expect("an answer"), None);

    let upload = |name: &str| Upload {
        key: format!("no-4.{name}"),
        file_name: format!("{name}.pdf"),
        bytes: b"%PDF-1.4 test".to_vec(),
    };
    let unclear = desk.telnyx.upload(&upload("illegible")).await;
    let unclear = unclear.expect("a document");
    let answers = |document: &str| -> Vec<(String, String)> {
        let value = |form: NeedForm| match form {
            NeedForm::Document => document.to_owned(),
            NeedForm::Text | NeedForm::Address | NeedForm::Action => "201912345K".to_owned(),
        };
        let needs = line.needs.iter();
        needs
            .map(|need| (need.id.clone(), value(need.form)))
            .collect()
    };
    desk.telnyx
        .answer(&made.id, &answers(&unclear))
        .await
        .expect("taken");
    let declined = until(|| async {
        let order = desk.telnyx.order_state(&made.id).await.expect("an order");
        (order.lines[0].status == LineStatus::Declined).then_some(order)
    })
    .await;
    let needs = &declined.lines[0].needs;
    assert!(needs.len() == 1 && needs[0].declined, "{needs:?}");

    let clear = desk.telnyx.upload(&upload("passport")).await;
    let clear = clear.expect("a document");
    let same = desk.telnyx.upload(&upload("passport")).await;
    assert_eq!(same.expect("the same document"), clear);
    desk.telnyx
        .answer(&made.id, &answers(&clear))
        .await
        .expect("taken");
    assert_eq!(
        settled(&desk, &made.id).await.lines[0].status,
        LineStatus::Active
    );
}

#[tokio::test]
async fn the_carrier_hears_once_where_help_is_sent() {
    let desk = open().await;
    let found = desk.telnyx.search(&search("US")).await.expect("numbers");
    let number = &found[0].number;
    let made = desk.telnyx.order(&order("no-7", &[number.as_str()])).await;
    settled(&desk, &made.expect("an order").id).await;
    let mut place = Address {
        uses: Vec::new(),
        street: "350 Fifth Avenue".to_owned(),
        extended: None,
        city: "New York".to_owned(),
        region: Some("NY".to_owned()),
        postal_code: Some("10118".to_owned()),
        country: "US".to_owned(),
    };
    for _ in 0..2 {
        let told = desk.telnyx.tell_emergency(number, &place, "Isthmus").await;
        assert_eq!(told.expect("taken"), Told::Taken);
    }
    let kept = desk.telnyx.client.get::<Value>("/addresses", &[]).await;
    let kept = kept.expect("addresses");
    assert_eq!(kept["data"].as_array().map(Vec::len), Some(1), "made once");
    place.country = "CH".to_owned();
    let abroad = desk.telnyx.tell_emergency(number, &place, "Isthmus").await;
    let CarrierError::Refused(refusal) = abroad.expect_err("another country") else {
        panic!("not refused");
    };
    let field = refusal.reasons[0].source.as_deref();
    assert_eq!(field, Some("/emergency_address_id"));
    let unknown = E164::parse("+16465552000").expect("a number");
    let unknown = desk
        .telnyx
        .tell_emergency(&unknown, &place, "Isthmus")
        .await;
    assert!(
        matches!(unknown, Err(CarrierError::NotFound(_))),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_cancelled_order_is_over_and_cancelling_again_changes_nothing() {
    let desk = open().await;
    let found = desk.telnyx.search(&search("CH")).await.expect("numbers");
    let wanted = order("no-5", &[found[0].number.as_str()]);
    let made = desk.telnyx.order(&wanted).await.expect("an order");
    for _ in 0..2 {
        desk.telnyx.cancel_order(&made.id).await.expect("cancelled");
    }
    let order = desk.telnyx.order_state(&made.id).await.expect("an order");
    assert_eq!(order.lines[0].status, LineStatus::Failed);
}

#[tokio::test]
async fn a_refusal_names_the_field_in_the_carriers_words() {
    let desk = open().await;
    let nowhere = desk.telnyx.search(&search("XX")).await.expect_err("no XX");
    let CarrierError::Refused(refusal) = nowhere else {
        panic!("{nowhere}");
    };
    assert_eq!(refusal.reasons[0].code, "10015");
    assert_eq!(
        refusal.reasons[0].source.as_deref(),
        Some("filter[country_code]")
    );
    let taken = order("no-6", &["+16465552000"]);
    let taken = desk.telnyx.order(&taken).await.expect_err("not for sale");
    assert!(matches!(taken, CarrierError::Refused(_)), "{taken}");
    let unknown = desk.telnyx.order_state("nobody").await.expect_err("none");
    assert!(matches!(unknown, CarrierError::NotFound(_)), "{unknown}");
}

#[tokio::test]
async fn a_wrong_key_and_a_carrier_that_is_not_there_are_told_apart() {
    let desk = open().await;
    let stranger = Telnyx {
        client: Client::new(&format!("http://{}/v2/", desk.address), "wrong").expect("a client"),
        connection_id: None,
    };
    let refused = stranger.offers().await.expect_err("a wrong key");
    assert!(
        matches!(&refused, CarrierError::Refused(refusal) if refusal.status == 401),
        "{refused}"
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let nobody = Telnyx {
        client: Client::new(&format!("http://{nobody}"), "practice").expect("a client"),
        connection_id: None,
    };
    // Nobody was reached, so nothing was ordered: it can be asked again.
    let busy = nobody.order(&order("no-7", &["+16465551000"])).await;
    assert!(matches!(busy, Err(CarrierError::Busy { .. })), "{busy:?}");
}
