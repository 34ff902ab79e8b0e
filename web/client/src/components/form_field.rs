//! One field of a form, with its words, its control and what is wrong with it.

use super::form::fields;
use crate::state::form::{Event, Field, Filling, Group, List, Shape, Text, TextKind, inside};
use lucide_yew::{Plus, X};
use patternfly_yew::prelude::{Button, ButtonVariant};
use serde_json::{Map, Value, json};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Up to this many choices are shown at once.
const MAX_SHOWN: usize = 5;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) field: Field,
    pub(crate) place: String,
    pub(crate) needed: bool,
    pub(crate) filling: Rc<Filling>,
    pub(crate) onevent: Callback<Event>,
}

/// What a control needs to know.
struct Spot<'a> {
    id: String,
    place: &'a str,
    value: &'a Value,
    wrong: bool,
    needed: bool,
    /// The ids of what describes it.
    described: String,
    filling: &'a Rc<Filling>,
    onevent: &'a Callback<Event>,
}

#[component]
pub(crate) fn FormField(props: &Props) -> Html {
    let Props { field, place, .. } = props;
    let id = format!("field{}", place.replace('/', "-"));
    let wrong = props.filling.wrong_at(place).map(str::to_owned);
    let nothing = Value::Null;
    let described = [
        (!field.help.is_empty()).then(|| format!("{id}-help")),
        wrong.is_some().then(|| format!("{id}-wrong")),
    ];
    let spot = Spot {
        id: id.clone(),
        place,
        value: props.filling.draft.pointer(place).unwrap_or(&nothing),
        wrong: wrong.is_some(),
        needed: props.needed,
        described: described
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        filling: &props.filling,
        onevent: &props.onevent,
    };
    let grouped = match &field.shape {
        Shape::Choice(choices) => choices.len() <= MAX_SHOWN,
        Shape::List(_) | Shape::Group(_) | Shape::OneOf(_) => true,
        Shape::Text(_) | Shape::Number(_) | Shape::Yes => false,
    };
    let title = html! { <>{ &field.title }if !props.needed { <span class="quiet">{ " optional" }</span> }</> };
    let help = html! { if !field.help.is_empty() { <p id={format!("{id}-help")} class="quiet form-help">{ &field.help }</p> } };
    let fault = html! { if let Some(why) = wrong { <p id={format!("{id}-wrong")} class="form-wrong" role="alert" data-testid="form-wrong">{ why }</p> } };
    if grouped {
        html! {
            <fieldset class="form-field" data-place={place.clone()} aria-describedby={spot.described.clone()}>
                <legend>{ title }</legend>{ help }{ control(&field.shape, &spot) }{ fault }
            </fieldset>
        }
    } else {
        html! {
            <div class="form-field" data-place={place.clone()}>
                if field.shape == Shape::Yes { { control(&field.shape, &spot) }<label for={id}>{ title }</label> } else { <label for={id}>{ title }</label> }
                { help }
                if field.shape != Shape::Yes { { control(&field.shape, &spot) } }
                { fault }
            </div>
        }
    }
}

fn control(shape: &Shape, spot: &Spot<'_>) -> Html {
    match shape {
        Shape::Text(text) => text_control(text, spot),
        Shape::Number(number) => {
            let mode = if number.whole { "numeric" } else { "decimal" };
            input(spot, "text", Some(mode), |text| Some(json!(text)))
        }
        Shape::Choice(choices) if choices.len() <= MAX_SHOWN => radios(choices, spot),
        Shape::Choice(choices) => select(choices, spot),
        Shape::Yes => yes(spot),
        Shape::List(list) => list_control(list, spot),
        Shape::Group(group) => {
            html! { <div class="form-group">{ fields(group, spot.place, spot.filling, spot.onevent) }</div> }
        }
        Shape::OneOf(ways) => one_of(ways, spot),
    }
}

