//! What is asked for, beside the form: met or missing, with its reason and its source.

use super::fields::sentence;
use crate::hooks::names::country;
use crate::state::dossier::checklist::{Row, counts, rows};
use crate::state::store::Loaded;
use contract::dossier::{Evaluation, Failure, RequirementView};
use lucide_yew::{Check, CircleAlert};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) evaluation: Loaded<Rc<Evaluation>>,
    pub(crate) requirements: Loaded<Rc<Vec<RequirementView>>>,
    /// Whether anything is wanted yet.
    pub(crate) wanted: bool,
    /// Where a field is mended.
    pub(crate) onmend: Callback<String>,
}

#[component]
pub(crate) fn Checklist(props: &Props) -> Html {
    let body = match &props.evaluation {
        _ if !props.wanted => {
            html! { <p class="quiet">{ "Say first which numbers are wanted: then you see here what is asked for, and whether you have it." }</p> }
        }
        Loaded::Loading => {
            html! { <p class="quiet" role="status">{ "Holding it against what is asked for" }</p> }
        }
        Loaded::Failed(words) => {
            html! { <p class="field-said is-wrong" role="alert">{ words }</p> }
        }
        Loaded::Here(evaluation) => held(props, evaluation),
    };
    html! {
        <section class="card checklist" aria-label="What is asked for" data-testid="checklist">
            <h2>{ "What is asked for" }</h2>
            { body }
        </section>
    }
}

fn held(props: &Props, evaluation: &Evaluation) -> Html {
    let (met, all) = counts(evaluation);
    let known: &[RequirementView] = match &props.requirements {
        Loaded::Here(known) => known,
        Loaded::Loading | Loaded::Failed(_) => &[],
    };
    let rows = rows(evaluation, known);
    html! {
        <>
            <div class="met">
                <progress max={all.to_string()} value={met.to_string()} aria-label="Met" />
                <span class="figures" data-testid="met" data-met={met.to_string()} data-all={all.to_string()}>{ format!("{met} of {all} met") }</span>
            </div>
            <ul class="needs">{ for rows.iter().map(|row| asked(props, row)) }</ul>
        </>
    }
}

fn asked(props: &Props, row: &Row) -> Html {
    let (mark, word) = if row.met {
        (html! { <Check size={14} stroke_width={3} /> }, "Met")
    } else {
        (html! { <CircleAlert size={16} /> }, "Missing")
    };
    let unverified = row.view.as_ref().is_some_and(|view| !view.verified);
    html! {
        <li key={row.id.clone()} class={classes!("need", if row.met { "is-met" } else { "is-missing" })} data-testid="ask" data-requirement={row.id.clone()} data-met={row.met.to_string()}>
            <details>
                <summary>
                    <span class="need-mark">{ mark }<span class="visually-hidden">{ word }</span></span>
                    <span class="need-name">{ &row.name }if let Some(view) = &row.view { <small class="quiet">{ country(&view.country) }</small> }</span>
                    if unverified { <span class="chip is-quiet">{ "Unverified" }</span> }
                </summary>
                if let Some(view) = &row.view { { told(view) } }
            </details>
            { for row.failures.iter().map(|failure| mend(props, failure)) }
        </li>
    }
}

/// What is known of a requirement.
pub(crate) fn told(view: &RequirementView) -> Html {
    html! {
        <div class="need-told">
            <p>{ &view.description }</p>
            if !view.acceptance.is_empty() { <ul>{ for view.acceptance.iter().map(|line| html! { <li>{ line }</li> }) }</ul> }
            if !view.example.is_empty() { <p class="quiet">{ format!("Such as {}", view.example) }</p> }
            <p class="quiet need-source">
                { if view.verified { "Checked at its source: " } else { "Not checked at its source yet: " } }
                { &view.source }{ format!(" ({})", view.as_of.as_str()) }
            </p>
        </div>
    }
}

fn mend(props: &Props, failure: &Failure) -> Html {
    let onclick = {
        let (told, field) = (props.onmend.clone(), failure.field.clone());
        move |_| told.emit(field.clone())
    };
    html! { <button type="button" class="mend" {onclick}>{ sentence(&failure.words) }</button> }
}
