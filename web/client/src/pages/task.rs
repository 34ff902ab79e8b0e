//! One task: what to look at, and the form to fill in.

use crate::components::{Chip, DossierPapers, DueBy, Plain, Prepared, TaskForm};
use crate::hooks::reading::use_read;
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::market::case;
use crate::state::request_words::{chip, kind, may_do, party};
use crate::state::requests::dossier_of;
use crate::state::store::Loaded;
use contract::TaskId;
use contract::api::requests::Task as Asked;
use contract::request::Kind;
use lucide_yew::{Check, ChevronLeft};
use patternfly_yew::prelude::Spinner;
use serde_json::Value;
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) id: String,
}

/// The request of a task: a task's id is the request's and a number.
fn request_of(task: &str) -> &str {
    task.rsplit_once('.').map_or(task, |(request, _)| request)
}

#[component]
pub(crate) fn Task(props: &Props) -> Html {
    let desk = use_desk();
    let id = TaskId::from(props.id.as_str());
    let task = use_read(&desk, id, |api, id| async move { api.task(&id).await });
    let request = request_of(&props.id).to_owned();
    html! {
        <main class="page" data-testid="task" data-task={props.id.clone()}>
            <Link<Route> to={Route::Request { id: request }} class={classes!("back-link")}><ChevronLeft size={18} />{ "The request" }</Link<Route>>
            { match &task {
                Loaded::Loading => html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> },
                Loaded::Failed(words) => html! { <p class="card list-foot" role="alert" data-testid="task-error">{ words }</p> },
                Loaded::Here(task) => html! { <Whole task={task.clone()} /> },
            } }
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct WholeProps {
    task: Rc<Asked>,
}

#[component]
fn Whole(props: &WholeProps) -> Html {
    let desk = use_desk();
    let done = use_state(|| false);
    let Asked { task, request, .. } = &*props.task;
    let Some(me) = desk.store.me() else {
        return Html::default();
    };
    // As it is by now: somebody else may do the task meanwhile.
    let now = desk.store.requests.get(&request.id);
    let open = now.is_none_or(|now| now.task.as_ref().is_some_and(|open| open.id == task.id));
    let (text, tone) = chip(now.unwrap_or(&Rc::new(request.clone())), me);
    let ondone = {
        let done = done.clone();
        Callback::from(move |()| done.set(true))
    };
    html! {
        <>
            <header class="page-head">
                <div><h1>{ &task.title }{ " " }<Chip {text} {tone} /></h1><p class="quiet">{ kind(request.kind) }{ ", " }{ &request.title }</p></div>
                <DueBy view={now.cloned().unwrap_or_else(|| Rc::new(request.clone()))} />
            </header>
            <div class="task-grid">
                <section class="card pad" aria-label="Form">
                    if *done {
                        { thanks(request.id.as_str(), "Done. The workflow goes on.") }
                    } else if !open {
                        { thanks(request.id.as_str(), "This was done, or is no longer to be done.") }
                    } else if may_do(request, me) {
                        <TaskForm task={props.task.clone()} {ondone} />
                    } else {
                        <p class="quiet">{ format!("This waits for: {}.", party(task.owner).to_lowercase()) }</p>
                    }
                </section>
                <div class="request-side">
                if may_do(request, me) && let Some(text) = case::to_send(request) { <Prepared id={request.id.clone()} {text} has_pin=false /> }
                if let Some(dossier) = dossier_of(request) { <DossierPapers {dossier} rev={request.rev} /> }
                <section class="card pad" aria-label="What it is about">
                    <h2>{ "What it is about" }</h2>
                    <p>{ &request.next_action }</p>
                    if task.about != Value::Null { <Plain value={task.about.clone()} /> }
                    // How far the dossier of a port has come says nothing of the port.
                    if task.about == Value::Null || request.kind == Kind::PortIn { <Plain value={request.details.clone()} /> }
                </section>
                </div>
            </div>
        </>
    }
}

fn thanks(request: &str, words: &str) -> Html {
    html! {
        <div class="thanks" role="status" data-testid="task-done">
            <Check size={28} /><p>{ words }</p>
            <Link<Route> to={Route::Request { id: request.to_owned() }} class={classes!("pf-v6-c-button", "pf-m-secondary")}>{ "See the request" }</Link<Route>>
            <Link<Route> to={Route::Requests} class={classes!("pf-v6-c-button", "pf-m-primary")}>{ "Next in the queue" }</Link<Route>>
        </div>
    }
}
