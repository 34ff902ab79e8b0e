//! What the server can be given of a draft: elements that are not whole yet stay here, and it is said which.

use super::draft::{Draft, pruned};
use crate::state::numbers::dialable;
use contract::E164;
use contract::api::dossiers::DossierForm;
use contract::dossier::Dossier;
use serde_json::{Value, json};

/// A field that does not fit, with words for beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Its pointer in the draft.
    pub(crate) field: String,
    /// What is allowed.
    pub(crate) words: String,
}

/// What can be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sendable {
    /// The form.
    pub(crate) form: DossierForm,
    /// Where its elements are in the draft.
    pub(crate) places: Places,
    /// Elements of lists that are not whole yet, by their pointers.
    pub(crate) held: Vec<String>,
}

/// Lists and what their elements cannot be without.
const NEEDED: [(&str, &[&str]); 4] = [
    ("addresses", &["street", "city", "country", "uses"]),
    ("contacts", &["name", "email"]),
    ("identities", &["kind", "country", "number"]),
    ("registerIds", &["scheme", "country", "number"]),
];

/// Which element of the draft became which of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places(Vec<(&'static str, Vec<usize>)>);

impl Places {
    /// The place in the draft of a field that the server names.
    pub(crate) fn back(&self, field: &str) -> String {
        let mut parts: Vec<String> = field.split('/').map(str::to_owned).collect();
        for at in 1..parts.len() {
            let list = self.0.iter().find(|(list, _)| *list == parts[at - 1]);
            let index = parts[at].parse::<usize>().ok();
            if let Some(((_, kept), index)) = list.zip(index)
                && let Some(original) = kept.get(index)
            {
                parts[at] = original.to_string();
            }
        }
        parts.join("/")
    }
}

/// The form of a draft.
///
/// # Errors
/// Every field that is out of bounds: the server would refuse it.
pub(crate) fn sendable(draft: &Draft) -> Result<Sendable, Vec<Wrong>> {
    let mut whole = pruned_in_place(&draft.0);
    let (mut held, mut places, mut wrong) = (Vec::new(), Places::default(), Vec::new());
    for (name, needed) in NEEDED {
        let pointer = if name == "registerIds" {
            "/endUser/registerIds".to_owned()
        } else {
            format!("/{name}")
        };
        let Some(list) = whole.pointer_mut(&pointer).and_then(Value::as_array_mut) else {
            continue;
        };
        let elements = std::mem::take(list);
        let mut kept = Vec::new();
        for (at, element) in elements.into_iter().enumerate() {
            if needed.iter().all(|field| element.get(field).is_some()) {
                kept.push(at);
                list.push(element);
            } else {
                held.push(format!("{pointer}/{at}"));
            }
        }
        places.0.push((name, kept));
    }
    let signer = whole.get("authorisedPerson");
    if signer.is_some_and(|person| person.get("name").is_none() || person.get("email").is_none()) {
        held.push("/authorisedPerson".to_owned());
        whole["authorisedPerson"] = Value::Null;
    }
    numbers(&mut whole, &places, &mut wrong);
    if whole["endUser"].is_null() {
        whole["endUser"] = json!({});
    }
    let form: DossierForm = match serde_json::from_value(whole) {
        Ok(form) => form,
        Err(error) => {
            wrong.push(Wrong {
                field: String::new(),
                words: error.to_string(),
            });
            return Err(wrong);
        }
    };
    wrong.extend(bounds(&form, &places));
    if wrong.is_empty() {
        Ok(Sendable { form, places, held })
    } else {
        Err(wrong)
    }
}

