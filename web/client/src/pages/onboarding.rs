//! Onboardings: those that run, and how far each is, stage by stage.

use crate::components::{Chip, Until};
use crate::hooks::onboarding::{use_onboarding, use_onboardings};
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::clock::parse;
use crate::state::market::words::plain;
use crate::state::numbers::readable;
use crate::state::onboarding::{stage, standing, who_acts};
use crate::state::request_words::outcome;
use crate::state::requests::country;
use crate::state::store::Loaded;
use crate::state::words::Tone;
use contract::RequestId;
use contract::onboarding::api::{BegunPort, OnboardingView, Stage, StageState};
use contract::request::RequestView;
use contract::request::signal::SignalName;
use lucide_yew::{Check, ChevronLeft, ChevronRight, Plus, X};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[component]
pub(crate) fn Onboardings() -> Html {
    let desk = use_desk();
    let body = match use_onboardings(&desk) {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => html! { <p class="card list-foot" role="alert">{ words }</p> },
        Loaded::Here(list) if list.is_empty() => {
            html! { <p class="card list-foot quiet" data-testid="onboardings-empty">{ "Nobody is being onboarded." }</p> }
        }
        Loaded::Here(list) => {
            html! { <ul class="card cards" data-testid="onboardings">{ for list.iter().map(row) }</ul> }
        }
    };
    html! {
        <main class="page">
            <header class="page-head">
                <div><h1>{ "Onboarding" }</h1><p class="quiet">{ "From the first mail to the first call." }</p></div>
                <Link<Route> to={Route::Onboarding { id: "new".into() }} class={classes!("link-button")}><Plus size={18} />{ "Onboard" }</Link<Route>>
            </header>
            { body }
        </main>
    }
}

fn row(view: &OnboardingView) -> Html {
    let request = &view.request;
    let now_at = view
        .progress
        .iter()
        .find(|one| one.state == StageState::Running);
    let words = now_at.map(|one| stage(&one.stage).to_owned());
    let (text, tone) = match words {
        Some(words) => (words, Tone::Waits),
        None => ended(request),
    };
    html! {
        <li key={request.id.to_string()}>
            <Link<Route> to={Route::Onboarding { id: request.id.to_string() }} class={classes!("card-row")}>
                <span class="row-text"><strong data-testid="onboarding-row">{ &request.title }</strong><span class="quiet">{ &request.next_action }</span></span>
                <Chip {text} {tone} />
                <ChevronRight size={18} />
            </Link<Route>>
        </li>
    }
}

/// What became of it, as a chip.
fn ended(view: &RequestView) -> (String, Tone) {
    let (words, tone) = view.outcome.map_or(("Under way", Tone::Waits), outcome);
    (words.to_owned(), tone)
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) id: String,
}

