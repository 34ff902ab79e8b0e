//! Onboardings: those that run, and how far each is, stage by stage.

use crate::api::{Api, Failure};
use crate::components::{Chip, RequestActions, TimeRuns, Until, loaded};
use crate::hooks::onboarding::{use_onboarding, use_onboardings};
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::clock::parse;
use crate::state::market::words::plain;
use crate::state::numbers::readable;
use crate::state::onboarding::{stage, standing, who_acts};
use crate::state::onboardings::{ENDED, RUNNING, leads_to};
use crate::state::queue::Tally;
use crate::state::request_words::outcome;
use crate::state::requests::country;
use crate::state::store::Loaded;
use crate::state::words::Tone;
use contract::RequestId;
use contract::onboarding::api::{BegunPort, Stage, StageState};
use contract::onboarding::progress;
use contract::request::RequestView;
use contract::request::signal::SignalName;
use lucide_yew::{Check, ChevronLeft, ChevronRight, Plus, X};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

/// How many rows are shown at first, and how many more at a time.
const ROWS: usize = 100;

#[component]
pub(crate) fn Onboardings() -> Html {
    let desk = use_desk();
    let most = use_state(|| ROWS);
    let (running, body) = match use_onboardings(&desk) {
        Loaded::Loading => (
            0,
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> },
        ),
        Loaded::Failed(words) => (
            0,
            html! { <p class="card list-foot" role="alert">{ words }</p> },
        ),
        Loaded::Here(list) => {
            let all = list.running.iter().chain(&list.ended);
            let total = list.running.len() + list.ended.len();
            let more = more(&desk, &most, total);
            let body = if total == 0 && more.is_none() {
                html! { <p class="card list-foot quiet" data-testid="onboardings-empty">{ "Nobody is being onboarded." }</p> }
            } else {
                html! {
                    <>
                        <ul class="card cards" data-testid="onboardings">{ for all.take(*most).map(|view| row(view)) }</ul>
                        if let Some(onclick) = more { <div class="list-foot"><Button variant={ButtonVariant::Secondary} label="Show more" {onclick} /></div> }
                    </>
                }
            };
            (list.running.len(), body)
        }
    };
    let book = &desk.store.requests;
    let running = Tally {
        known: running,
        is_all: RUNNING.into_iter().all(|shelf| book.is_whole(shelf)),
    };
    let subtitle = if running.known == 0 {
        "From the first mail to the first call.".to_owned()
    } else {
        format!("{running} under way, the nearest deadline first.")
    };
    html! {
        <main class="page">
            <header class="page-head">
                <div><h1>{ "Onboarding" }</h1><p class="quiet" role="status" data-testid="onboardings-running">{ subtitle }</p></div>
                <Link<Route> to={Route::Onboarding { id: "new".into() }} class={classes!("link-button")}><Plus size={18} />{ "Onboard" }</Link<Route>>
            </header>
            { body }
        </main>
    }
}

/// Shows more rows, and reads more of those that have ended once all that are known are shown; nothing if there are no more.
fn more(desk: &Desk, most: &UseStateHandle<usize>, total: usize) -> Option<Callback<MouseEvent>> {
    let book = &desk.store.requests;
    let next = ENDED
        .into_iter()
        .filter_map(|shelf| match book.more(shelf) {
            Loaded::Here(Some(next)) => Some((shelf, next.clone())),
            Loaded::Here(None) | Loaded::Loading | Loaded::Failed(_) => None,
        });
    let next: Vec<_> = next.filter(|_| total <= **most).collect();
    if total <= **most && next.is_empty() {
        return None;
    }
    let (desk, most) = (desk.clone(), most.clone());
    Some(Callback::from(move |_| {
        most.set(*most + ROWS);
        for (shelf, from) in next.clone() {
            let desk = desk.clone();
            spawn_local(async move { desk.read_shelf(shelf, Some(from)).await });
        }
    }))
}

