//! Where carriers sell numbers that no orders are taken for, and why.

use crate::hooks::names::country;
use crate::state::dossier::wanted::not_orderable;
use contract::number::api::OfferedCountries;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) offered: Rc<OfferedCountries>,
}

#[component]
pub(crate) fn NotOrderable(props: &Props) -> Html {
    let groups = not_orderable(&props.offered.countries);
    let count: usize = groups.iter().map(|(_, countries)| countries.len()).sum();
    let words = match count {
        0 => return Html::default(),
        1 => "Carriers sell in 1 more country, which cannot be ordered for here".to_owned(),
        _ => format!("Carriers sell in {count} more countries, which cannot be ordered for here"),
    };
    html! {
        <details class="quiet" data-testid="not-orderable">
            <summary>{ words }</summary>
            { for groups.iter().map(group) }
        </details>
    }
}

fn group((why, countries): &(String, Vec<String>)) -> Html {
    let names: Vec<String> = countries.iter().map(|code| country(code)).collect();
    html! { <p key={why.clone()}>{ format!("{}: {why}", names.join(", ")) }</p> }
}
