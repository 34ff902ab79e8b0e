//! The forms of this repository, filled in well and badly.

use super::*;
use serde_json::json;
use std::rc::Rc;

const FORMS: &[(&str, &str)] = &[
    (
        "carrier-answers",
        include_str!("../../../../../workflows/forms/carrier-answers.json"),
    ),
    (
        "carrier-late",
        include_str!("../../../../../workflows/forms/carrier-late.json"),
    ),
    (
        "carrier-outcome",
        include_str!("../../../../../workflows/forms/carrier-outcome.json"),
    ),
    (
        "emergency-address",
        include_str!("../../../../../workflows/forms/emergency-address.json"),
    ),
    (
        "order-case",
        include_str!("../../../../../workflows/forms/order-case.json"),
    ),
    (
        "order-handin",
        include_str!("../../../../../workflows/forms/order-handin.json"),
    ),
    (
        "order-withdrawal",
        include_str!("../../../../../workflows/forms/order-withdrawal.json"),
    ),
    (
        "port-date",
        include_str!("../../../../../workflows/forms/port-date.json"),
    ),
    (
        "port-donor",
        include_str!("../../../../../workflows/forms/port-donor.json"),
    ),
    (
        "port-handin",
        include_str!("../../../../../workflows/forms/port-handin.json"),
    ),
    (
        "port-help",
        include_str!("../../../../../workflows/forms/port-help.json"),
    ),
    (
        "port-letter",
        include_str!("../../../../../workflows/forms/port-letter.json"),
    ),
    (
        "port-order",
        include_str!("../../../../../workflows/forms/port-order.json"),
    ),
    (
        "port-out-answer",
        include_str!("../../../../../workflows/forms/port-out-answer.json"),
    ),
    (
        "port-out-help",
        include_str!("../../../../../workflows/forms/port-out-help.json"),
    ),
    (
        "port-out-standing",
        include_str!("../../../../../workflows/forms/port-out-standing.json"),
    ),
    (
        "port-out-tell",
        include_str!("../../../../../workflows/forms/port-out-tell.json"),
    ),
    (
        "port-resolve",
        include_str!("../../../../../workflows/forms/port-resolve.json"),
    ),
    (
        "port-review",
        include_str!("../../../../../workflows/forms/port-review.json"),
    ),
    (
        "port-snapback",
        include_str!("../../../../../workflows/forms/port-snapback.json"),
    ),
    (
        "port-test",
        include_str!("../../../../../workflows/forms/port-test.json"),
    ),
    (
        "port-verify",
        include_str!("../../../../../workflows/forms/port-verify.json"),
    ),
    (
        "resubmit",
        include_str!("../../../../../workflows/forms/resubmit.json"),
    ),
    (
        "review",
        include_str!("../../../../../workflows/forms/review.json"),
    ),
];

fn form(name: &str) -> Rc<Form> {
    let (_, text) = FORMS.iter().find(|(known, _)| *known == name).unwrap();
    Rc::new(read(&serde_json::from_str(text).unwrap()))
}

fn filled(name: &str, fields: &[(&str, Value)]) -> Filling {
    let start = Filling::new(form(name), None);
    fields.iter().fold(start, |filling, (place, value)| {
        filling.after(Event::Set((*place).to_owned(), value.clone()))
    })
}

fn places(filling: &Filling) -> Vec<&str> {
    filling
        .wrong
        .iter()
        .map(|wrong| wrong.place.as_str())
        .collect()
}

#[test]
fn every_property_of_every_form_is_asked() {
    for (name, text) in FORMS {
        let schema: Value = serde_json::from_str(text).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let form = form(name);
        assert_eq!(form.group.fields.len(), properties.len(), "{name}");
        assert!(
            !form.title.is_empty() && form.group.fields.iter().all(|f| !f.title.is_empty()),
            "{name}"
        );
        let rules = schema["allOf"].as_array().map_or(0, Vec::len);
        assert_eq!(form.group.rules.len(), rules, "{name}");
    }
}

