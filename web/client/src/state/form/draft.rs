//! A form that is being filled in.

use super::{Form, Group, Shape, Wrong, check, inside, place_in};
use serde_json::{Map, Value};
use std::rc::Rc;

/// A form, what is filled in, and what is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filling {
    /// What is asked.
    pub(crate) form: Rc<Form>,
    /// What is filled in, as it was typed: what is empty is not there.
    pub(crate) draft: Value,
    /// What is wrong, once it was tried.
    pub(crate) wrong: Vec<Wrong>,
    /// What the server said against the whole.
    pub(crate) refused: Option<String>,
    /// Whether it is on its way.
    pub(crate) sending: bool,
    /// How often it was tried.
    pub(crate) tries: u32,
}

/// What can happen to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// A field is answered, or (with null) no longer.
    Set(String, Value),
    /// One more entry of the list at this place.
    Add(String, Value),
    /// This entry of the list at this place goes.
    Remove(String, usize),
    /// Try to send.
    Try,
    /// The server took it, and it may be changed again.
    Saved,
    /// The server refused: a field, as it names it, and why.
    Refused(Option<String>, String),
}

impl Filling {
    /// A form with what was typed before, if anything.
    pub(crate) fn new(form: Rc<Form>, draft: Option<Value>) -> Self {
        let empty = || Value::Object(Map::new());
        Self {
            form,
            draft: draft.filter(Value::is_object).unwrap_or_else(empty),
            wrong: Vec::new(),
            refused: None,
            sending: false,
            tries: 0,
        }
    }

    /// What goes to the server: only what is asked, with numbers as numbers.
    pub(crate) fn answer(&self) -> Value {
        answer_of(&self.form.group, &self.draft)
    }

    /// What is wrong at a place.
    pub(crate) fn wrong_at(&self, place: &str) -> Option<&str> {
        let wrong = self.wrong.iter().find(|wrong| wrong.place == place);
        wrong.map(|wrong| wrong.why.as_str())
    }

    /// The form after something happened.
    pub(crate) fn after(&self, event: Event) -> Self {
        let mut next = self.clone();
        match event {
            Event::Set(place, value) => {
                set(&mut next.draft, &place, value);
                next.changed();
            }
            Event::Add(place, value) => {
                if let Some(list) = list_at(&mut next.draft, &place) {
                    list.push(value);
                }
                next.changed();
            }
            Event::Remove(place, at) => {
                if let Some(list) = list_at(&mut next.draft, &place)
                    && at < list.len()
                {
                    list.remove(at);
                }
                next.changed();
            }
            Event::Try => {
                next.tries += 1;
                next.refused = None;
                next.wrong = check(&next.form, &next.answer());
                next.sending = next.wrong.is_empty();
            }
            Event::Saved => next.sending = false,
            Event::Refused(field, why) => {
                next.sending = false;
                let place = field.map(|field| place_in("answer", &field));
                match place.filter(|place| next.shows(place)) {
                    Some(place) => next.wrong.push(Wrong { place, why }),
                    None => next.refused = Some(why),
                }
            }
        }
        next
    }

    /// Whether a place is in a field that is asked: elsewhere nobody would read what is wrong there.
    fn shows(&self, place: &str) -> bool {
        let group = &self.form.group;
        let mut asked = group
            .fields
            .iter()
            .filter(|field| group.asks(field, &self.draft));
        asked.any(|field| {
            let rest = place.strip_prefix(&inside("", &field.name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// After the first try, faults come and go as one types.
    fn changed(&mut self) {
        self.refused = None;
        if self.tries > 0 {
            self.wrong = check(&self.form, &self.answer());
        }
    }
}

fn part(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// Puts a value at a place; null takes it away.
fn set(draft: &mut Value, place: &str, value: Value) {
    let Some((parent, name)) = place.rsplit_once('/') else {
        return;
    };
    make(draft, parent);
    match draft.pointer_mut(parent) {
        Some(Value::Object(object)) if value.is_null() => {
            object.remove(&part(name));
        }
        Some(Value::Object(object)) => {
            object.insert(part(name), value);
        }
        Some(Value::Array(list)) => {
            let at = name.parse::<usize>().ok();
            if let Some(entry) = at.and_then(|at| list.get_mut(at)) {
                *entry = value;
            }
        }
        Some(_) | None => {}
    }
}

/// Makes the objects that lead to a place.
fn make(draft: &mut Value, place: &str) {
    if draft.pointer(place).is_some() || place.is_empty() {
        return;
    }
    if let Some((parent, _)) = place.rsplit_once('/') {
        make(draft, parent);
    }
    set(draft, place, Value::Object(Map::new()));
}

fn list_at<'a>(draft: &'a mut Value, place: &str) -> Option<&'a mut Vec<Value>> {
    if draft.pointer(place).is_none() {
        set(draft, place, Value::Array(Vec::new()));
    }
    draft.pointer_mut(place).and_then(Value::as_array_mut)
}

fn answer_of(group: &Group, object: &Value) -> Value {
    let asked = group
        .fields
        .iter()
        .filter(|field| group.asks(field, object));
    let filled = asked.filter_map(|field| {
        let value = typed(&field.shape, object.get(&field.name)?)?;
        Some((field.name.clone(), value))
    });
    Value::Object(filled.collect())
}

/// What was typed, as its shape has it; what is empty is nothing.
fn typed(shape: &Shape, value: &Value) -> Option<Value> {
    match (shape, value) {
        (Shape::Text(_), Value::String(text)) => {
            let text = text.trim();
            (!text.is_empty()).then(|| Value::String(text.to_owned()))
        }
        (Shape::Number(_), Value::String(text)) => {
            let text = text.trim().replace(',', ".");
            // What is no number stays as it is, to be found wrong.
            let number = text
                .parse::<i64>()
                .map(Value::from)
                .or_else(|_| text.parse::<f64>().map(Value::from));
            (!text.is_empty()).then(|| number.unwrap_or_else(|_| Value::String(text.clone())))
        }
        (Shape::List(list), Value::Array(values)) => {
            let empty = || match &*list.item {
                Shape::Group(_) | Shape::OneOf(_) => Value::Object(Map::new()),
                Shape::Text(_)
                | Shape::Number(_)
                | Shape::Choice(_)
                | Shape::Yes
                | Shape::List(_) => Value::String(String::new()),
            };
            let values = values
                .iter()
                .map(|value| typed(&list.item, value).unwrap_or_else(empty));
            (!values.len().eq(&0)).then(|| values.collect())
        }
        (Shape::Group(group), Value::Object(_)) => Some(answer_of(group, value)),
        (Shape::OneOf(_), Value::Object(_)) | (Shape::Yes | Shape::Choice(_), _) => {
            Some(value.clone())
        }
        (Shape::Number(_), Value::Number(_)) => Some(value.clone()),
        (
            Shape::Text(_) | Shape::Number(_) | Shape::List(_) | Shape::Group(_) | Shape::OneOf(_),
            _,
        ) => None,
    }
}