fn row(request: &RequestView) -> Html {
    let stages = progress(request);
    let mut stages = stages.iter();
    let now_at = stages.find(|one| one.state == StageState::Running);
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
    let body = loaded(use_onboarding(&desk, &id), |view| {
        let again = ask(&desk, &busy, &id, |api, id| async move {
            api.invite_again(&id).await
        });
        let go_live = ask(&desk, &busy, &id, |api, id| async move {
            api.go_live(&id).await
        });
        let request = &view.request;
        let live = request.allows(SignalName::RequestChange, Some("live"));
        let mail = view
            .progress
            .iter()
            .any(|one| one.stage == "email" && one.state == StageState::Running);
        let (text, tone) = ended(request);
        let me = desk.store.me();
        let to = |part: &Stage| leads_to(part, request, &view.ports, me?);
        html! {
            <>
                <header class="page-head">
                    <div><h1>{ &view.request.title }{ " " }<Chip {text} {tone} testid="onboarding-status" /></h1>
                        <p class="quiet"><Link<Route> to={Route::Request { id: id.to_string() }} class={classes!("text-link")}>{ "See its workflow" }</Link<Route>></p></div>
                    <RequestActions view={Rc::new(request.clone())} />
                    if live { <Button variant={ButtonVariant::Secondary} label="Go live without waiting" disabled={*busy} onclick={go_live} /> }
                    if mail { <Button variant={ButtonVariant::Secondary} label="Send the invitation again" disabled={*busy} onclick={again} /> }
                </header>
                <TimeRuns />
                <ol class="card stages" data-testid="stages">{ for view.progress.iter().map(|part| one(part, country(request), to(part))) }</ol>
                if !view.ports.is_empty() {
                    <section aria-label="Numbers on their way">
                        <h2>{ "Numbers on their way" }</h2>
                        <ul class="card cards" data-testid="begun-ports">{ for view.ports.iter().filter(|port| !port.numbers.is_empty()).map(port) }</ul>
                    </section>
                }
                if let Some(webhook) = &view.webhook {
                    <p class="quiet"><Link<Route> to={Route::Webhook { id: webhook.to_string() }} class={classes!("text-link")}>{ "See what its webhook was told" }</Link<Route>></p>
                }
            </>
        }
    });
    html! {
        <main class="page" data-testid="onboarding-page">
            <Link<Route> to={Route::Onboardings} class={classes!("back-link")}><ChevronLeft size={18} />{ "Onboarding" }</Link<Route>>
            { body }
        </main>
    }
}

/// Asks for something about an onboarding; what comes of it is pushed.
fn ask<R>(
    desk: &Desk,
    busy: &UseStateHandle<bool>,
    id: &RequestId,
    wish: impl Fn(Rc<Api>, RequestId) -> R + 'static,
) -> Callback<MouseEvent>
where
    R: Future<Output = Result<(), Failure>> + 'static,
{
    let (desk, busy, id) = (desk.clone(), busy.clone(), id.clone());
    Callback::from(move |_| {
        busy.set(true);
        let answer = wish(desk.api.clone(), id.clone());
        let (desk, busy) = (desk.clone(), busy.setter());
        spawn_local(async move {
            if let Err(failure) = answer.await {
                desk.failed(&failure);
            }
            busy.set(false);
        });
    })
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

fn one(part: &Stage, country: Option<&str>, to: Option<Route>) -> Html {
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
            <span class="row-text"><strong>
                    if let Some(to) = to { <Link<Route> {to} class={classes!("text-link")}>{ stage(&part.stage) }</Link<Route>> } else { { stage(&part.stage) } }
                </strong>
                if !acts.is_empty() { <span class="quiet is-whole">{ acts.join(", ") }</span> }
                if let Some(at) = until { <span class="quiet is-whole">{ "until " }<Until {at} {country} counted=true /></span> }
                if let Some(why) = &part.reason { <span class="quiet is-whole">{ why }</span> }
            </span>
            <Chip {text} {tone} />
        </li>
    }
}
