//! A port as its customer and the operators see it: what is to be done, its dates, what was refused, its letter.

use super::editor::PortEditor;
use super::letter::Letter;
use super::prepared::Prepared;
use super::snapback::SnapBack;
use crate::components::{OtherDossier, Until};
use crate::hooks::browser::with_offset;
use crate::hooks::use_desk;
use crate::state::clock::parse;
use crate::state::port_draft::{is_partial, port_view};
use crate::state::request_words::{may_do, spelled};
use contract::Role;
use contract::port::{PortView, RejectionView};
use contract::request::RequestView;
use contract::request::signal::SignalName;
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) view: Rc<RequestView>,
}

#[component]
pub(crate) fn PortPanel(props: &Props) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let (Some(me), Some(port)) = (desk.store.me(), port_view(view)) else {
        return Html::default();
    };
    let asks =
        |form: &str| may_do(view, me) && view.task.as_ref().is_some_and(|task| task.form == form);
    let may_move = me.role.makes_requests() && view.allows(SignalName::RequestChange, Some("date"));
    let may_go_back =
        me.role == Role::Staff && view.allows(SignalName::RequestChange, Some("snapback"));
    html! {
        <div class="port" data-testid="port">
            { missing(&port) }
            { for port.rejections.iter().rev().map(rejection) }
            if asks("port-order") { <PortEditor port={view.clone()} /> }
            if me.role.makes_requests() && let Some(letter) = port.letter.clone() {
                <Letter port={view.id.clone()} {letter} dossier={port.form.dossier.clone()} is_open={asks("port-letter")} may_sign={me.role != Role::Staff} />
            }
            { dates(&port) }
            if may_move { <OtherDate view={view.clone()} /> }
            <OtherDossier view={view.clone()} />
            if may_go_back { <SnapBack view={view.clone()} /> }
            if asks("port-handin") && let Some(text) = port.prepared.clone() {
                <Prepared id={view.id.clone()} {text} />
            }
        </div>
    }
}

fn missing(port: &PortView) -> Html {
    let failed: Vec<_> = port
        .evaluation
        .iter()
        .flat_map(|evaluation| &evaluation.outcomes)
        .filter(|outcome| !outcome.passed)
        .collect();
    if failed.is_empty() {
        return Html::default();
    }
    html! {
        <section class="card pad" aria-label="Missing" data-testid="port-missing">
            <h2>{ format!("Still missing, {}", failed.len()) }</h2>
            <ul class="port-missing">{ for failed.into_iter().map(|outcome| html! {
                <li><strong>{ &outcome.name }</strong>{ for outcome.failures.iter().map(|failure| html! { <p>{ &failure.words }</p> }) }</li>
            }) }</ul>
        </section>
    }
}

fn rejection(rejection: &RejectionView) -> Html {
    html! {
        <section class="card pad rejection" aria-label="Refused" data-testid="rejection">
            <h2>{ format!("Refused: {}", spelled(&rejection.code.to_lowercase())) }</h2>
            <p>{ &rejection.words }</p>
            <p class="quiet">{ format!("{} of {}, submission {}", rejection.code, rejection.scheme, rejection.submission) }</p>
        </section>
    }
}

fn dates(port: &PortView) -> Html {
    let moments = &port.moments;
    let all = [
        ("Wished date", &port.form.requested_foc, false),
        ("Confirmed date (FOC)", &moments.foc, false),
        ("The window ends", &moments.foc_ends, false),
        ("To be signed until", &moments.signature, false),
        ("The donor answers until", &moments.donor_answer, true),
        ("The date can be changed until", &moments.change, true),
        ("It can be cancelled until", &moments.cancel, true),
        ("Synchronised from", &moments.sync, true),
        ("Numbers can go back until", &moments.snapback, true),
    ];
    let known = all
        .into_iter()
        .filter_map(|(name, at, counted)| Some((name, at.as_deref().and_then(parse)?, counted)));
    let country = || port.country.clone().map(AttrValue::from);
    let words = [
        ("Losing provider", port.donor.clone()),
        ("Carrier", port.carrier.as_ref().map(ToString::to_string)),
        ("Case at the carrier", port.case_id.clone()),
        ("Order at the carrier", port.external_id.clone()),
        (
            "Comes",
            Some(
                if is_partial(port) {
                    "some of the account's numbers"
                } else {
                    "the whole account"
                }
                .to_owned(),
            ),
        ),
    ];
    html! {
        <section class="card pad" aria-label="Dates" data-testid="port-dates">
            <h2>{ "The port" }</h2>
            <dl class="plain-rows">
                { for words.into_iter().filter_map(|(name, text)| text.map(|text| html! { <div><dt>{ name }</dt><dd>{ text }</dd></div> })) }
                { for known.map(|(name, at, counted)| html! { <div><dt>{ name }</dt><dd><Until {at} country={country()} {counted} /></dd></div> }) }
            </dl>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct OtherProps {
    view: Rc<RequestView>,
}

/// Asks the losing provider for another date.
#[component]
fn OtherDate(props: &OtherProps) -> Html {
    let desk = use_desk();
    let wish = use_state(String::new);
    let refused = use_state(|| None::<String>);
    let oninput = {
        let wish = wish.clone();
        move |event: InputEvent| wish.set(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    let onsubmit = {
        let (wish, refused, id) = (wish.clone(), refused.clone(), props.view.id.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(foc) = with_offset(&wish) else {
                return refused.set(Some("Choose a day and a time.".to_owned()));
            };
            let (desk, refused, id) = (desk.clone(), refused.clone(), id.clone());
            spawn_local(async move {
                let asked = desk.api.change_port_date(&id, &foc).await;
                refused.set(asked.err().map(|failure| failure.words()));
            });
        }
    };
    html! {
        <section class="card pad" aria-label="Another date">
            <form class="form" {onsubmit}>
                <div class="form-field"><label for="other-date">{ "Another date" }</label>
                    <input id="other-date" class="control" type="datetime-local" value={(*wish).clone()} {oninput} /></div>
                if let Some(words) = &*refused { <p class="form-refused" role="alert">{ words }</p> }
                <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Secondary} label="Ask for this date" /></div>
            </form>
        </section>
    }
}