fn text_control(text: &Text, spot: &Spot<'_>) -> Html {
    match text.kind {
        TextKind::Line => input(spot, "text", None, |text| Some(json!(text))),
        TextKind::Email => input(spot, "email", None, |text| Some(json!(text))),
        TextKind::Date => input(spot, "date", None, |text| Some(json!(text))),
        TextKind::Moment => moment(spot),
        TextKind::Lines => {
            let (onevent, place) = (spot.onevent.clone(), spot.place.to_owned());
            let oninput = move |event: InputEvent| {
                let text = event.target_unchecked_into::<HtmlTextAreaElement>().value();
                onevent.emit(Event::Set(place.clone(), value_of(&text)));
            };
            html! {
                <textarea id={spot.id.clone()} class="control" rows="3" aria-invalid={spot.wrong.to_string()} aria-required={spot.needed.to_string()}
                    aria-describedby={spot.described.clone()} value={words(spot.value)} {oninput} />
            }
        }
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn value_of(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

fn input(
    spot: &Spot<'_>,
    kind: &'static str,
    mode: Option<&'static str>,
    read: fn(String) -> Option<Value>,
) -> Html {
    let (onevent, place) = (spot.onevent.clone(), spot.place.to_owned());
    let oninput = move |event: InputEvent| {
        let text = event.target_unchecked_into::<HtmlInputElement>().value();
        let value = if text.is_empty() { None } else { read(text) };
        onevent.emit(Event::Set(place.clone(), value.unwrap_or(Value::Null)));
    };
    html! {
        <input id={spot.id.clone()} class="control" type={kind} inputmode={mode} autocomplete="off" aria-invalid={spot.wrong.to_string()}
            aria-required={spot.needed.to_string()} aria-describedby={spot.described.clone()} value={words(spot.value)} {oninput} />
    }
}

/// A day and a time of this browser's zone; what is kept has its offset.
fn moment(spot: &Spot<'_>) -> Html {
    let (onevent, place) = (spot.onevent.clone(), spot.place.to_owned());
    let oninput = move |event: InputEvent| {
        let local = event.target_unchecked_into::<HtmlInputElement>().value();
        let value = crate::hooks::browser::with_offset(&local).map_or(Value::Null, Value::String);
        onevent.emit(Event::Set(place.clone(), value));
    };
    let shown: String = words(spot.value).chars().take(16).collect();
    html! {
        <input id={spot.id.clone()} class="control" type="datetime-local" aria-invalid={spot.wrong.to_string()}
            aria-required={spot.needed.to_string()} aria-describedby={spot.described.clone()} value={shown} {oninput} />
    }
}

fn radios(choices: &[(Value, String)], spot: &Spot<'_>) -> Html {
    let one = |(i, (value, text)): (usize, &(Value, String))| {
        let event = Event::Set(spot.place.to_owned(), value.clone());
        let onchange = spot.onevent.reform(move |_: yew::Event| event.clone());
        let id = if i == 0 {
            spot.id.clone()
        } else {
            format!("{}-{i}", spot.id)
        };
        html! {
            <label class={classes!("radio", (spot.value == value).then_some("is-chosen"))}>
                <input {id} type="radio" name={spot.id.clone()} checked={spot.value == value} aria-invalid={spot.wrong.to_string()} {onchange} />
                <span>{ text }</span>
            </label>
        }
    };
    html! { <div class="radios">{ for choices.iter().enumerate().map(one) }</div> }
}

fn select(choices: &[(Value, String)], spot: &Spot<'_>) -> Html {
    let values: Vec<Value> = choices.iter().map(|(value, _)| value.clone()).collect();
    let (onevent, place) = (spot.onevent.clone(), spot.place.to_owned());
    let onchange = move |event: yew::Event| {
        let chosen = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        let at = chosen.and_then(|select| usize::try_from(select.selected_index() - 1).ok());
        let value = at
            .and_then(|at| values.get(at).cloned())
            .unwrap_or(Value::Null);
        onevent.emit(Event::Set(place.clone(), value));
    };
    html! {
        <select id={spot.id.clone()} class="select" aria-invalid={spot.wrong.to_string()} aria-required={spot.needed.to_string()}
            aria-describedby={spot.described.clone()} {onchange}>
            <option value="" selected={spot.value.is_null()}>{ "Choose" }</option>
            { for choices.iter().map(|(value, text)| html! { <option selected={spot.value == value}>{ text }</option> }) }
        </select>
    }
}

fn yes(spot: &Spot<'_>) -> Html {
    let (onevent, place) = (spot.onevent.clone(), spot.place.to_owned());
    let onchange = move |event: yew::Event| {
        let checked = event.target_unchecked_into::<HtmlInputElement>().checked();
        onevent.emit(Event::Set(place.clone(), json!(checked)));
    };
    html! {
        <input id={spot.id.clone()} type="checkbox" class="check" checked={spot.value == &json!(true)} aria-invalid={spot.wrong.to_string()}
            aria-describedby={spot.described.clone()} {onchange} />
    }
}

fn list_control(list: &List, spot: &Spot<'_>) -> Html {
    let entries = spot.value.as_array().map_or(0, Vec::len);
    let full = list.max.is_some_and(|max| entries >= max);
    let fresh = match &*list.item {
        Shape::Group(_) | Shape::OneOf(_) => Value::Object(Map::new()),
        Shape::Text(_) | Shape::Number(_) | Shape::Choice(_) | Shape::Yes | Shape::List(_) => {
            json!("")
        }
    };
    let add = {
        let place = spot.place.to_owned();
        spot.onevent
            .reform(move |_: MouseEvent| Event::Add(place.clone(), fresh.clone()))
    };
    html! {
        <div class="form-list">
            { for (0..entries).map(|i| entry(list, i, spot)) }
            // The id is here so that a list that lacks an entry gets the focus.
            <span id={spot.id.clone()} tabindex="-1" aria-invalid={(spot.wrong && entries == 0).to_string()}>
                <Button variant={ButtonVariant::Secondary} label="Add" disabled={full} onclick={add} icon={html!(<Plus size={16} />)} />
            </span>
        </div>
    }
}

fn entry(list: &List, i: usize, spot: &Spot<'_>) -> Html {
    let place = inside(spot.place, i);
    let remove = {
        let place = spot.place.to_owned();
        spot.onevent
            .reform(move |_: MouseEvent| Event::Remove(place.clone(), i))
    };
    let of_entry = match &*list.item {
        Shape::Group(group) => fields(group, &place, spot.filling, spot.onevent),
        shape @ (Shape::Text(_)
        | Shape::Number(_)
        | Shape::Choice(_)
        | Shape::Yes
        | Shape::List(_)
        | Shape::OneOf(_)) => {
            let field = Field {
                name: String::new(),
                title: format!("Entry {}", i + 1),
                help: String::new(),
                shape: shape.clone(),
                required: true,
            };
            html! { <FormField {field} place={place.clone()} needed=true filling={spot.filling.clone()} onevent={spot.onevent.clone()} /> }
        }
    };
    html! {
        <div class="form-entry" key={i}>
            <div class="form-group">{ of_entry }</div>
            <button type="button" class="icon-button" aria-label={format!("Remove entry {}", i + 1)} onclick={remove}><X size={18} /></button>
        </div>
    }
}

fn one_of(ways: &[(String, Group)], spot: &Spot<'_>) -> Html {
    // The way whose fields are there; the first if none is.
    let has = |group: &Group| {
        group
            .fields
            .iter()
            .any(|field| spot.value.get(&field.name).is_some())
    };
    let chosen = ways.iter().position(|(_, group)| has(group));
    let tab = |(i, (title, group)): (usize, &(String, Group))| {
        let object: Map<String, Value> = group
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| (field.name.clone(), json!("")))
            .collect();
        let event = Event::Set(spot.place.to_owned(), Value::Object(object));
        let onchange = spot.onevent.reform(move |_: yew::Event| event.clone());
        html! { <label class={classes!("radio", (chosen == Some(i)).then_some("is-chosen"))}><input type="radio" name={spot.id.clone()} checked={chosen == Some(i)} {onchange} /><span>{ title }</span></label> }
    };
    let shown = chosen.and_then(|i| ways.get(i));
    html! {
        <>
            <div class="radios">{ for ways.iter().enumerate().map(tab) }</div>
            if let Some((_, group)) = shown { <div class="form-group">{ fields(group, spot.place, spot.filling, spot.onevent) }</div> }
        </>
    }
}
