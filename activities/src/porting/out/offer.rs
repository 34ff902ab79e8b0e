//! What somebody may answer to a port-out: it is refused for what was found and for nothing else, unless the phone company's people say
//! why. Pure.
use contract::port::OutFault;
use contract::request::RequestView;
use serde_json::{Value, json};

/// The form by which a port-out is answered.
pub const FORM: &str = "port-out-answer";
/// What of the workflow's answer says that a reason was not found and counts all the same. No form has it: only [`taken`] gives it.
pub(super) const OVERRIDES: &str = "overrides";

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nobody lets go what is not theirs.
    #[error("some of the numbers are not this customer's: the port-out can only be refused")]
    NotTheirs,
    /// It was not found.
    #[error("it can be refused only for what was found: {}", words(.0))]
    NotFound(Vec<OutFault>),
    /// It was not found, and the phone company's people did not say why.
    #[error("this was not found: say in the note why it is refused all the same")]
    NoteWanted,
}

fn words(faults: &[OutFault]) -> String {
    if faults.is_empty() {
        return "nothing".to_owned();
    }
    let words: Vec<_> = faults.iter().map(crate::porting::record::word).collect();
    words.join(", ")
}

/// What was found that speaks against a port-out.
fn faults(request: &RequestView) -> Vec<OutFault> {
    serde_json::from_value(request.details["faults"].clone()).unwrap_or_default()
}

/// Makes of an answer of the form what the workflow is told. `is_staff` says whether one of the phone company's people gives it.
///
/// # Errors
/// [`NotTaken`].
pub fn taken(request: &RequestView, is_staff: bool, mut data: Value) -> Result<Value, NotTaken> {
    let faults = faults(request);
    match data["decision"].as_str() {
        Some("authorise") if faults.contains(&OutFault::NotTheirNumber) => {
            return Err(NotTaken::NotTheirs);
        }
        Some("reject") => {}
        Some(_) | None => return Ok(data),
    }
    let reason = serde_json::from_value::<OutFault>(data["reason"].clone());
    if reason.is_ok_and(|reason| faults.contains(&reason)) {
        return Ok(data);
    }
    if !is_staff {
        return Err(NotTaken::NotFound(faults));
    }
    let note = data["note"].as_str().unwrap_or_default();
    if note.trim().is_empty() {
        return Err(NotTaken::NoteWanted);
    }
    data[OVERRIDES] = json!(true);
    Ok(data)
}

/// The form as somebody is offered it: the reasons that were found, and the phone company's people every one.
pub fn offered(request: &RequestView, is_staff: bool, mut schema: Value) -> Value {
    let faults = faults(request);
    if faults.contains(&OutFault::NotTheirNumber) {
        schema["properties"]["decision"]["enum"] = json!(["reject"]);
    } else if faults.is_empty() && !is_staff {
        schema["properties"]["decision"]["enum"] = json!(["authorise"]);
    }
    if is_staff {
        return schema;
    }
    if faults.is_empty() {
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.remove("reason");
        }
        if let Some(whole) = schema.as_object_mut() {
            whole.remove("allOf");
        }
    } else {
        schema["properties"]["reason"]["enum"] = json!(faults);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::begun;

    fn with(faults: &[OutFault]) -> RequestView {
        let mut view = begun().view;
        view.details = json!({ "faults": faults });
        view
    }

    fn form() -> Value {
        crate::forms::find(FORM).unwrap().schema.clone()
    }

    fn rejects(reason: &str, note: &str) -> Value {
        json!({ "decision": "reject", "reason": reason, "note": note })
    }

    #[test]
    fn a_customer_refuses_for_what_was_found_and_for_nothing_else() {
        let view = with(&[OutFault::WrongPin]);
        let found = rejects("wrong_pin", "");
        assert_eq!(taken(&view, false, found.clone()), Ok(found));
        assert_eq!(
            taken(&view, false, rejects("wrong_name", "We say so")),
            Err(NotTaken::NotFound(vec![OutFault::WrongPin]))
        );
        let none = taken(&with(&[]), false, rejects("wrong_pin", "")).unwrap_err();
        assert!(none.to_string().ends_with("found: nothing"), "{none}");
    }

    #[test]
    fn the_phone_companys_people_may_refuse_for_another_reason_with_a_note() {
        let view = with(&[]);
        assert_eq!(
            taken(&view, true, rejects("wrong_name", " ")),
            Err(NotTaken::NoteWanted)
        );
        let why = rejects("wrong_name", "Reported as a fraud");
        let told = taken(&view, true, why).unwrap();
        assert_eq!(told[OVERRIDES], true);
        let found = rejects("wrong_pin", "Reported as a fraud");
        let view = with(&[OutFault::WrongPin]);
        assert_eq!(
            taken(&view, true, found.clone()),
            Ok(found),
            "it was found: nothing is overridden"
        );
    }

    #[test]
    fn nobody_lets_go_what_is_not_theirs() {
        let view = with(&[OutFault::NotTheirNumber]);
        for is_staff in [false, true] {
            let go = json!({ "decision": "authorise" });
            assert_eq!(taken(&view, is_staff, go), Err(NotTaken::NotTheirs));
        }
    }

    #[test]
    fn the_form_offers_what_was_found() {
        let reasons = |faults: &[OutFault], is_staff| {
            let schema = offered(&with(faults), is_staff, form());
            (
                schema["properties"]["decision"]["enum"].clone(),
                schema["properties"]["reason"]["enum"].clone(),
            )
        };
        let both = json!(["authorise", "reject"]);
        let found = [OutFault::PinNotTold, OutFault::WrongName];
        assert_eq!(reasons(&found, false), (both.clone(), json!(found)));
        assert_eq!(reasons(&[], false), (json!(["authorise"]), Value::Null));
        assert_eq!(reasons(&[], true), (both, json!(OutFault::ALL)));
        let mixed = [OutFault::NotTheirNumber];
        assert_eq!(
            reasons(&mixed, false),
            (json!(["reject"]), json!(["not_their_number"]))
        );
    }
}
