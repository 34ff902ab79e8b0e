//! Numbers that are ordered: kinds of number, or the very one that a search has found.

use super::PartProps;
use crate::api::{Wish, wire};
use crate::components::Want;
use crate::components::field::{Choice, Said, TextField};
use crate::components::numbers::NotOrderable;
use crate::hooks::names::{country, named};
use crate::hooks::use_desk;
use crate::state::dossier::wanted::{countries as sold_in, types};
use crate::state::dossier::words::number_type;
use crate::state::market::price::monthly;
use crate::state::market::words::plain;
use crate::state::numbers::readable;
use crate::state::store::Loaded;
use contract::dossier::NumberType;
use contract::number::api::AvailableNumber;
use contract::onboarding::api::{NumberWish, Onboards};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What is chosen before it is added.
#[derive(Debug, Clone, PartialEq)]
struct Chosen {
    country: String,
    kind: String,
    count: String,
    area: String,
}

#[component]
pub(super) fn Wishes(props: &PartProps) -> Html {
    let chosen = use_state(|| Chosen {
        country: String::new(),
        kind: "local".to_owned(),
        count: "1".to_owned(),
        area: String::new(),
    });
    let Some(offered) = props.offered.clone() else {
        return Html::default();
    };
    let there = named(sold_in(&offered.countries));
    let first = there.first().map(|(code, _)| code.clone());
    let code = Some(chosen.country.clone()).filter(|code| !code.is_empty());
    let code = code.or(first).unwrap_or_default();
    let kinds = types(&offered.countries, &code);
    let kind = kinds
        .iter()
        .copied()
        .find(|kind| wire(*kind) == chosen.kind)
        .or_else(|| kinds.first().copied());
    let kind = kind.unwrap_or(NumberType::Local);
    let kind_options: Vec<(String, String)> = kinds
        .iter()
        .map(|kind| (wire(*kind), plain(number_type(*kind))))
        .collect();
    let sets = |set: fn(&mut Chosen, String)| {
        let chosen = chosen.clone();
        Callback::from(move |text: String| {
            let mut next = (*chosen).clone();
            set(&mut next, text);
            chosen.set(next);
        })
    };
    let many = chosen
        .count
        .parse::<u32>()
        .ok()
        .filter(|many| (1..=50).contains(many));
    let area = Some(chosen.area.trim().to_owned()).filter(|area| !area.is_empty());
    let wish = NumberWish {
        country: code.clone(),
        number_type: kind,
        count: many.unwrap_or(1),
        area: area.clone(),
        carrier: None,
        number: None,
    };
    let add = {
        let (form, told) = (props.form.clone(), props.onform.clone());
        move |_| told.emit(form.with(wish.clone()))
    };
    let said = if many.is_none() {
        Said::Wrong("1 to 50".into())
    } else {
        Said::Nothing
    };
    let onfound = {
        let (form, told) = (props.form.clone(), props.onform.clone());
        Callback::from(move |found: AvailableNumber| {
            told.emit(form.with(NumberWish {
                country: found.country,
                number_type: found.number_type,
                count: 1,
                area: None,
                carrier: Some(found.carrier),
                number: Some(found.number),
            }));
        })
    };
    let search = Wish {
        country: code.clone(),
        number_type: kind,
        area: area.unwrap_or_default(),
        pattern: String::new(),
    };
    let one = props.form.kind == Onboards::User;
    html! {
        <fieldset class="card fields is-card">
            <legend>{ if one { "A number to be ordered" } else { "Numbers" } }</legend>
            <div class="fields is-row is-wide">
                <Choice id="wish-country" label="Country" value={code} options={Rc::new(there)} onchange={sets(|chosen, text| chosen.country = text)} />
                <Choice id="wish-type" label="Type" value={wire(kind)} options={Rc::new(kind_options)} onchange={sets(|chosen, text| chosen.kind = text)} />
                <TextField id="wish-area" label="Area" value={chosen.area.clone()} most=60 placeholder="44, or a town" oninput={sets(|chosen, text| chosen.area = text)} />
                if !one { <TextField id="wish-count" label="How many" kind="number" most=2 value={chosen.count.clone()} oninput={sets(|chosen, text| chosen.count = text)} {said} /> }
                <Button variant={ButtonVariant::Secondary} label="Add" disabled={many.is_none()} onclick={add} />
            </div>
            <div class="is-wide"><Find {search} {onfound} /></div>
            <div class="is-wide"><NotOrderable {offered} /></div>
            <ul class="wants is-wide">{ for props.form.wishes.iter().enumerate().map(|(at, wish)| wanted(props, at, wish)) }</ul>
            if let Said::Wrong(words) = props.said("numbers") { <p class="field-said is-wrong" role="alert">{ words }</p> }
        </fieldset>
    }
}

