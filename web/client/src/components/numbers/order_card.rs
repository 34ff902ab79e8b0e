//! An order on its way: where it is, who acts, and each of its numbers.

use crate::components::Chip;
use crate::components::field::Choice;
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::dossier::words::{is_good, title};
use crate::state::market::words::{line, order};
use crate::state::numbers::readable;
use contract::DossierId;
use contract::dossier::review::DossierView;
use contract::request::{NumberLine, RequestView};
use lucide_yew::ChevronRight;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) order: Rc<RequestView>,
    /// The tenant's dossiers, for an order that waits for one.
    #[prop_or_default]
    pub(crate) dossiers: Rc<Vec<DossierView>>,
}

#[component]
pub(crate) fn OrderCard(props: &Props) -> Html {
    let view = &props.order;
    let (text, tone) = order(view);
    let waits = view.is_open() && view.status == "dossier_wanted";
    let said = view
        .timeline
        .last()
        .filter(|_| waits || view.outcome.is_some());
    html! {
        <article class="card order" data-testid="order" data-order={view.id.to_string()} data-status={view.status.clone()} data-outcome={view.outcome.map(crate::api::wire)}>
            <header>
                <Link<Route> to={Route::Request { id: view.id.to_string() }} class={classes!("order-link")}><strong>{ &view.title }</strong><ChevronRight size={16} /></Link<Route>>
                <Chip {text} {tone} testid="order-state" />
            </header>
            if view.is_open() && !view.next_action.is_empty() { <p class="quiet">{ &view.next_action }</p> }
            if let Some(said) = said { <p class="quiet">{ &said.text }</p> }
            <ul class="lines">{ for view.numbers.iter().map(number) }</ul>
            if waits { <GiveDossier order={view.clone()} dossiers={props.dossiers.clone()} /> }
        </article>
    }
}

fn number(one: &NumberLine) -> Html {
    let (text, tone) = line(&one.status);
    html! {
        <li key={one.number.to_string()} data-testid="order-line" data-number={one.number.to_string()} data-status={one.status.clone()}>
            <span class="figures">{ readable(one.number.as_str()) }</span>
            <Chip {text} {tone} />
            if let Some(why) = &one.reason { <small class="quiet">{ why }</small> }
        </li>
    }
}

/// Names a dossier for an order that waits for one.
#[component]
fn GiveDossier(props: &Props) -> Html {
    let desk = use_desk();
    let good: Vec<(String, String)> = props
        .dossiers
        .iter()
        .filter(|view| is_good(view))
        .map(|view| (view.dossier.id.to_string(), title(view)))
        .collect();
    let chosen = use_state(|| None::<String>);
    let busy = use_state(|| false);
    if good.is_empty() {
        return html! {
            <p>{ "No dossier is approved yet. " }<Link<Route> to={Route::Dossiers} class={classes!("text-link")}>{ "See the dossiers" }</Link<Route>></p>
        };
    }
    let value = (*chosen).clone().unwrap_or_else(|| good[0].0.clone());
    let give = {
        let (busy, id) = (busy.clone(), props.order.id.clone());
        let dossier = DossierId::from(value.as_str());
        move |_| {
            busy.set(true);
            let (desk, busy, id, dossier) =
                (desk.clone(), busy.setter(), id.clone(), dossier.clone());
            spawn_local(async move {
                if let Err(failure) = desk.api.order_dossier(&id, &dossier).await {
                    desk.failed(&failure);
                }
                busy.set(false);
            });
        }
    };
    let onchange = {
        let chosen = chosen.clone();
        move |id: String| chosen.set(Some(id))
    };
    html! {
        <div class="fields is-row">
            <Choice id={format!("dossier-of-{}", props.order.id)} label="Dossier" {value} options={Rc::new(good)} {onchange} />
            <Button variant={ButtonVariant::Primary} label="Use this dossier" disabled={*busy} onclick={give} />
        </div>
    }
}