/// Without what is empty, but with every element of a list where it was.
fn pruned_in_place(value: &Value) -> Value {
    match value {
        Value::Array(list) => list
            .iter()
            .map(|one| pruned(one).unwrap_or_default())
            .collect(),
        Value::Object(fields) => {
            let each = fields.iter().map(|(name, value)| match value {
                Value::Array(_) | Value::Object(_) => (name.clone(), pruned_in_place(value)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    (name.clone(), pruned(value).unwrap_or_default())
                }
            });
            each.filter(|(_, value)| !value.is_null())
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Telephone numbers as people write them become E.164.
fn numbers(whole: &mut Value, places: &Places, wrong: &mut Vec<Wrong>) {
    let contacts = whole["contacts"].as_array().map_or(0, Vec::len);
    let mut fields = vec![
        "/authorisedPerson/phone".to_owned(),
        "/previousService/billingNumber".to_owned(),
    ];
    fields.extend((0..contacts).map(|at| format!("/contacts/{at}/phone")));
    for field in fields {
        let Some(value) = whole.pointer_mut(&field) else {
            continue;
        };
        let text = value.as_str().and_then(dialable).unwrap_or_default();
        match E164::parse(&text) {
            Ok(number) => *value = json!(number),
            Err(_) => {
                *value = Value::Null;
                wrong.push(Wrong {
                    field: places.back(&field),
                    words: "A number with its country code, such as +41 44 555 01 00.".to_owned(),
                });
            }
        }
    }
}

fn bounds(form: &DossierForm, places: &Places) -> Vec<Wrong> {
    let form = form.clone();
    let dossier = Dossier {
        id: "d-not-sent-yet".into(),
        tenant: "t-any".into(),
        version: 1,
        kind: form.kind,
        end_user: form.end_user,
        addresses: form.addresses,
        authorised_person: form.authorised_person,
        contacts: form.contacts,
        identities: form.identities,
        documents: Vec::new(),
        declarations: Vec::new(),
        previous_service: form.previous_service,
        valid_until: None,
    };
    let found = dossier.check().err().unwrap_or_default();
    let each = found.into_iter().map(|bad| Wrong {
        field: places.back(&bad.field),
        words: format!("Allowed: {}.", bad.allowed),
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::super::draft::Edit;
    use super::super::samples::swiss;
    use super::*;

    fn typed(draft: Draft, field: &str, text: &str) -> Draft {
        draft.after(&Edit::Text {
            field: field.into(),
            text: text.into(),
        })
    }

    #[test]
    fn what_came_from_the_server_can_go_back_as_it_is() {
        let sendable = sendable(&Draft::of(&swiss())).unwrap();
        assert_eq!(sendable.form.end_user, swiss().end_user);
        assert_eq!(sendable.form.addresses, swiss().addresses);
        assert!(sendable.held.is_empty());
    }

    #[test]
    fn half_an_address_stays_here_and_the_whole_one_behind_it_goes() {
        let half = Edit::Add {
            list: "/addresses",
            element: json!({ "uses": ["service"] }),
        };
        let draft = Draft::of(&swiss());
        let draft = draft.after(&Edit::Remove {
            list: "/addresses",
            at: 0,
        });
        let whole = Edit::Add {
            list: "/addresses",
            element: json!(swiss().addresses[0]),
        };
        let sendable = sendable(&draft.after(&half).after(&whole)).unwrap();
        assert_eq!(sendable.form.addresses, swiss().addresses);
        assert_eq!(sendable.held, ["/addresses/0"]);
        assert_eq!(
            sendable.places.back("/addresses/0/street"),
            "/addresses/1/street"
        );
        assert_eq!(
            sendable.places.back("/addresses/-/street"),
            "/addresses/-/street"
        );
    }

    #[test]
    fn a_wrong_mail_address_and_number_are_named_where_they_were_typed() {
        let draft = typed(Draft::of(&swiss()), "/authorisedPerson/email", "lucia@");
        let draft = typed(draft, "/authorisedPerson/phone", "call me");
        let wrong = sendable(&draft).unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(
            fields,
            ["/authorisedPerson/phone", "/authorisedPerson/email"]
        );
    }

    #[test]
    fn a_number_is_taken_as_people_write_it() {
        let draft = typed(
            Draft::of(&swiss()),
            "/authorisedPerson/phone",
            "+41 44 555 01 00",
        );
        let form = sendable(&draft).unwrap().form;
        let phone = form.authorised_person.and_then(|person| person.phone);
        assert_eq!(phone.unwrap().as_str(), "+41445550100");
    }

    #[test]
    fn a_signer_without_an_address_waits() {
        let draft = typed(Draft::of(&swiss()), "/authorisedPerson/email", "");
        let sendable = sendable(&draft).unwrap();
        assert!(sendable.form.authorised_person.is_none());
        assert_eq!(sendable.held, ["/authorisedPerson"]);
    }
}