#[test]
fn what_only_one_answer_needs_is_asked_only_with_it() {
    let asked = |filling: &Filling| -> Vec<String> {
        let group = &filling.form.group;
        let fields = group
            .fields
            .iter()
            .filter(|field| group.asks(field, &filling.draft));
        fields.map(|field| field.name.clone()).collect()
    };
    assert_eq!(asked(&filled("review", &[])), ["decision", "note"]);
    assert_eq!(
        asked(&filled("review", &[("/decision", json!("reject"))])),
        ["decision", "reasons", "note"]
    );
    // What must follow can be said, and need not be.
    let for_now = filled(
        "review",
        &[
            ("/decision", json!("approve_provisionally")),
            ("/until", json!("2026-12-01")),
        ],
    );
    assert_eq!(asked(&for_now), ["decision", "until", "reasons", "note"]);
    assert!(for_now.after(Event::Try).sending);
    let changed_mind = filled(
        "review",
        &[
            ("/decision", json!("approve_provisionally")),
            ("/until", json!("2026-12-01")),
            ("/decision", json!("approve")),
        ],
    );
    assert_eq!(changed_mind.answer(), json!({ "decision": "approve" }));
}

#[test]
fn what_came_of_a_case_is_numbers_or_a_reason() {
    let said = |decision: &str, field: &str, value: Value| {
        let fields = [("/decision", json!(decision)), (field, value)];
        filled("order-case", &fields).after(Event::Try)
    };
    assert!(said("numbers", "/numbers", json!(["+41445552000"])).sending);
    let none = said("numbers", "/numbers", json!([]));
    assert_eq!(places(&none), ["/numbers"]);
    let odd = said("numbers", "/numbers", json!(["0445552000"]));
    assert!(odd.wrong[0].why.contains("country code"), "{:?}", odd.wrong);
    assert!(said("refused", "/reason", json!("none left")).sending);
    assert_eq!(places(&said("refused", "/note", json!("x"))), ["/reason"]);
}

#[test]
fn a_try_names_every_field_that_is_wrong_and_typing_mends_it() {
    let tried = filled("review", &[]).after(Event::Try);
    assert_eq!((places(&tried), tried.sending), (vec!["/decision"], false));
    let rejecting = tried.after(Event::Set("/decision".into(), json!("reject")));
    assert_eq!(places(&rejecting), ["/reasons"]);
    let place = "/reasons".to_owned();
    let with_entry = rejecting.after(Event::Add(place, json!({})));
    assert_eq!(
        places(&with_entry),
        ["/reasons/0/about", "/reasons/0/reason"]
    );
    let done = with_entry
        .after(Event::Set("/reasons/0/about".into(), json!("Invoice")))
        .after(Event::Set("/reasons/0/reason".into(), json!(" Too old ")))
        .after(Event::Try);
    assert!(done.sending, "{:?}", done.wrong);
    assert_eq!(
        done.answer(),
        json!({ "decision": "reject", "reasons": [{ "about": "Invoice", "reason": "Too old" }] })
    );
    let emptied = done.after(Event::Remove("/reasons".into(), 0));
    assert_eq!(places(&emptied), ["/reasons"]);
}

#[test]
fn a_date_a_code_a_number_and_a_length_are_checked_as_the_server_does() {
    let until = |text: &str| {
        let filling = filled(
            "review",
            &[
                ("/decision", json!("approve_provisionally")),
                ("/until", json!(text)),
            ],
        );
        filling.after(Event::Try).sending
    };
    assert!(until("2026-12-01"));
    assert!(!until("soon") && !until("2026-13-01"));
    let codes = filled(
        "port-donor",
        &[
            ("/status", json!("rejected")),
            ("/codes", json!(["other reason"])),
        ],
    );
    let tried = codes.after(Event::Try);
    assert_eq!(places(&tried), ["/codes/0"]);
    assert!(tried.wrong[0].why.contains("a code of letters"));
    let failed = filled(
        "port-donor",
        &[("/status", json!("ported")), ("/failed", json!(["044"]))],
    );
    assert!(
        failed.after(Event::Try).wrong[0]
            .why
            .contains("country code")
    );
    let long = filled("port-handin", &[("/caseId", json!("x".repeat(101)))]);
    assert_eq!(
        long.after(Event::Try).wrong[0].why,
        "At most 100 characters; these are 101."
    );
}

