//! What can be said at once and can be said later: where help is sent, and who hears of changes.

use super::{Folded, PartProps};
use crate::components::field::{Choice, Said, TextField};
use crate::hooks::names::countries;
use crate::state::dossier::wanted::wants_address;
use crate::state::onboarding::Help;
use yew::prelude::*;

/// Where help is sent: asked where a country of the numbers wants to know.
#[component]
pub(super) fn HelpAt(props: &PartProps) -> Html {
    let form = &props.form;
    let help = &form.help;
    let offered = props.offered.as_ref();
    let wants =
        |code: &String| offered.is_some_and(|offered| wants_address(&offered.countries, code));
    // Of a free number it is not known here where it is.
    let wanting = form.countries().into_iter().find(wants);
    if wanting.is_none() && form.number.is_none() && *help == Help::default() {
        return Html::default();
    }
    let mut wrong = props.wrong.iter();
    let is_wrong = wrong.any(|wrong| wrong.field.starts_with("emergencyAddress"));
    let open = is_wrong || *help != Help::default();
    // The address is where the numbers are, unless somebody says otherwise.
    let country = Some(help.country.clone()).filter(|code| !code.is_empty());
    let country = country.or(wanting).unwrap_or_default();
    let said = |field: &str| props.said(&format!("emergencyAddress.{field}"));
    let sets = |set: fn(&mut Help, String)| {
        let country = country.clone();
        props.sets(move |form, text| {
            form.help.country.clone_from(&country);
            set(&mut form.help, text);
        })
    };
    html! {
        <Folded title="Emergency address" words="Where help is sent when an emergency call comes from the numbers, if not to the dossier's address." {open}>
            <TextField id="help-street" label="Street and number" value={help.street.clone()} oninput={sets(|help, text| help.street = text)} said={said("street")} />
            <TextField id="help-postal" label="Postal code" most=20 value={help.postal_code.clone()} oninput={sets(|help, text| help.postal_code = text)} said={said("postalCode")} />
            <TextField id="help-city" label="Place" most=100 value={help.city.clone()} oninput={sets(|help, text| help.city = text)} said={said("city")} />
            <TextField id="help-region" label="Canton, state or province" most=60 placeholder="ZH" value={help.region.clone()} oninput={sets(|help, text| help.region = text)} said={said("region")} />
            <Choice id="help-country" label="In" value={country.clone()} options={countries()} empty="Choose a country" onchange={sets(|help, text| help.country = text)} said={said("country")} />
        </Folded>
    }
}

/// Who hears of each change of the customer's requests, from this one on.
#[component]
pub(super) fn Webhook(props: &PartProps) -> Html {
    let said = props.said("webhook.url");
    let open = said != Said::Nothing || !props.form.webhook.is_empty();
    html! {
        <Folded title="Webhook" words="An address of the customer's that is told of each change, from this onboarding on." {open}>
            <TextField id="webhook-url" label="Address" kind="url" most=2000 class="is-wide" placeholder="https://example.com/hooks" value={props.form.webhook.clone()}
                oninput={props.sets(|form, text| form.webhook = text)} {said} />
        </Folded>
    }
}
