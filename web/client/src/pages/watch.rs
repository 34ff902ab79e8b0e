//! One call as the state machine it is: the graph, the turns, what went in and out, the time line.

use super::workflows::{end_button, name};
use crate::components::{Chip, Graph, Json, TimeLine, Turns, call_chip};
use crate::hooks::execution::use_execution;
use crate::hooks::{use_desk, use_now, zone_min};
use crate::route::Route;
use crate::state::clock::{parse, time_of_day};
use crate::state::history::{self, Run};
use crate::state::machine::{self, Machine};
use crate::state::side::{Side, parties};
use crate::state::store::Loaded;
use crate::state::timeline::lanes;
use crate::state::turns::rows;
use contract::CallId;
use contract::api::ExecutionView;
use contract::view::CallView;
use lucide_yew::ChevronLeft;
use patternfly_yew::prelude::Spinner;
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) id: String,
}

#[component]
pub(crate) fn Watch(props: &Props) -> Html {
    let desk = use_desk();
    let id = CallId::from(props.id.as_str());
    let execution = use_execution(&desk, &id);
    let call = desk.store.book.call(&id).cloned();
    let body = match &execution {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => {
            html! { <p class="card list-foot" role="alert" data-testid="watch-error">{ words }</p> }
        }
        Loaded::Here(view) => html! { <Picture view={view.clone()} call={call.clone()} /> },
    };
    html! {
        <main class="page watch" data-testid="watch" data-status={match &execution { Loaded::Here(view) => view.status.clone(), Loaded::Loading | Loaded::Failed(_) => String::new() }}>
            <Link<Route> to={Route::Workflows} class={classes!("back-link")}><ChevronLeft size={18} />{ "Workflows" }</Link<Route>>
            if let Some(call) = &call { <Head call={call.clone()} /> } else { <h1>{ "Call" }</h1> }
            { body }
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct HeadProps {
    call: Rc<CallView>,
}

#[component]
fn Head(props: &HeadProps) -> Html {
    let desk = use_desk();
    let call = &props.call;
    let (text, tone) = call_chip(call);
    let at = parse(&call.started_at).map(|at| time_of_day(at, zone_min()));
    let operator = desk.store.me().is_some_and(|me| me.role.sees_every_call());
    let may_end = call.is_live() && (operator || desk.eye().side(call) != Side::Watcher);
    html! {
        <header class="page-head">
            <div><h1>{ name(call.workflow) }{ " " }<Chip {text} {tone} testid="watch-chip" /></h1><p class="quiet">{ parties(call) }{ ", " }{ at }</p></div>
            if may_end { { end_button(&desk, &call.id) } }
        </header>
    }
}

#[derive(PartialEq, Properties)]
struct PictureProps {
    view: Rc<ExecutionView>,
    call: Option<Rc<CallView>>,
}

#[component]
fn Picture(props: &PictureProps) -> Html {
    let now = use_now(1_000);
    let machine: Rc<Rc<Machine>> = use_memo(props.view.definition.clone(), |definition| {
        Rc::new(machine::read(definition))
    });
    let run: Rc<Rc<Run>> = use_memo(props.view.clone(), |view| {
        Rc::new(history::read(&view.events))
    });
    let chosen = use_state(|| None::<AttrValue>);
    let visit_at = use_state(|| None::<usize>);
    let table = rows(&run, &machine);
    let last = run.visits.len().checked_sub(1);
    let chosen_last = chosen.as_ref().and_then(|name| {
        run.visits
            .iter()
            .rposition(|visit| visit.state == name.as_str())
    });
    let selected = visit_at
        .or(chosen_last)
        .or_else(|| if chosen.is_none() { last } else { None });
    let onstate = {
        let (chosen, visit_at) = (chosen.clone(), visit_at.clone());
        Callback::from(move |name: AttrValue| {
            chosen.set(Some(name));
            visit_at.set(None);
        })
    };
    let onturn = {
        let (chosen, visit_at, run) = (chosen.clone(), visit_at.clone(), run.clone());
        Callback::from(move |i: usize| {
            visit_at.set(Some(i));
            chosen.set(
                run.visits
                    .get(i)
                    .map(|visit| AttrValue::from(visit.state.clone())),
            );
        })
    };
    let name = selected
        .and_then(|i| run.visits.get(i))
        .map(|visit| AttrValue::from(visit.state.clone()))
        .or_else(|| (*chosen).clone());
    let card = use_node_ref();
    {
        // The state now stays in view.
        let card = card.clone();
        let now_in = run.visits.last().map(|visit| visit.state.clone());
        use_effect_with(now_in, move |_| {
            if let Some(card) = card.cast::<web_sys::Element>()
                && let Ok(Some(state)) = card.query_selector(".state.is-now")
            {
                let (outer, inner) = (
                    card.get_bounding_client_rect(),
                    state.get_bounding_client_rect(),
                );
                let below = inner.top() - outer.top() - outer.height() * 0.6;
                card.set_scroll_top(card.scroll_top() + below as i32);
            }
        });
    }
    let lanes = props
        .call
        .as_ref()
        .map(|call| lanes(call, &run, &machine, now));
    html! {
        <>
            <div class="watch-grid">
                <section class="card graph-card" aria-label="Graph" tabindex="0" ref={card}>
                    <Graph machine={(*machine).clone()} run={(*run).clone()} {now} selected={name.clone()} onselect={onstate.clone()} />
                </section>
                <section class="card turns-card" aria-label="Turns">
                    <h2>{ "Turns" }</h2>
                    <div class="turns-scroll"><Turns rows={table} {selected} onselect={onturn} /></div>
                    if props.view.truncated { <p class="hint">{ "The history is longer than what is shown: its first 1,000 events." }</p> }
                    if let Some(name) = name {
                        <h2>{ machine::readable(&name) }</h2>
                        if let Some(visit) = selected.and_then(|i| run.visits.get(i)) { <Json visit={visit.clone()} /> } else { <p class="quiet">{ "The call was not in this state." }</p> }
                    }
                </section>
            </div>
            if let Some((lanes, whole)) = lanes { <TimeLine {lanes} {whole} onselect={onstate} /> }
        </>
    }
}