#[test]
fn what_the_server_refuses_stands_beside_its_field_and_what_was_typed_stays() {
    let sent = filled(
        "review",
        &[
            ("/decision", json!("reject")),
            ("/reasons", json!([{ "about": "a", "reason": "b" }])),
        ],
    );
    let sent = sent.after(Event::Try);
    let refused = sent.after(Event::Refused(
        Some("answer.reasons[0].about".into()),
        "Too short".into(),
    ));
    assert_eq!(refused.wrong_at("/reasons/0/about"), Some("Too short"));
    assert_eq!(
        (refused.draft.clone(), refused.sending),
        (sent.draft.clone(), false)
    );
    let whole = sent.after(Event::Refused(
        Some("answer".into()),
        "The task is done".into(),
    ));
    assert_eq!(whole.refused.as_deref(), Some("The task is done"));
    // Beside a field that is not asked nobody would read it.
    for hidden in ["answer.surprise", "answer.until", "answer.reasonsOfOthers"] {
        let hidden = sent.after(Event::Refused(Some(hidden.into()), "Unknown".into()));
        assert_eq!(hidden.refused.as_deref(), Some("Unknown"));
        assert!(hidden.wrong.is_empty());
    }
    let edited = refused.after(Event::Set("/reasons/0/about".into(), json!("Invoice")));
    assert_eq!(edited.wrong_at("/reasons/0/about"), None);
}

#[test]
fn a_field_of_the_server_has_a_place_in_the_part_that_is_filled_in() {
    for (part, field, place) in [
        ("answer", "answer", ""),
        ("answer", "answer.reasons[0].about", "/reasons/0/about"),
        ("answer", "answer.answers[1].need", "/answers/1/need"),
        // Without the part before it: a form of its own.
        ("answer", "answerBy", "/answerBy"),
        ("answer", "numbers[3]", "/numbers/3"),
        (
            "form",
            "form.endUser.registerIds[0].number",
            "/endUser/registerIds/0/number",
        ),
        ("form", "version", "/version"),
    ] {
        assert_eq!(place_in(part, field), place, "{field}");
    }
}

#[test]
fn numbers_booleans_constants_and_ways_are_asked_too() {
    let schema = json!({
        "title": "All", "type": "object", "required": ["count"],
        "properties": {
            "count": { "type": "integer", "minimum": 1, "maximum": 9 },
            "sure": { "type": "boolean" },
            "kind": { "const": "only" },
            "size": { "oneOf": [{ "const": "s", "title": "Small" }, { "const": "l", "title": "Large" }] },
            "who": { "oneOf": [
                { "title": "Person", "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] },
                { "title": "Company", "type": "object", "properties": { "uid": { "type": "string" } }, "required": ["uid"] },
            ] },
        },
    });
    let form = Rc::new(read(&schema));
    let shape = |name: &str| {
        let field = form.group.fields.iter().find(|field| field.name == name);
        field.unwrap().shape.clone()
    };
    assert_eq!(shape("sure"), Shape::Yes);
    assert_eq!(
        shape("kind"),
        Shape::Choice(vec![(json!("only"), "Only".into())])
    );
    assert!(matches!(shape("size"), Shape::Choice(sizes) if sizes[1].1 == "Large"));
    assert!(matches!(shape("who"), Shape::OneOf(ways) if ways.len() == 2));
    let try_count = |text: &str| {
        let filling = Filling::new(form.clone(), Some(json!({ "count": text }))).after(Event::Try);
        (filling.sending, filling.answer()["count"].clone())
    };
    assert_eq!(try_count("7"), (true, json!(7)));
    for bad in ["0", "10", "2.5", "many", ""] {
        assert!(!try_count(bad).0, "{bad}");
    }
    let company = Filling::new(
        form.clone(),
        Some(json!({ "count": "1", "who": { "uid": "CHE-1" } })),
    );
    assert!(company.after(Event::Try).sending);
    let nobody = Filling::new(form, Some(json!({ "count": "1", "who": {} }))).after(Event::Try);
    assert_eq!(nobody.wrong[0].place, "/who/name");
}
