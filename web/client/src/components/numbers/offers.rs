//! Numbers that can be had, with what they cost; several can be chosen.

use crate::hooks::names::country;
use crate::state::dossier::words::number_type;
use crate::state::market::cart::{Cart, Pick};
use crate::state::market::price::{monthly, per_minute};
use crate::state::market::words::plain;
use crate::state::numbers::readable;
use contract::number::api::{AskedCarrier, AvailableNumber};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) cart: Rc<Cart>,
    pub(crate) carriers: Rc<Vec<AskedCarrier>>,
    pub(crate) onpick: Callback<Pick>,
}

#[component]
pub(crate) fn Offers(props: &Props) -> Html {
    let silent = props.carriers.iter().filter_map(|asked| {
        let why = asked.problem.as_ref()?;
        Some(html! { <p class="field-said is-asked">{ format!("{} gave nothing: {why}.", plain(asked.carrier.as_str())) }</p> })
    });
    html! {
        <>
            { for silent }
            if props.cart.offers.is_empty() {
                <p class="list-foot quiet" data-testid="offers-empty">{ "No carrier has such a number now. Try another area, fewer digits, or another type." }</p>
            } else {
                <ul class="offers" data-testid="offers">{ for props.cart.offers.iter().map(|offer| row(props, offer)) }</ul>
            }
        </>
    }
}

fn row(props: &Props, offer: &AvailableNumber) -> Html {
    let on = props.cart.has(&offer.number);
    let onchange = {
        let (told, number) = (props.onpick.clone(), offer.number.clone());
        move |_: Event| told.emit(Pick::Toggle(number.clone()))
    };
    let place = offer
        .area
        .clone()
        .unwrap_or_else(|| country(&offer.country));
    let detail = format!(
        "{place}, {}, {}",
        number_type(offer.number_type),
        plain(offer.carrier.as_str())
    );
    let (month, minute) = (
        monthly(offer.price.as_ref()),
        per_minute(offer.price.as_ref()),
    );
    html! {
        <li key={offer.number.to_string()}>
            <label class={classes!("offer", on.then_some("is-chosen"))} data-testid="offer" data-number={offer.number.to_string()}>
                <input type="checkbox" checked={on} disabled={!on && props.cart.is_full()} {onchange} />
                <span class="row-text"><strong class="figures">{ readable(offer.number.as_str()) }</strong><span class="quiet">{ detail }</span></span>
                <span class="offer-price figures">
                    if month.is_none() { <span class="quiet">{ "Price not said" }</span> }
                    <strong>{ month.map(|month| format!("{month} a month")) }</strong>
                    <small class="quiet">{ minute.map(|minute| format!("{minute} a minute")) }</small>
                </span>
            </label>
        </li>
    }
}
