//! What the dossier is to be good for: it decides what is asked for.

use crate::components::Want;
use crate::components::field::{Choice, Said, TextField};
use crate::hooks::names::{country, named};
use crate::state::dossier::wanted::{PURPOSES_MAX, countries, many, types, with, without};
use crate::state::dossier::words::{action, number_type};
use crate::state::market::words::plain;
use crate::state::store::Loaded;
use contract::dossier::review::Purpose;
use contract::dossier::{NumberAction, NumberType};
use contract::number::api::OfferedCountries;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) purposes: Rc<Vec<Purpose>>,
    pub(crate) offered: Loaded<Rc<OfferedCountries>>,
    pub(crate) onchange: Callback<Vec<Purpose>>,
    /// Whether numbers can be brought along as well as bought.
    #[prop_or(true)]
    pub(crate) ports: bool,
}

const ACTIONS: [(NumberAction, &str); 2] = [
    (NumberAction::Order, "order"),
    (NumberAction::PortIn, "port_in"),
];

#[component]
pub(crate) fn WantedNumbers(props: &Props) -> Html {
    let chosen_country = use_state(String::new);
    let chosen_type = use_state(|| "local".to_owned());
    let chosen_action = use_state(|| "order".to_owned());
    let chosen_many = use_state(|| "1".to_owned());
    let offered = match &props.offered {
        Loaded::Loading => {
            return html! { <p class="quiet">{ "Asking the carriers where they sell numbers" }</p> };
        }
        Loaded::Failed(words) => {
            return html! { <p class="field-said is-wrong" role="alert">{ words }</p> };
        }
        Loaded::Here(offered) => offered,
    };
    let there = named(countries(&offered.countries));
    let code = if chosen_country.is_empty() {
        there
            .first()
            .map(|(code, _)| code.clone())
            .unwrap_or_default()
    } else {
        (*chosen_country).clone()
    };
    let kinds = types(&offered.countries, &code);
    let kind_of = |wire: &str| {
        kinds
            .iter()
            .copied()
            .find(|kind| crate::api::wire(*kind) == wire)
    };
    let kind = kind_of(&chosen_type)
        .or_else(|| kinds.first().copied())
        .unwrap_or(NumberType::Local);
    let kind_options = kinds
        .iter()
        .map(|kind| (crate::api::wire(*kind), plain(number_type(*kind))));
    let action_options = ACTIONS
        .iter()
        .map(|(one, wire)| ((*wire).to_owned(), plain(action(*one))));
    let set = |state: &UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    // Some countries ask for more where it is more than one number.
    let numbers = many(&chosen_many);
    let said = if numbers.is_none() {
        Said::Wrong("1 to 10,000".into())
    } else {
        Said::Nothing
    };
    let add = {
        let (told, purposes) = (props.onchange.clone(), props.purposes.clone());
        let wish = ACTIONS.iter().find(|(_, wire)| *wire == *chosen_action);
        let purpose = Purpose {
            country: code.clone(),
            number_type: kind,
            action: wish.map_or(NumberAction::Order, |(action, _)| *action),
            numbers: numbers.unwrap_or(1),
        };
        move |_| told.emit(with(&purposes, purpose.clone()))
    };
    html! {
        <div class="part-body" data-testid="part-wanted">
            <p class="quiet">{ "What is asked for depends on the country, on the type of number, and on whether it is bought or brought along. One dossier can be good for several." }</p>
            <div class="fields is-row">
                <Choice id="want-country" label="Country" value={code} options={Rc::new(there)} onchange={set(&chosen_country)} />
                <Choice id="want-type" label="Type" value={crate::api::wire(kind)} options={Rc::new(kind_options.collect::<Vec<_>>())} onchange={set(&chosen_type)} />
                if props.ports { <Choice id="want-action" label="What to do" value={(*chosen_action).clone()} options={Rc::new(action_options.collect::<Vec<_>>())} onchange={set(&chosen_action)} /> }
                <TextField id="want-many" label="How many" kind="number" most=5 value={(*chosen_many).clone()} oninput={set(&chosen_many)} {said} />
                <Button variant={ButtonVariant::Secondary} label="Add" disabled={numbers.is_none() || props.purposes.len() >= PURPOSES_MAX} onclick={add} />
            </div>
            <ul class="wants" aria-label="Numbers wanted">{ for props.purposes.iter().enumerate().map(|(at, purpose)| want(props, at, purpose)) }</ul>
            if props.purposes.is_empty() { <p class="field-said is-asked">{ "Nothing is wanted yet: add a country and a type." }</p> }
        </div>
    }
}

fn want(props: &Props, at: usize, purpose: &Purpose) -> Html {
    let onremove = {
        let (told, purposes) = (props.onchange.clone(), props.purposes.clone());
        move |()| told.emit(without(&purposes, at))
    };
    let words = want_words(purpose);
    html! { <Want key={words.clone()} words={words.clone()} {onremove} /> }
}

/// A purpose in words.
pub(crate) fn want_words(purpose: &Purpose) -> String {
    let words = format!(
        "{}, {}, {}",
        country(&purpose.country),
        number_type(purpose.number_type),
        action(purpose.action)
    );
    match purpose.numbers {
        0 | 1 => words,
        several => format!("{words}, {several} numbers"),
    }
}
