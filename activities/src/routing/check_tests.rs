use super::*;
use serde_json::{Value, json};

const COUNTRIES: [&str; 2] = ["CH", "SG"];

fn group_form() -> Value {
    json!({ "name": "Sales", "strategy": "in_turn", "ringS": 20, "members": ["p-1", "p-2"] })
}

fn flow_form() -> Value {
    json!({
        "name": "Office", "timeZone": "Europe/Zurich", "holidays": "CH",
        "hours": [
            { "day": "monday", "from": "08:00", "to": "12:00" },
            { "day": "monday", "from": "12:00", "to": "24:00" },
            { "day": "tuesday", "from": "00:00", "to": "00:01" },
        ],
        "open": { "group": "g-1", "ringS": 5 },
        "closed": { "refuse": "Closed" },
        "unanswered": { "person": "p-1" },
    })
}

fn with(mut form: Value, at: &str, value: Value) -> Value {
    *form.pointer_mut(at).unwrap() = value;
    form
}

#[test]
fn a_group_that_does_not_fit_names_the_field() {
    let check = |form: Value| group(&serde_json::from_value(form).unwrap()).map_err(|no| no.field);
    assert_eq!(check(group_form()), Ok(()));
    let many: Vec<String> = (0..17).map(|n| format!("p-{n}")).collect();
    for (at, value, field) in [
        ("/name", json!(""), "name"),
        ("/name", json!(" Sales"), "name"),
        ("/name", json!("x".repeat(61)), "name"),
        ("/ringS", json!(4), "ringS"),
        ("/ringS", json!(121), "ringS"),
        ("/members", json!([]), "members"),
        ("/members", json!(many), "members"),
        ("/members", json!(["p-1", "p-2", "p-1"]), "members[2]"),
    ] {
        assert_eq!(check(with(group_form(), at, value)), Err(field.to_owned()));
    }
}

#[test]
fn a_flow_that_does_not_fit_names_the_field() {
    let check = |form: Value| {
        let form = serde_json::from_value(form).unwrap();
        flow(&form, &COUNTRIES).map_err(|no| no.field)
    };
    assert_eq!(check(flow_form()), Ok(()));
    assert_eq!(check(with(flow_form(), "/hours", json!([]))), Ok(()));
    let monday = json!({ "day": "monday", "from": "08:00", "to": "08:01" });
    for (at, value, field) in [
        ("/name", json!("a\nb"), "name"),
        ("/timeZone", json!("Europe/Bern"), "timeZone"),
        ("/timeZone", json!("CET"), "timeZone"),
        ("/timeZone", json!(""), "timeZone"),
        ("/holidays", json!("XX"), "holidays"),
        ("/hours", json!(vec![monday; 29]), "hours"),
        ("/hours/0/from", json!("8:00"), "hours[0].from"),
        ("/hours/1/to", json!("24:01"), "hours[1].to"),
        ("/hours/1/to", json!("12:00"), "hours[1].to"),
        ("/hours/1/from", json!("11:59"), "hours[1].from"),
        ("/open", json!({}), "open"),
        ("/open", json!({ "person": "p-1", "group": "g-1" }), "open"),
        ("/open", json!({ "person": "" }), "open.person"),
        ("/open/ringS", json!(4), "open.ringS"),
        ("/closed", json!({}), "closed"),
        (
            "/closed",
            json!({ "refuse": "x", "ring": { "person": "p-1" } }),
            "closed",
        ),
        ("/closed/refuse", json!("x".repeat(101)), "closed.refuse"),
        ("/closed", json!({ "ring": {} }), "closed.ring"),
        ("/unanswered", json!({ "group": "" }), "unanswered.group"),
    ] {
        assert_eq!(check(with(flow_form(), at, value)), Err(field.to_owned()));
    }
}
