//! The steps by which a port is filled in, each a form of its own that is saved before the next.

use super::form::{Filling, Form, read};
use super::routing::{target_of, value_of};
use contract::E164;
use contract::dossier::{Dossier, EndUserKind};
use contract::number::api::AssignNumber;
use contract::port::api::PortDraft;
use contract::port::{PortType, PortView};
use contract::request::{Kind, RequestView};
use serde_json::{Value, json};
use std::rc::Rc;

/// Most numbers of one port.
const NUMBERS_MAX: usize = 500;

/// A step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Step {
    /// Which numbers.
    #[default]
    Numbers,
    /// Whose they are.
    Holder,
    /// How and when they come.
    Way,
}

/// What the steps offer to choose from.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Known {
    /// The tenant's dossiers.
    pub(crate) dossiers: Vec<Dossier>,
    /// Whom numbers can ring: values of choices and their words.
    pub(crate) targets: Vec<(String, String)>,
}

impl Step {
    /// Every step, in order.
    pub(crate) const ALL: [Self; 3] = [Self::Numbers, Self::Holder, Self::Way];

    /// Its name.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Numbers => "Numbers",
            Self::Holder => "Holder",
            Self::Way => "How and when",
        }
    }

    /// The one after it.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Numbers => Some(Self::Holder),
            Self::Holder => Some(Self::Way),
            Self::Way => None,
        }
    }

    /// Its form.
    pub(crate) fn form(self, known: &Known) -> Form {
        read(&match self {
            Self::Numbers => numbers_schema(),
            Self::Holder => holder_schema(&known.dossiers),
            Self::Way => way_schema(&known.targets),
        })
    }

    /// Its form with what the port has already.
    pub(crate) fn filling(self, known: &Known, port: Option<&RequestView>) -> Filling {
        let view = port.and_then(port_view);
        let draft = match self {
            Self::Numbers => {
                let numbers = port.into_iter().flat_map(|port| &port.numbers);
                let lines: Vec<&str> = numbers.map(|line| line.number.as_str()).collect();
                json!({ "numbers": lines.join("\n") })
            }
            Self::Holder => {
                let dossier = view.and_then(|view| view.form.dossier);
                json!({ "dossier": dossier.map(|dossier| dossier.id) })
            }
            Self::Way => view.map_or(Value::Null, |view| {
                json!({
                    "portType": view.form.port_type,
                    "remaining": view.form.remaining,
                    "newBillingNumber": view.form.new_billing_number,
                    "requestedFoc": view.form.requested_foc,
                    "language": view.form.language,
                    "rings": value_of(view.form.rings.and_then(|rings| rings.target()).as_ref()),
                })
            }),
        };
        Filling::new(Rc::new(self.form(known)), Some(without_nulls(draft)))
    }

    /// What of the port is written by an answer.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub(crate) fn draft(self, answer: &Value) -> Result<PortDraft, (String, String)> {
        match self {
            Self::Numbers => {
                let text = answer.get("numbers").and_then(Value::as_str);
                Ok(PortDraft {
                    numbers: Some(numbers(text.unwrap_or_default())?),
                    ..PortDraft::default()
                })
            }
            Self::Holder => whole(answer.clone()),
            Self::Way => {
                let mut answer = answer.clone();
                let rings = answer.get("rings").and_then(Value::as_str);
                let rings = AssignNumber::to(rings.and_then(target_of));
                answer["rings"] = json!(rings);
                whole(answer)
            }
        }
    }
}

/// An answer whose fields are the port's.
fn whole(answer: Value) -> Result<PortDraft, (String, String)> {
    serde_json::from_value(answer).map_err(|error| (String::new(), error.to_string()))
}

fn without_nulls(mut draft: Value) -> Value {
    if let Value::Object(fields) = &mut draft {
        fields.retain(|_, value| !value.is_null());
    }
    draft
}

/// `details` of a port.
pub(crate) fn port_view(view: &RequestView) -> Option<PortView> {
    serde_json::from_value(view.details.clone()).ok()
}

/// Whether the carrier has it, so that its people can be told something.
pub(crate) fn at_carrier(view: &RequestView) -> bool {
    view.is_open()
        && view.kind == Kind::PortIn
        && port_view(view)
            .is_some_and(|port| port.external_id.is_some() && port.submissions > 0 && !port.by_hand)
}