#[component]
pub(crate) fn Onboarding(props: &Props) -> Html {
    let desk = use_desk();
    let id = RequestId::from(props.id.as_str());
    let busy = use_state(|| false);
    let body = match use_onboarding(&desk, &id) {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => html! { <p class="card list-foot" role="alert">{ words }</p> },
        Loaded::Here(view) => {
            let again = {
                let (desk, id, busy) = (desk.clone(), id.clone(), busy.clone());
                move |_| {
                    busy.set(true);
                    let (desk, id, busy) = (desk.clone(), id.clone(), busy.setter());
                    spawn_local(async move {
                        if let Err(failure) = desk.api.invite_again(&id).await {
                            desk.failed(&failure);
                        }
                        busy.set(false);
                    });
                }
            };
            let go_live = {
                let (desk, id, busy) = (desk.clone(), id.clone(), busy.clone());
                move |_| {
                    busy.set(true);
                    let (desk, id, busy) = (desk.clone(), id.clone(), busy.setter());
                    spawn_local(async move {
                        if let Err(failure) = desk.api.go_live(&id).await {
                            desk.failed(&failure);
                        }
                        busy.set(false);
                    });
                }
            };
            let request = &view.request;
            let live = request.allows(SignalName::RequestChange, Some("live"));
            let mail = view
                .progress
                .iter()
                .any(|one| one.stage == "email" && one.state == StageState::Running);
            let (text, tone) = ended(&view.request);
            html! {
                <>
                    <header class="page-head">
                        <div><h1>{ &view.request.title }{ " " }<Chip {text} {tone} testid="onboarding-status" /></h1>
                            <p class="quiet"><Link<Route> to={Route::Request { id: id.to_string() }} class={classes!("text-link")}>{ "See its workflow" }</Link<Route>></p></div>
                        if live { <Button variant={ButtonVariant::Secondary} label="Go live without waiting" disabled={*busy} onclick={go_live} /> }
                        if mail { <Button variant={ButtonVariant::Secondary} label="Send the invitation again" disabled={*busy} onclick={again} /> }
                    </header>
                    <ol class="card stages" data-testid="stages">{ for view.progress.iter().map(|part| one(part, country(&view.request))) }</ol>
                    if !view.ports.is_empty() {
                        <section aria-label="Numbers on their way">
                            <h2>{ "Numbers on their way" }</h2>
                            <ul class="card cards" data-testid="begun-ports">{ for view.ports.iter().filter(|port| !port.numbers.is_empty()).map(port) }</ul>
                        </section>
                    }
                </>
            }
        }
    };
    html! {
        <main class="page" data-testid="onboarding-page">
            <Link<Route> to={Route::Onboardings} class={classes!("back-link")}><ChevronLeft size={18} />{ "Onboarding" }</Link<Route>>
            { body }
        </main>
    }
}

/// A port that the onboarding has begun.
fn port(port: &BegunPort) -> Html {
    let numbers = port.numbers.iter();
    let numbers: Vec<String> = numbers.map(|line| readable(line.number.as_str())).collect();
    let (text, tone) = match port.outcome {
        Some(known) => {
            let (words, tone) = outcome(known);
            (words.to_owned(), tone)
        }
        None => ("Under way".to_owned(), Tone::Waits),
    };
    let next = if port.outcome.is_none() {
        port.next_action.clone()
    } else {
        plain(&port.status)
    };
    html! {
        <li key={port.port.to_string()}>
            <Link<Route> to={Route::Request { id: port.port.to_string() }} class={classes!("card-row")}>
                <span class="row-text"><strong class="figures" data-testid="begun-port">{ numbers.join(", ") }</strong><span class="quiet">{ next }</span></span>
                <Chip {text} {tone} />
                <ChevronRight size={18} />
            </Link<Route>>
        </li>
    }
}

fn one(part: &Stage, country: Option<&str>) -> Html {
    let (text, tone) = standing(part.state);
    let (class, mark) = match part.state {
        StageState::Done => ("is-taken", html! { <Check size={12} stroke_width={3} /> }),
        StageState::Running => ("is-now", Html::default()),
        StageState::Failed => ("is-failed", html! { <X size={12} stroke_width={3} /> }),
        StageState::Waiting | StageState::Skipped => ("is-next", Html::default()),
    };
    let until = part.deadline.as_deref().and_then(parse);
    let country = country.map(|country| AttrValue::from(country.to_owned()));
    let acts = [who_acts(part).map(str::to_owned), part.next_action.clone()];
    let acts: Vec<String> = acts.into_iter().flatten().collect();
    html! {
        <li key={part.stage.clone()} class={classes!("stage-row", class)} data-testid="stage" data-stage={part.stage.clone()} data-state={crate::api::wire(part.state)}>
            <span class={classes!("step", class)}><span class="step-mark">{ mark }</span></span>
            <span class="row-text"><strong>{ stage(&part.stage) }</strong>
                if !acts.is_empty() { <span class="quiet is-whole">{ acts.join(", ") }</span> }
                if let Some(at) = until { <span class="quiet is-whole">{ "until " }<Until {at} {country} counted=true /></span> }
                if let Some(why) = &part.reason { <span class="quiet is-whole">{ why }</span> }
            </span>
            <Chip {text} {tone} />
        </li>
    }
}
