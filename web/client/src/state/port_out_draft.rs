//! A port-out that a carrier without an interface tells of, as an operator writes it down; and what they are to tell such a carrier.

use super::form::{Filling, read};
use super::port_draft::numbers;
use contract::port::api::RecordPortOut;
use contract::port::{OutSaid, OutView, PreparedText};
use contract::request::{Kind, RequestView};
use serde_json::{Value, json};
use std::rc::Rc;

/// The form by which an operator says that the carrier was told.
const TELL_FORM: &str = "port-out-tell";
/// The form by which an operator writes down what it says.
const STANDING_FORM: &str = "port-out-standing";
const STANDING: &str = include_str!("../../../../workflows/forms/port-out-standing.json");

/// The empty form.
pub(crate) fn filling() -> Filling {
    Filling::new(Rc::new(read(&schema())), None)
}

/// What is written down by an answer.
///
/// # Errors
/// The field and what is wrong with it.
pub(crate) fn written(answer: &Value) -> Result<RecordPortOut, (String, String)> {
    let mut whole = answer.clone();
    let list = answer.get("numbers").and_then(Value::as_str);
    whole["numbers"] = json!(numbers(list.unwrap_or_default())?);
    serde_json::from_value(whole).map_err(|error| (String::new(), error.to_string()))
}

/// The text that an operator sends to the carrier now; none if nothing is to be told.
pub(crate) fn to_send(view: &RequestView) -> Option<PreparedText> {
    let asks = view
        .task
        .as_ref()
        .is_some_and(|task| task.form == TELL_FORM);
    if view.kind != Kind::PortOut || !asks {
        return None;
    }
    let out: OutView = serde_json::from_value(view.details.clone()).ok()?;
    out.prepared
}

/// Whether an operator may write down what the carrier says though no task asks for it.
pub(crate) fn may_say(view: &RequestView) -> bool {
    let asks = view
        .task
        .as_ref()
        .is_some_and(|task| task.form == STANDING_FORM);
    let by_hand = view.details.get("byHand") == Some(&json!(true));
    view.is_open() && view.kind == Kind::PortOut && by_hand && !asks && view.status != "ported"
}

/// The empty form for that.
pub(crate) fn standing() -> Filling {
    let schema: Value = serde_json::from_str(STANDING).unwrap_or_default();
    Filling::new(Rc::new(read(&schema)), None)
}

/// What the carrier says, by an answer of that form.
///
/// # Errors
/// The field and what is wrong with it.
pub(crate) fn said(answer: &Value) -> Result<OutSaid, (String, String)> {
    serde_json::from_value(answer.clone()).map_err(|error| (String::new(), error.to_string()))
}