/// A wish in words, and how to be rid of it.
fn wanted(props: &PartProps, at: usize, wish: &NumberWish) -> Html {
    let kind = format!(
        "{}, {}",
        number_type(wish.number_type),
        country(&wish.country)
    );
    let words = match (&wish.number, &wish.area) {
        (Some(number), _) => format!("{}, {kind}", readable(number.as_str())),
        (None, Some(area)) => format!("{} {kind}, {area}", wish.count),
        (None, None) => format!("{} {kind}", wish.count),
    };
    let (form, told) = (props.form.clone(), props.onform.clone());
    let onremove = move |()| {
        let mut next = form.clone();
        next.wishes.remove(at);
        told.emit(next);
    };
    html! { <Want {words} {onremove} /> }
}

#[derive(PartialEq, Properties)]
struct FindProps {
    search: Wish,
    onfound: Callback<AvailableNumber>,
}

/// What a search has found, and for what it was.
type Found = Option<(Wish, Loaded<Rc<Vec<AvailableNumber>>>)>;

/// Looks for the very number: what carriers have of the kind that is chosen.
#[component]
fn Find(props: &FindProps) -> Html {
    let desk = use_desk();
    let digits = use_state(String::new);
    let found = use_state(|| Found::None);
    let wish = Wish {
        pattern: (*digits).clone(),
        ..props.search.clone()
    };
    let onsearch = {
        let (desk, found, wish) = (desk, found.clone(), wish.clone());
        move |_| {
            found.set(Some((wish.clone(), Loaded::Loading)));
            let (desk, found, wish) = (desk.clone(), found.setter(), wish.clone());
            spawn_local(async move {
                let result = match desk.api.offers(&wish).await {
                    Ok(offers) => Loaded::Here(Rc::new(offers.numbers)),
                    Err(failure) => Loaded::Failed(failure.words()),
                };
                found.set(Some((wish, result)));
            });
        }
    };
    let ondigits = {
        let digits = digits.clone();
        move |text: String| digits.set(text)
    };
    // What was found belongs to what was looked for.
    let results = match &*found {
        Some((of, Loaded::Here(offers))) if *of == wish && offers.is_empty() => {
            html! { <p class="quiet">{ "No carrier has such a number now." }</p> }
        }
        Some((of, Loaded::Here(offers))) if *of == wish => {
            html! { <ul class="offers" data-testid="found">{ for offers.iter().map(|offer| row(props, offer)) }</ul> }
        }
        Some((of, Loaded::Loading)) if *of == wish => {
            html! { <p class="quiet" role="status">{ "Asking the carriers" }</p> }
        }
        Some((of, Loaded::Failed(words))) if *of == wish => {
            html! { <p class="field-said is-wrong" role="alert">{ words }</p> }
        }
        Some(_) | None => Html::default(),
    };
    html! {
        <details class="folded is-inner">
            <summary><span class="row-text"><strong>{ "Choose the very number" }</strong></span></summary>
            <div class="fields is-row">
                <TextField id="find-digits" label="Digits" value={(*digits).clone()} most=17 placeholder="77, 77* or *77" oninput={ondigits} />
                <Button variant={ButtonVariant::Secondary} label="Search" onclick={onsearch} />
            </div>
            { results }
        </details>
    }
}

fn row(props: &FindProps, offer: &AvailableNumber) -> Html {
    let onclick = {
        let (told, offer) = (props.onfound.clone(), offer.clone());
        move |_: MouseEvent| told.emit(offer.clone())
    };
    let month = monthly(offer.price.as_ref());
    let month = month.map_or_else(String::new, |month| format!(", {month} a month"));
    let place = offer.area.clone();
    let place = place.unwrap_or_else(|| country(&offer.country));
    let detail = format!("{place}, {}{month}", plain(offer.carrier.as_str()));
    let number = readable(offer.number.as_str());
    html! {
        <li key={offer.number.to_string()} class="offer" data-testid="offer" data-number={offer.number.to_string()}>
            <span class="row-text"><strong class="figures">{ &number }</strong><span class="quiet">{ detail }</span></span>
            <button type="button" class="text-link" aria-label={format!("Take {number}")} {onclick}>{ "Take" }</button>
        </li>
    }
}
