//! What somebody has typed into a dossier, whole or not: the form as JSON, so that a field's place is its JSON pointer
//! (RFC 6901), as in what the server says is wrong.

use contract::dossier::Dossier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What is typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft(pub(super) Value);

/// One change of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Edit {
    /// A field says this now.
    Text {
        /// Its pointer.
        field: String,
        /// What it says; nothing takes it out.
        text: String,
    },
    /// One more in a list.
    Add {
        /// The list's pointer.
        list: &'static str,
        /// The new one.
        element: Value,
    },
    /// One less.
    Remove {
        /// The list's pointer.
        list: &'static str,
        /// Which.
        at: usize,
    },
    /// A word is in a list of words, or no longer.
    Tick {
        /// The list's pointer.
        list: String,
        /// The word.
        word: String,
        /// Whether it is in.
        on: bool,
    },
}

impl Draft {
    /// What the server has of a dossier.
    pub(crate) fn of(dossier: &Dossier) -> Self {
        let mut whole = serde_json::to_value(dossier).unwrap_or_default();
        let declares: Vec<_> = dossier
            .declarations
            .iter()
            .map(|d| &d.requirement)
            .collect();
        whole["declares"] = json!(declares);
        let of_the_form = [
            "kind",
            "endUser",
            "addresses",
            "authorisedPerson",
            "contacts",
            "identities",
            "previousService",
            "declares",
        ];
        if let Value::Object(fields) = &mut whole {
            fields.retain(|name, _| of_the_form.contains(&name.as_str()));
        }
        Self(whole)
    }

    /// What a field says; nothing if it is not there.
    pub(crate) fn text(&self, field: &str) -> &str {
        let value = self.0.pointer(field).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    /// How many a list has.
    pub(crate) fn len(&self, list: &str) -> usize {
        let list = self.0.pointer(list).and_then(Value::as_array);
        list.map_or(0, Vec::len)
    }

    /// Whether a list of words has this one.
    pub(crate) fn has(&self, list: &str, word: &str) -> bool {
        let list = self.0.pointer(list).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|one| one == word))
    }

    /// Whether it is an organisation's.
    pub(crate) fn is_business(&self) -> bool {
        self.text("/kind") == "business"
    }

    /// After a change. A change of something that is not there changes nothing.
    pub(crate) fn after(&self, edit: &Edit) -> Self {
        let mut next = self.0.clone();
        match edit {
            Edit::Text { field, text } => set(&mut next, field, text),
            Edit::Add { list, element } => {
                if let Some(list) = list_at(&mut next, list) {
                    list.push(element.clone());
                }
            }
            Edit::Remove { list, at } => {
                if let Some(list) = list_at(&mut next, list).filter(|list| *at < list.len()) {
                    list.remove(*at);
                }
            }
            Edit::Tick { list, word, on } => {
                if let Some(list) = list_at(&mut next, list) {
                    list.retain(|one| one != word);
                    if *on {
                        list.push(json!(word));
                    }
                }
            }
        }
        Self(next)
    }

    /// Without what is empty: two drafts that say the same are the same.
    pub(crate) fn essence(&self) -> Value {
        pruned(&self.0).unwrap_or_default()
    }
}

/// A value without empty texts, lists and objects.
pub(super) fn pruned(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| json!(text))
        }
        Value::Array(list) => {
            let list: Vec<Value> = list.iter().filter_map(pruned).collect();
            (!list.is_empty()).then_some(Value::Array(list))
        }
        Value::Object(fields) => {
            let each = fields.iter();
            let fields: Map<String, Value> = each
                .filter_map(|(name, value)| Some((name.clone(), pruned(value)?)))
                .collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
    }
}

fn set(whole: &mut Value, field: &str, text: &str) {
    let mut place = whole;
    let mut names = field.split('/').skip(1).peekable();
    while let Some(name) = names.next() {
        if place.is_null() {
            *place = json!({});
        }
        let is_last = names.peek().is_none();
        let next = match place {
            Value::Array(list) => name.parse().ok().and_then(|at: usize| list.get_mut(at)),
            Value::Object(fields) if is_last && text.is_empty() => {
                fields.remove(name);
                None
            }
            Value::Object(fields) => Some(fields.entry(name).or_insert(Value::Null)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        match next {
            Some(next) => place = next,
            None => return,
        }
    }
    *place = json!(text);
}

/// The list there, made if nothing is.
fn list_at<'v>(whole: &'v mut Value, pointer: &str) -> Option<&'v mut Vec<Value>> {
    if whole.pointer(pointer).is_none() {
        let (parent, name) = pointer.rsplit_once('/')?;
        whole
            .pointer_mut(parent)?
            .as_object_mut()?
            .insert(name.to_owned(), json!([]));
    }
    whole.pointer_mut(pointer)?.as_array_mut()
}

#[cfg(test)]
mod tests {
    use super::super::samples::swiss;
    use super::*;
    use proptest::prelude::*;

    fn text(field: &str, text: &str) -> Edit {
        Edit::Text {
            field: field.into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_field_is_found_by_the_pointer_that_the_server_names() {
        let draft = Draft::of(&swiss());
        assert_eq!(draft.text("/endUser/businessName"), "Helvetia Handels AG");
        assert_eq!(draft.text("/addresses/0/city"), "Zürich");
        assert_eq!(draft.text("/addresses/7/city"), "");
        assert!(draft.has("/addresses/0/uses", "service"));
        assert!(draft.is_business());
    }

    #[test]
    fn what_is_not_there_yet_is_made_by_typing() {
        let draft = Draft::of(&swiss()).after(&text("/previousService/provider", "Alpine Tel"));
        assert_eq!(draft.text("/previousService/provider"), "Alpine Tel");
        let emptied = draft.after(&text("/previousService/provider", ""));
        assert_eq!(emptied.essence(), Draft::of(&swiss()).essence());
    }

    #[test]
    fn lists_grow_and_shrink_where_they_are_told_to() {
        let one = Edit::Add {
            list: "/identities",
            element: json!({ "kind": "passport" }),
        };
        let draft = Draft::of(&swiss()).after(&one);
        assert_eq!(draft.len("/identities"), 1);
        let far = Edit::Remove {
            list: "/identities",
            at: 4,
        };
        assert_eq!(draft.after(&far), draft);
        let gone = Edit::Remove {
            list: "/identities",
            at: 0,
        };
        assert_eq!(draft.after(&gone).len("/identities"), 0);
        let tick = |on| Edit::Tick {
            list: "/declares".into(),
            word: "ch.terms".into(),
            on,
        };
        let ticked = draft.after(&tick(true)).after(&tick(true));
        assert_eq!(ticked.len("/declares"), 1);
        assert_eq!(ticked.after(&tick(false)).len("/declares"), 0);
    }

    proptest! {
        /// Whatever is typed wherever, nothing breaks, and a field that is there says what was typed.
        #[test]
        fn typing_anywhere_breaks_nothing(field in "(/[a-z0-9]{1,9}){0,4}", typed in ".{1,12}") {
            let draft = Draft::of(&swiss()).after(&text(&field, &typed));
            let said = draft.text(&field);
            prop_assert!(said.is_empty() || said == typed);
        }
    }
}
