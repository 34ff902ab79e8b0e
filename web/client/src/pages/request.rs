//! One request: where it is, who acts until when, and the state machine that runs it.

use crate::components::{
    Age, CameBack, CarrierSays, Chip, DossierPapers, DueBy, Entries, NumberLines, OtherDossier,
    Picture, Plain, PortPanel, Prepared, RequestActions, RequestStrip, TimeRuns, loaded,
};
use crate::hooks::execution::{Subject, use_film};
use crate::hooks::requests::use_request;
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::market::case;
use crate::state::plain::rows;
use crate::state::port_draft::at_carrier;
use crate::state::port_out_draft::{may_say, to_send};
use crate::state::request_words::{chip, kind, owner};
use crate::state::requests::dossier_of;
use crate::state::store::Loaded;
use contract::request::signal::SignalName;
use contract::request::{Kind, RequestView};
use contract::{RequestId, Role};
use lucide_yew::ChevronLeft;
use patternfly_yew::prelude::Spinner;
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;
use yew_nested_router::prelude::use_router;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) id: String,
}

#[component]
pub(crate) fn Request(props: &Props) -> Html {
    let desk = use_desk();
    let id = RequestId::from(props.id.as_str());
    let loaded = use_request(&desk, &id);
    let kind = match &loaded {
        Loaded::Here(view) => Some(view.kind),
        Loaded::Loading | Loaded::Failed(_) => None,
    };
    // Before it is known, the address tells what it is.
    let here = use_router::<Route>().and_then(|router| router.active().clone());
    let back = match (kind, here) {
        (Some(Kind::PortOut), _) => (Route::PortOuts, "Port-outs"),
        (Some(Kind::PortIn), _) | (None, Some(Route::Port { .. })) => (Route::Ports, "Ports"),
        (Some(_) | None, _) => (Route::Requests, "Requests"),
    };
    let body = match loaded {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => {
            html! { <p class="card list-foot" role="alert" data-testid="request-error">{ words }</p> }
        }
        Loaded::Here(view) => html! { <Whole {view} /> },
    };
    let (to, list) = back;
    html! {
        <main class="page watch" data-testid="request" data-request={props.id.clone()}>
            <Link<Route> {to} class={classes!("back-link")}><ChevronLeft size={18} />{ list }</Link<Route>>
            { body }
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct WholeProps {
    view: Rc<RequestView>,
}

#[component]
fn Whole(props: &WholeProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let film = use_film(&desk, &Subject::Request(view.id.clone()));
    let Some(me) = desk.store.me() else {
        return Html::default();
    };
    let (text, tone) = chip(view, me);
    let machine = match &film {
        Loaded::Here(film) => Some(film.machine.clone()),
        Loaded::Loading | Loaded::Failed(_) => None,
    };
    let details = case::without_text(&view.details);
    let came_back = view.kind == Kind::PortOut
        && me.role == Role::Staff
        && view.allows(SignalName::RequestChange, Some("snapback"));
    html! {
        <>
            <header class="page-head">
                <div><h1>{ &view.title }{ " " }<Chip {text} {tone} testid="request-chip" /></h1><p class="quiet">{ kind(view.kind) }{ ", " }{ view.id.to_string() }</p></div>
                <RequestActions view={view.clone()} />
            </header>
            <TimeRuns />
            <dl class="card facts">
                <div><dt>{ "Owner" }</dt><dd>{ owner(view, me) }</dd></div>
                <div><dt>{ "Next action" }</dt><dd>{ if view.next_action.is_empty() { "None" } else { &view.next_action } }</dd></div>
                <div><dt>{ "Age" }</dt><dd><Age view={view.clone()} /></dd></div>
                <div><dt>{ "Deadline" }</dt><dd><DueBy view={view.clone()} /></dd></div>
            </dl>
            <RequestStrip view={view.clone()} machine={machine} />
            if view.kind == Kind::PortIn { <PortPanel view={view.clone()} /> } else { <OtherDossier view={view.clone()} /> }
            if came_back { <CameBack view={view.clone()} /> }
            if me.role == Role::Staff && let Some(text) = to_send(view) { <Prepared id={view.id.clone()} {text} /> }
            if me.role == Role::Staff && let Some(text) = case::to_send(view) { <Prepared id={view.id.clone()} {text} has_pin=false /> }
            if me.role == Role::Staff && may_say(view) { <CarrierSays id={view.id.clone()} /> }
            <div class="request-grid">
                <Entries view={view.clone()} may_comment={view.is_open() && me.role.makes_requests()} reaches_carrier={at_carrier(view)} />
                <div class="request-side">
                    if !view.numbers.is_empty() { <NumberLines lines={view.numbers.clone()} /> }
                    if let Some(dossier) = dossier_of(view) { <DossierPapers {dossier} rev={view.rev} /> }
                    if view.kind != Kind::PortIn && !rows(&details).is_empty() {
                        <section class="card pad" aria-label="Details"><h2>{ "Details" }</h2><Plain value={details.clone()} /></section>
                    }
                </div>
            </div>
            <h2 class="section-head">{ "The state machine that runs it" }</h2>
            { loaded(film, |film| html! { <Picture {film} /> }) }
        </>
    }
}
