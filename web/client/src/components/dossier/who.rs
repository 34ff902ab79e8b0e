//! The person or organisation: names, entries in registers, identity papers.

use super::fields::{ChosenField, CountryField, Typed, use_sheet};
use crate::components::dossier::Sheet;
use crate::components::dossier::fields::id_of;
use crate::components::field::{Choice, Said};
use crate::state::dossier::draft::Edit;
use crate::state::dossier::identifier::{Look, country, look, name, of_paper, schemes};
use crate::state::dossier::words::PAPERS;
use compliance::identifier::Scheme;
use lucide_yew::{Plus, X};
use patternfly_yew::prelude::{Button, ButtonVariant};
use serde_json::json;
use std::rc::Rc;
use yew::prelude::*;

#[component]
pub(crate) fn Who() -> Html {
    let sheet = use_sheet();
    let is_business = sheet.work.draft.is_business();
    html! {
        <div class="part-body" data-testid="part-who">
            if is_business { { business() } } else { { person() } }
            { registers(&sheet, is_business) }
            { papers(&sheet, is_business) }
        </div>
    }
}

fn business() -> Html {
    html! {
        <fieldset class="fields">
            <legend>{ "As registered" }</legend>
            <Typed field="/endUser/businessName" label="Name of the organisation" class={classes!("is-wide")} />
            <Typed field="/endUser/legalForm" label="Legal form" most=60 placeholder="AG, GmbH, Pte Ltd, S.A." />
            <Typed field="/endUser/website" label="Website" kind="url" placeholder="https://" />
        </fieldset>
    }
}

fn person() -> Html {
    html! {
        <fieldset class="fields">
            <legend>{ "As in the identity paper" }</legend>
            <Typed field="/endUser/givenNames" label="First names" most=100 />
            <Typed field="/endUser/familyNames" label="Family names" most=100 />
            <Typed field="/endUser/birthDate" label="Date of birth" kind="date" />
            <CountryField field="/endUser/nationality" label="Nationality" />
        </fieldset>
    }
}

/// What a look at an identifier says below its field.
fn found(scheme: Option<Scheme>, text: &str) -> Option<Said> {
    match look(scheme, text) {
        Look::Nothing => None,
        Look::Good(normal) if normal == text.trim() => Some(Said::Good("Well-formed".into())),
        Look::Good(normal) => Some(Said::Good(format!("Well-formed: {normal}").into())),
        Look::Wrong(words) => Some(Said::Wrong(words.into())),
    }
}

fn registers(sheet: &Sheet, is_business: bool) -> Html {
    const LIST: &str = "/endUser/registerIds";
    let count = sheet.work.draft.len(LIST);
    let first = schemes(is_business).next().unwrap_or(Scheme::ChUid);
    let fresh = json!({ "scheme": first.name(), "country": country(first), "number": "" });
    html! {
        <section class="fields-list" aria-label="Registers">
            <h3>{ if is_business { "Entries in registers" } else { "Numbers in registers" } }</h3>
            { for (0..count).map(|at| register(sheet, at, is_business)) }
            <Button variant={ButtonVariant::Link} icon={html!(<Plus size={16} />)} label="Add a register number" onclick={sheet.add(LIST, fresh)} />
        </section>
    }
}

fn register(sheet: &Sheet, at: usize, is_business: bool) -> Html {
    let pointer = format!("/endUser/registerIds/{at}");
    let (scheme_field, number_field) = (format!("{pointer}/scheme"), format!("{pointer}/number"));
    let written = sheet.text(&scheme_field).to_owned();
    let scheme = Scheme::named(&written);
    let mut options: Vec<(String, String)> = schemes(is_business)
        .map(|scheme| (scheme.name().to_owned(), name(scheme).to_owned()))
        .collect();
    if !options.iter().any(|(value, _)| *value == written) {
        options.push((written.clone(), written.clone()));
    }
    let onchange = {
        let (sheet, pointer) = (sheet.clone(), pointer.clone());
        Callback::from(move |text: String| {
            if let Some(scheme) = Scheme::named(&text) {
                sheet.write(&format!("{pointer}/country"), country(scheme));
            }
            sheet.write(&format!("{pointer}/scheme"), text);
        })
    };
    let example = scheme.map(Scheme::example).unwrap_or_default();
    html! {
        <div class="fields is-row" key={at}>
            <Choice id={id_of(&scheme_field)} label="Register" value={written} options={Rc::new(options)} {onchange} />
            <Typed field={number_field.clone()} label="Number" most=40 placeholder={example} found={found(scheme, sheet.text(&number_field))} />
            <button type="button" class="icon-button" aria-label="Remove this register number" onclick={sheet.remove("/endUser/registerIds", at)}><X size={18} /></button>
        </div>
    }
}

fn papers(sheet: &Sheet, is_business: bool) -> Html {
    const LIST: &str = "/identities";
    let count = sheet.work.draft.len(LIST);
    let fresh = json!({ "kind": "passport", "country": "", "number": "" });
    html! {
        <section class="fields-list" aria-label="Identity papers">
            <h3>{ if is_business { "Identity paper of who signs" } else { "Identity papers" } }</h3>
            { for (0..count).map(|at| paper(sheet, at)) }
            <Button variant={ButtonVariant::Link} icon={html!(<Plus size={16} />)} label="Add an identity paper" onclick={sheet.add(LIST, fresh)} />
        </section>
    }
}

fn paper(sheet: &Sheet, at: usize) -> Html {
    let pointer = format!("/identities/{at}");
    let field = |name: &str| format!("{pointer}/{name}");
    let options: Vec<(String, String)> = PAPERS
        .iter()
        .map(|(_, wire, words)| ((*wire).to_owned(), (*words).to_owned()))
        .collect();
    let scheme = of_paper(sheet.text(&field("kind")), sheet.text(&field("country")));
    let found = found(scheme, sheet.text(&field("number")));
    html! {
        <div class="fields is-card" key={at}>
            <ChosenField field={field("kind")} label="Paper" options={Rc::new(options)} />
            <CountryField field={field("country")} label="Issued by" />
            <Typed field={field("number")} label="Number" most=40 {found} />
            <Typed field={field("expires")} label="Valid until" kind="date" />
            { sheet.waits(&pointer, "Saved once its country and number are there.") }
            <button type="button" class="icon-button" aria-label="Remove this identity paper" onclick={sheet.remove("/identities", at)}><X size={18} /></button>
        </div>
    }
}

/// Whether a word of a list is ticked.
pub(super) fn tick(sheet: &Sheet, list: String, word: &'static str, label: &str) -> Html {
    let on = sheet.work.draft.has(&list, word);
    let onchange = {
        let (sheet, list) = (sheet.clone(), list.clone());
        Callback::from(move |_: Event| {
            sheet.edit(Edit::Tick {
                list: list.clone(),
                word: word.to_owned(),
                on: !on,
            });
        })
    };
    html! { <label class="tick"><input type="checkbox" checked={on} {onchange} /><span>{ label }</span></label> }
}
