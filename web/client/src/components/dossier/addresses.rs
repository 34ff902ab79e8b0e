//! Addresses, and what each is for.

use super::fields::{CountryField, Sheet, Typed, sentence, use_sheet};
use super::who::tick;
use crate::components::field::Said;
use crate::state::dossier::checklist::said_of;
use crate::state::dossier::words::USES;
use lucide_yew::{Plus, X};
use patternfly_yew::prelude::{Button, ButtonVariant};
use serde_json::json;
use yew::prelude::*;

const LIST: &str = "/addresses";

#[component]
pub(crate) fn Addresses() -> Html {
    let sheet = use_sheet();
    let count = sheet.work.draft.len(LIST);
    let asked = sheet.evaluation.as_ref().map(|evaluation| {
        let failures = said_of(evaluation, "/addresses/-");
        failures
            .into_iter()
            .map(|failure| sentence(&failure.words))
            .collect::<Vec<_>>()
    });
    let uses = if count == 0 { vec!["service"] } else { vec![] };
    let fresh = json!({ "uses": uses, "street": "", "city": "", "country": "" });
    html! {
        <div class="part-body" data-testid="part-addresses">
            { for asked.into_iter().flatten().map(|words| html! { <p class="field-said is-asked">{ words }</p> }) }
            { for (0..count).map(|at| address(&sheet, at)) }
            <Button variant={ButtonVariant::Link} icon={html!(<Plus size={16} />)} label="Add an address" onclick={sheet.add(LIST, fresh)} />
        </div>
    }
}

fn address(sheet: &Sheet, at: usize) -> Html {
    let pointer = format!("{LIST}/{at}");
    let field = |name: &str| format!("{pointer}/{name}");
    let whole = match sheet.said(&pointer) {
        Said::Wrong(words) | Said::Asked(words) => {
            html! { <p class="field-said is-wrong" role="alert">{ words }</p> }
        }
        Said::Nothing | Said::Hint(_) | Said::Good(_) => Html::default(),
    };
    html! {
        <fieldset class="fields is-card" key={at}>
            <legend>{ format!("Address {}", at + 1) }</legend>
            <div class="ticks is-wide" role="group" aria-label="What it is for">
                { for USES.iter().map(|(_, word, label)| tick(sheet, field("uses"), word, label)) }
            </div>
            <Typed field={field("street")} label="Street and number" hint="No post-office box" class={classes!("is-wide")} />
            <Typed field={field("extended")} label="Flat, floor, building" />
            <Typed field={field("postalCode")} label="Postal code" most=20 />
            <Typed field={field("city")} label="Town" most=100 />
            <Typed field={field("region")} label="Canton, state or province" most=60 hint="As its code, such as ZH or NY" />
            <CountryField field={field("country")} label="Country" />
            { whole }
            { sheet.waits(&pointer, "Saved once its use, street, town and country are there.") }
            <button type="button" class="icon-button" aria-label={format!("Remove address {}", at + 1)} onclick={sheet.remove(LIST, at)}><X size={18} /></button>
        </fieldset>
    }
}