/// The numbers of a port that can go back to where they came from.
pub(crate) fn can_go_back(view: &RequestView) -> Vec<E164> {
    let came = |status: &str| matches!(status, "active" | "verified" | "failed");
    let lines = view.numbers.iter().filter(|line| came(&line.status));
    lines.map(|line| line.number.clone()).collect()
}

/// Whether the server takes this as a PIN for port-outs.
pub(crate) fn pin_fits(pin: &str) -> bool {
    (4..=10).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit())
}

/// Numbers as people write lists of them: each on a line, or with commas between.
pub(super) fn numbers(text: &str) -> Result<Vec<E164>, (String, String)> {
    let wrong = |why: String| Err(("numbers".to_owned(), why));
    let mut numbers: Vec<E164> = Vec::new();
    for line in text
        .split(['\n', ',', ';'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let digits: String = line
            .chars()
            .filter(|c| !" -().\u{a0}".contains(*c))
            .collect();
        let Ok(number) = E164::parse(&digits) else {
            return wrong(format!(
                "\u{201c}{line}\u{201d} is not a number with its country code, such as +41 44 555 01 00."
            ));
        };
        if numbers.contains(&number) {
            return wrong(format!("{number} is there twice."));
        }
        numbers.push(number);
    }
    match numbers.len() {
        0 => wrong("Write at least one number.".to_owned()),
        1..=NUMBERS_MAX => Ok(numbers),
        more => wrong(format!("At most {NUMBERS_MAX} numbers; these are {more}.")),
    }
}

fn numbers_schema() -> Value {
    json!({
        "title": "Numbers", "description": "The numbers that are to come from another provider. Those of several countries, types or providers become a port each.",
        "type": "object", "required": ["numbers"],
        "properties": { "numbers": {
            "title": "Numbers", "description": "One on each line, with the country code. At most 500.", "type": "string", "maxLength": 20_000,
        } },
    })
}

fn holder_schema(dossiers: &[Dossier]) -> Value {
    let choices: Vec<Value> = dossiers
        .iter()
        .map(|dossier| json!({ "const": dossier.id, "title": name(dossier) }))
        .collect();
    // A schema cannot offer a choice of nothing.
    let dossier = if choices.is_empty() {
        json!({ "title": "Dossier", "description": "There is none yet: write one first.", "const": "" })
    } else {
        json!({ "title": "Dossier", "description": "Who holds the numbers. The port keeps a copy as it is now.", "oneOf": choices })
    };
    json!({
        "title": "Holder", "description": "Who holds the numbers at the losing provider, and how that provider knows.",
        "type": "object", "required": ["dossier"],
        "properties": {
            "dossier": dossier,
            "pin": { "title": "PIN or passcode", "description": "At the losing provider, if it has one. It is shown nowhere again.", "type": "string", "maxLength": 40 },
        },
    })
}

fn way_schema(targets: &[(String, String)]) -> Value {
    let targets = targets.iter();
    let rings: Vec<Value> = targets
        .map(|(value, words)| json!({ "const": value, "title": words }))
        .collect();
    let number = "^\\+[1-9][0-9]{6,14}$";
    json!({
        "title": "How and when", "description": "All numbers of the account, or some; and when they should be switched over.",
        "type": "object", "required": ["portType"],
        "properties": {
            "portType": { "title": "What comes", "oneOf": [
                { "const": "full", "title": "Every number of the account; it ends" },
                { "const": "partial", "title": "Only these numbers" },
            ] },
            "remaining": { "title": "The other numbers", "oneOf": [
                { "const": "keep", "title": "Stay in service" },
                { "const": "disconnect", "title": "Are switched off" },
            ] },
            "newBillingNumber": { "title": "New billing number", "description": "If the account's billing number comes: under which the rest is billed.", "type": "string", "pattern": number },
            "requestedFoc": { "title": "Wished date", "description": "When the numbers should be switched over. The losing provider agrees or proposes another.", "type": "string", "format": "date-time" },
            "language": { "title": "Language of the letter", "oneOf": [
                { "const": "en", "title": "English" }, { "const": "de", "title": "German" }, { "const": "es", "title": "Spanish" },
            ] },
            "rings": { "title": "Whom they ring", "description": "As soon as they are here. It can be changed at any time.", "oneOf": rings },
        },
        "allOf": [{
            "if": { "properties": { "portType": { "const": "partial" } }, "required": ["portType"] },
            "then": { "required": ["remaining"] },
        }],
    })
}

/// What people call a dossier.
pub(crate) fn name(dossier: &Dossier) -> String {
    let user = &dossier.end_user;
    let name = match dossier.kind {
        EndUserKind::Business => user.business_name.clone(),
        EndUserKind::Individual => {
            let parts = [&user.given_names, &user.family_names];
            let names: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
            (!names.is_empty()).then(|| names.join(" "))
        }
    };
    name.unwrap_or_else(|| dossier.id.to_string())
}

/// Whether what is filled in says that only some numbers come.
pub(crate) fn is_partial(view: &PortView) -> bool {
    view.form.port_type == PortType::Partial
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::form::Event;

    #[test]
    fn what_is_here_can_go_back_and_the_carrier_hears_of_what_it_has() {
        let line = |number: &str, status: &str| contract::request::NumberLine {
            number: E164::parse(number).unwrap(),
            status: status.to_owned(),
            reason: None,
        };
        let mut port = PortView::draft(contract::port::PortForm::default());
        let mut view = RequestView {
            kind: Kind::PortIn,
            numbers: vec![
                line("+41445550100", "verified"),
                line("+41445550101", "snapped_back"),
                line("+41445550102", "failed"),
            ],
            details: json!(port),
            ..crate::state::samples::request("r-1")
        };
        let texts: Vec<String> = can_go_back(&view).iter().map(E164::to_string).collect();
        assert_eq!(texts, ["+41445550100", "+41445550102"]);
        assert!(!at_carrier(&view));
        (port.external_id, port.submissions) = (Some("x-1".to_owned()), 1);
        view.details = json!(port);
        assert!(at_carrier(&view));
        port.by_hand = true;
        view.details = json!(port);
        assert!(!at_carrier(&view), "an operator tells it");
    }

    #[test]
    fn a_pin_is_some_digits() {
        assert!(pin_fits("4711") && pin_fits("0123456789"));
        assert!(!pin_fits("471") && !pin_fits("47 11") && !pin_fits("01234567890"));
    }

    #[test]
    fn lists_of_numbers_are_read_as_people_write_them() {
        let read = |text: &str| {
            let numbers = numbers(text)?;
            Ok(numbers
                .iter()
                .map(|number| number.to_string())
                .collect::<Vec<_>>())
        };
        assert_eq!(
            read("+41 44 555 01 00\n+41-44-555-01-01, +6565550100;\n"),
            Ok::<_, (String, String)>(vec![
                "+41445550100".into(),
                "+41445550101".into(),
                "+6565550100".into()
            ])
        );
        for (bad, why) in [
            ("044 555", "country code"),
            ("", "at least one"),
            ("+41445550100,+41445550100", "twice"),
        ] {
            assert!(read(bad).unwrap_err().1.contains(why), "{bad}");
        }
    }

    #[test]
    fn each_step_writes_its_part_of_the_port() {
        let known = Known {
            targets: vec![
                (String::new(), "Nobody".to_owned()),
                ("group:g-1".to_owned(), "Sales (group)".to_owned()),
            ],
            ..Known::default()
        };
        let written = |step: Step, fields: &[(&str, Value)]| {
            let filled =
                fields
                    .iter()
                    .fold(step.filling(&known, None), |filling, (place, value)| {
                        filling.after(Event::Set((*place).to_owned(), value.clone()))
                    });
            let tried = filled.after(Event::Try);
            assert!(tried.sending, "{:?}", tried.wrong);
            serde_json::to_value(step.draft(&tried.answer()).unwrap()).unwrap()
        };
        assert_eq!(
            written(Step::Numbers, &[("/numbers", json!("+41 44 555 01 00"))]),
            json!({ "numbers": ["+41445550100"] })
        );
        assert_eq!(
            written(
                Step::Way,
                &[
                    ("/portType", json!("partial")),
                    ("/remaining", json!("keep")),
                    ("/language", json!("de")),
                    ("/rings", json!("group:g-1"))
                ]
            ),
            json!({ "portType": "partial", "remaining": "keep", "language": "de", "rings": { "group": "g-1" } })
        );
        assert_eq!(
            written(Step::Way, &[("/portType", json!("full"))]),
            json!({ "portType": "full", "rings": { "person": null } })
        );
    }

    #[test]
    fn what_becomes_of_the_others_is_asked_only_if_some_stay() {
        let tried = Step::Way
            .filling(&Known::default(), None)
            .after(Event::Set("/portType".into(), json!("partial")))
            .after(Event::Try);
        assert_eq!(tried.wrong_at("/remaining"), Some("Choose one."));
        let whole = tried
            .after(Event::Set("/portType".into(), json!("full")))
            .after(Event::Try);
        assert!(whole.sending);
    }
}
