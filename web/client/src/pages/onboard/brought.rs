//! Numbers that a customer brings from another provider.

use super::{Folded, PartProps};
use crate::api::wire;
use crate::components::Want;
use crate::components::field::Choice;
use crate::hooks::names::{country, named};
use crate::state::dossier::wanted::countries as sold_in;
use crate::state::onboarding::{PORTS_MAX, port};
use contract::onboarding::api::PortWish;
use contract::port::PortType;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

/// Whether all numbers of the account come, in words.
const TYPES: [(PortType, &str); 2] = [
    (PortType::Full, "All of the account: it ends"),
    (PortType::Partial, "Some of the account"),
];

#[component]
pub(super) fn Brought(props: &PartProps) -> Html {
    let chosen = use_state(String::new);
    let (text, kind) = (use_state(String::new), use_state(|| PortType::Full));
    let refused = use_state(|| None::<String>);
    let offered = props.offered.as_ref();
    let there = offered.map_or_else(Vec::new, |offered| sold_in(&offered.countries));
    let first = there.first().cloned().unwrap_or_default();
    let code = if chosen.is_empty() {
        first
    } else {
        (*chosen).clone()
    };
    let options = named(there);
    let add = {
        let (form, told, code) = (props.form.clone(), props.onform.clone(), code.clone());
        let (text, kind, refused) = (text.clone(), *kind, refused.clone());
        move |_| match port(&code, &text, kind) {
            Ok(port) => {
                told.emit(form.bringing(port));
                text.set(String::new());
                refused.set(None);
            }
            Err(why) => refused.set(Some(why)),
        }
    };
    let oncountry = {
        let chosen = chosen.clone();
        move |code: String| chosen.set(code)
    };
    let onkind = {
        let kind = kind.clone();
        move |word: String| {
            let known = TYPES.iter().find(|(one, _)| wire(*one) == word);
            if let Some((one, _)) = known {
                kind.set(*one);
            }
        }
    };
    let oninput = {
        let text = text.clone();
        move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
        }
    };
    let types = TYPES.iter();
    let types: Vec<_> = types
        .map(|(kind, words)| (wire(*kind), (*words).to_owned()))
        .collect();
    let wrong = props.wrong.iter();
    let wrong = wrong.filter(|wrong| wrong.field.starts_with("ports"));
    let wrong: Vec<String> = wrong.map(|wrong| wrong.words.clone()).collect();
    let said = refused.iter().cloned().chain(wrong.iter().cloned());
    let said: Vec<String> = said.collect();
    let invalid = (!said.is_empty()).then_some("true");
    let described = (!said.is_empty()).then_some("port-numbers-said");
    let open = !props.form.ports.is_empty() || !wrong.is_empty();
    let is_full = props.form.ports.len() >= PORTS_MAX;
    html! {
        <Folded title="Numbers that the customer brings" words="From another provider: each becomes theirs here once its port is through." {open}>
            <Choice id="port-country" label="Where they are" value={code} options={Rc::new(options)} onchange={oncountry} />
            <Choice id="port-type" label="Which of them" value={wire(*kind)} options={Rc::new(types)} onchange={onkind} />
            <div class="field is-wide">
                <label class="field-label" for="port-numbers">{ "Their numbers, one on each line" }</label>
                <textarea id="port-numbers" class="control" rows="3" placeholder="+41 44 555 20 00" value={(*text).clone()}
                    aria-invalid={invalid} aria-describedby={described} {oninput} />
            </div>
            <div class="is-wide"><Button variant={ButtonVariant::Secondary} label="Bring these" disabled={is_full} onclick={add} /></div>
            if !said.is_empty() { <div id="port-numbers-said" class="is-wide">{ for said.iter().map(|words| html! { <p class="field-said is-wrong" role="alert">{ words }</p> }) }</div> }
            <ul class="wants is-wide">{ for props.form.ports.iter().enumerate().map(|(at, port)| brought(props, at, port)) }</ul>
            <p class="quiet">{ "Which service they leave is said in the dossier; their letter of authorisation is signed by the customer." }</p>
        </Folded>
    }
}

/// A port in words, and how to be rid of it.
fn brought(props: &PartProps, at: usize, port: &PortWish) -> Html {
    let many = match port.numbers.len() {
        1 => "1 number".to_owned(),
        more => format!("{more} numbers"),
    };
    let words = format!("{many} brought, {}", country(&port.country));
    let (form, told) = (props.form.clone(), props.onform.clone());
    let onremove = move |()| {
        let mut next = form.clone();
        next.ports.remove(at);
        told.emit(next);
    };
    html! { <Want {words} testid="brought" {onremove} /> }
}
