//! What the tenant of a new person has already: free numbers, and dossiers.

use super::PartProps;
use crate::components::field::Choice;
use crate::hooks::numbers::{use_numbers, use_orders};
use crate::hooks::use_desk;
use crate::pages::dossiers::use_dossiers;
use crate::state::dossier::words::title;
use crate::state::numbers::readable;
use crate::state::store::Loaded;
use contract::DossierId;
use contract::E164;
use contract::number::api::OwnedNumber;
use std::rc::Rc;
use yew::prelude::*;

/// Whether a number rings nobody and stays.
fn is_free(owned: &OwnedNumber) -> bool {
    let rings = owned.person.is_some() || owned.group.is_some() || owned.flow.is_some();
    owned.status == "active" && !rings && owned.leaving.is_none()
}

/// A free number of the tenant, given to the person.
#[component]
pub(super) fn FreeNumber(props: &PartProps) -> Html {
    let desk = use_desk();
    let orders = use_orders(&desk);
    let owned = use_numbers(&desk, &orders);
    let free: Vec<(String, String)> = match &owned.numbers {
        Loaded::Here(list) => {
            let free = list.iter().filter(|owned| is_free(owned));
            free.map(|owned| (owned.number.to_string(), readable(owned.number.as_str())))
                .collect()
        }
        Loaded::Loading | Loaded::Failed(_) => Vec::new(),
    };
    let known = props.form.number.as_ref();
    // One that was chosen before and is not free now is still shown, so that it can be changed.
    let gone = known.filter(|number| !free.iter().any(|(one, _)| one == number.as_str()));
    if free.is_empty() && known.is_none() {
        return Html::default();
    }
    let mut options = vec![(String::new(), "None of those that are free".to_owned())];
    options.extend(free.clone());
    options.extend(gone.map(|number| (number.to_string(), readable(number.as_str()))));
    let onchange = {
        let (form, told) = (props.form.clone(), props.onform.clone());
        move |text: String| told.emit(form.giving(E164::parse(&text).ok()))
    };
    let value = known.map_or_else(String::new, E164::to_string);
    html! {
        <fieldset class="card fields is-card">
            <legend>{ "A number that is free" }</legend>
            <Choice id="free-number" label="Free number" {value} options={Rc::new(options)} {onchange} said={props.said("number")} />
        </fieldset>
    }
}

/// The dossier that a number is ordered with.
#[component]
pub(super) fn OwnDossier(props: &PartProps) -> Html {
    let desk = use_desk();
    let list = match use_dossiers(&desk) {
        Loaded::Here(list) => list,
        Loaded::Loading | Loaded::Failed(_) => Rc::default(),
    };
    if list.is_empty() && props.form.dossier.is_none() {
        return Html::default();
    }
    let mut options = vec![(String::new(), "None".to_owned())];
    let known = list.iter();
    options.extend(known.map(|view| (view.dossier.id.to_string(), title(view))));
    let chosen = props.form.dossier.as_ref();
    // One that was chosen before is shown as long as the list is not here, or without it: it is sent, too.
    let unlisted = chosen.filter(|id| !list.iter().any(|view| view.dossier.id == **id));
    options.extend(unlisted.map(|id| (id.to_string(), id.to_string())));
    let value = chosen.map_or_else(String::new, DossierId::to_string);
    let onchange = props.sets(|form, text| {
        form.dossier = Some(text)
            .filter(|text| !text.is_empty())
            .map(DossierId::from);
    });
    html! {
        <fieldset class="card fields is-card">
            <legend>{ "Dossier" }</legend>
            <Choice id="own-dossier" label="Ordered with the dossier" {value} options={Rc::new(options)} {onchange} said={props.said("withDossier")} />
        </fieldset>
    }
}
