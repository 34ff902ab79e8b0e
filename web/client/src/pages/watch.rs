//! One call as the state machine it is: the graph, the turns, what went in and out, the time line.

use super::workflows::{end_button, name};
use crate::components::{Chip, Picture, call_chip};
use crate::hooks::execution::{Subject, use_film};
use crate::hooks::{use_desk, zone_min};
use crate::route::Route;
use crate::state::clock::{parse, time_of_day};
use crate::state::side::{Side, parties};
use crate::state::store::Loaded;
use contract::CallId;
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
    let execution = use_film(&desk, &Subject::Call(id.clone()));
    let call = desk.store.book.call(&id).cloned();
    let body = match &execution {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => {
            html! { <p class="card list-foot" role="alert" data-testid="watch-error">{ words }</p> }
        }
        Loaded::Here(film) => html! { <Picture film={film.clone()} call={call.clone()} /> },
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
