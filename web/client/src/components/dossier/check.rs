//! The last part: what is declared, and handing it in.

use super::fields::{id_of, use_sheet};
use super::wanted::want_words;
use crate::hooks::use_desk;
use crate::state::dossier::check::is_being_checked;
use crate::state::dossier::draft::Edit;
use crate::state::dossier::work::Saving;
use crate::state::store::Loaded;
use contract::dossier::review::Purpose;
use contract::dossier::{Compliance, RequirementKind, RequirementView};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) purposes: Rc<Vec<Purpose>>,
    pub(crate) requirements: Loaded<Rc<Vec<RequirementView>>>,
    /// Whether it is being handed in right now.
    pub(crate) busy: bool,
    pub(crate) onsubmit: Callback<()>,
}

#[component]
pub(crate) fn Check(props: &Props) -> Html {
    let (desk, sheet) = (use_desk(), use_sheet());
    let known: &[RequirementView] = match &props.requirements {
        Loaded::Here(known) => known,
        Loaded::Loading | Loaded::Failed(_) => &[],
    };
    let to_declare = known
        .iter()
        .filter(|view| view.kind == RequirementKind::Action);
    let declarations: Vec<Html> = to_declare.map(|view| declaration(&sheet, view)).collect();
    let compliant = sheet
        .evaluation
        .as_ref()
        .is_some_and(|evaluation| evaluation.verdict == Compliance::Compliant);
    let why = match &sheet.work.saving {
        _ if is_being_checked(&sheet.work.view, &desk.store.requests) => {
            Some("It is being checked already.")
        }
        _ if props.purposes.is_empty() => Some("Say first which numbers are wanted."),
        Saving::Conflict(_) | Saving::Failed(_) => Some("What you typed is not saved yet."),
        Saving::Saved | Saving::Typed | Saving::Sending if !compliant => {
            Some("Something is still missing: see what is asked for.")
        }
        Saving::Typed | Saving::Sending => Some("Being saved."),
        Saving::Saved => None,
    };
    let submit = {
        let told = props.onsubmit.clone();
        move |_| told.emit(())
    };
    html! {
        <div class="part-body" data-testid="part-check">
            if !declarations.is_empty() { <fieldset class="fields-list"><legend>{ "To declare" }</legend>{ for declarations }</fieldset> }
            <h3>{ "To be good for" }</h3>
            <ul class="wants">{ for props.purposes.iter().map(|purpose| html! { <li class="want"><span>{ want_words(purpose) }</span></li> }) }</ul>
            <p class="quiet">{ "One of our people looks at what you hand in and answers within some working days. You can follow it, and mend what is refused." }</p>
            <div class="actions">
                <Button variant={ButtonVariant::Primary} label={if props.busy { "Being handed in" } else { "Hand in" }} disabled={why.is_some() || props.busy} onclick={submit} />
                if let Some(why) = why { <span class="quiet" data-testid="why-not">{ why }</span> }
            </div>
        </div>
    }
}

fn declaration(sheet: &super::Sheet, view: &RequirementView) -> Html {
    const LIST: &str = "/declares";
    let on = sheet.work.draft.has(LIST, &view.id);
    let onchange = {
        let (sheet, word) = (sheet.clone(), view.id.clone());
        move |_: Event| {
            sheet.edit(Edit::Tick {
                list: LIST.to_owned(),
                word: word.clone(),
                on: !on,
            });
        }
    };
    html! {
        <label class="tick is-tall" key={view.id.clone()}>
            <input id={id_of(&format!("/declares/{}", view.id))} type="checkbox" checked={on} {onchange} />
            <span><strong>{ &view.name }</strong><small class="quiet">{ &view.description }</small></span>
        </label>
    }
}