fn schema() -> Value {
    json!({
        "title": "Port-out", "description": "What the carrier told of it. Numbers of several customers become a request each.",
        "type": "object", "required": ["numbers", "gaining", "externalId"],
        "properties": {
            "numbers": {
                "title": "Numbers", "description": "One on each line, with the country code. At most 500, all of one carrier.",
                "type": "string", "maxLength": 20_000,
            },
            "gaining": { "title": "Who asks for them", "description": "The other carrier.", "type": "string", "minLength": 1, "maxLength": 200 },
            "externalId": {
                "title": "The carrier's id", "description": "The number of its support case.",
                "type": "string", "minLength": 1, "maxLength": 44, "pattern": "^[A-Za-z0-9-]+$",
            },
            "endUser": { "title": "Customer there", "description": "The name, if the carrier tells it.", "type": "string", "minLength": 1, "maxLength": 200 },
            "accountNumber": {
                "title": "Account number", "description": "Of the account that the numbers leave, if the carrier tells it.",
                "type": "string", "minLength": 1, "maxLength": 60,
            },
            "pin": { "title": "PIN", "description": "If the other carrier has named one. It is shown nowhere again.", "type": "string", "minLength": 1, "maxLength": 40 },
            "requestedFoc": { "title": "Date asked for", "type": "string", "format": "date-time" },
            "answerBy": {
                "title": "To be answered until", "description": "If the carrier says so; else as the law of the country has it.",
                "type": "string", "format": "date-time",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::form::Event;
    use crate::state::samples::request;
    use contract::request::Party;
    use contract::request::task::TaskView;

    fn filled(fields: &[(&str, &str)]) -> Filling {
        let filled = fields.iter().fold(filling(), |filling, (place, value)| {
            filling.after(Event::Set((*place).to_owned(), json!(value)))
        });
        filled.after(Event::Try)
    }

    #[test]
    fn what_an_operator_writes_down_is_what_is_sent() {
        let tried = filled(&[
            ("/numbers", "+1 212 555 01 42\n+12125550143"),
            ("/gaining", "Other Telecom"),
            ("/externalId", "case-4711"),
            ("/requestedFoc", "2027-01-20T09:00:00+01:00"),
        ]);
        assert!(tried.sending, "{:?}", tried.wrong);
        let sent = serde_json::to_value(written(&tried.answer()).unwrap()).unwrap();
        assert_eq!(
            sent,
            json!({
                "numbers": ["+12125550142", "+12125550143"], "gaining": "Other Telecom", "externalId": "case-4711",
                "requestedFoc": "2027-01-20T09:00:00+01:00",
            })
        );
    }

    #[test]
    fn what_is_missing_or_no_number_is_named() {
        let empty = filled(&[]);
        let places: Vec<_> = empty.wrong.iter().map(|wrong| &wrong.place).collect();
        assert_eq!(places, ["/numbers", "/gaining", "/externalId"]);
        let wrong = written(&json!({ "numbers": "044 555", "gaining": "a", "externalId": "b" }));
        assert_eq!(wrong.unwrap_err().0, "numbers");
        let id = filled(&[
            ("/numbers", "+12125550142"),
            ("/gaining", "a"),
            ("/externalId", "case 4711"),
        ]);
        assert_eq!(id.wrong[0].place, "/externalId");
        assert!(id.wrong[0].why.contains("dashes"), "{}", id.wrong[0].why);
    }

    #[test]
    fn what_the_carrier_says_has_a_date_if_the_numbers_go() {
        let said_with = |fields: &[(&str, &str)]| {
            let filled = fields.iter().fold(standing(), |filling, (place, value)| {
                filling.after(Event::Set((*place).to_owned(), json!(value)))
            });
            filled.after(Event::Try)
        };
        let dateless = said_with(&[("/status", "authorised")]);
        assert_eq!(dateless.wrong[0].place, "/foc");
        let gone = said_with(&[("/status", "ported"), ("/note", "all of them")]);
        assert!(gone.sending, "{:?}", gone.wrong);
        let sent = serde_json::to_value(said(&gone.answer()).unwrap()).unwrap();
        assert_eq!(sent, json!({ "status": "ported", "note": "all of them" }));
    }

    #[test]
    fn a_text_is_shown_while_the_carrier_is_to_be_told() {
        let text =
            json!({ "subject": "Port-out case-1: refused", "body": "We refuse.", "attach": [] });
        let mut view = RequestView {
            kind: Kind::PortOut,
            details: json!({ "carrier": "chime", "externalId": "case-1", "gaining": "Other", "byHand": true, "prepared": text }),
            ..request("po-chime-case-1")
        };
        view.task = None;
        assert_eq!(to_send(&view), None);
        let task = |form: &str| TaskView {
            id: "po-chime-case-1.3".into(),
            form: form.to_owned(),
            title: "Tell the carrier".to_owned(),
            owner: Party::Operator,
            since: None,
            deadline: None,
            about: Value::Null,
        };
        assert!(may_say(&view));
        view.task = Some(task(STANDING_FORM));
        assert_eq!(to_send(&view), None);
        assert!(!may_say(&view), "there is a task for it");
        view.task = Some(task(TELL_FORM));
        assert_eq!(to_send(&view).unwrap().body, "We refuse.");
        assert!(may_say(&view));
        view.details = json!({ "carrier": "telnyx", "externalId": "x-1", "gaining": "Other" });
        assert!(!may_say(&view), "its carrier is asked");
    }
}
