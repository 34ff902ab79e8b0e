//! One group or flow: making it, changing it, deleting it.

use crate::api::{Api, Failure};
use crate::components::loaded;
use crate::components::routing::{FlowFields, GroupFields};
use crate::hooks::routing::{Routing, use_routing};
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::dossier::form::Wrong;
use crate::state::routing::{FlowDraft, GroupDraft};
use crate::state::sent::Sent;
use contract::routing::{Flow, Group};
use lucide_yew::ChevronLeft;
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;
use yew_nested_router::prelude::use_router;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Its id; `new-group` or `new-flow` for one that is not there yet.
    pub(crate) id: String,
}

#[component]
pub(crate) fn Routed(props: &Props) -> Html {
    let desk = use_desk();
    let body = loaded(use_routing(&desk), |known| found(&props.id, &known));
    html! {
        <main class="page" data-testid="routed-page">
            <Link<Route> to={Route::Routing} class={classes!("back-link")}><ChevronLeft size={18} />{ "Routing" }</Link<Route>>
            { body }
        </main>
    }
}

fn found(id: &str, known: &Rc<Routing>) -> Html {
    let group = known.groups.iter().find(|group| group.group.as_str() == id);
    let flow = known.flows.iter().find(|flow| flow.flow.as_str() == id);
    let draft = match (id, group, flow) {
        ("new-group", _, _) => Draft::Group(GroupDraft::of(None)),
        ("new-flow", _, _) => Draft::Flow(Box::new(FlowDraft::of(None, &own_zone()))),
        (_, Some(group), _) => Draft::Group(GroupDraft::of(Some(group))),
        (_, None, Some(flow)) => Draft::Flow(Box::new(FlowDraft::of(Some(flow), ""))),
        (_, None, None) => {
            return html! { <p class="card list-foot" role="alert">{ "There is no such group or flow any more." }</p> };
        }
    };
    html! { <Editor {draft} group={group.cloned()} flow={flow.cloned()} known={known.clone()} /> }
}

/// The time zone of this browser.
fn own_zone() -> String {
    let options = js_sys::Intl::DateTimeFormat::default().resolved_options();
    let zone = js_sys::Reflect::get(&options, &"timeZone".into()).ok();
    zone.and_then(|zone| zone.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}

#[derive(Debug, Clone, PartialEq)]
enum Draft {
    Group(GroupDraft),
    Flow(Box<FlowDraft>),
}

impl Draft {
    /// What is wrong before anything is sent.
    fn wrong(&self) -> Vec<Wrong> {
        match self {
            Self::Group(draft) => draft.body().err(),
            Self::Flow(draft) => draft.body().err(),
        }
        .unwrap_or_default()
    }

    async fn keep(&self, api: &Api, props: &EditorProps, key: &str) -> Result<(), Failure> {
        match self {
            Self::Group(draft) => {
                let id = props.group.as_ref().map(|group| &group.group);
                let Ok(form) = draft.body() else {
                    return Ok(());
                };
                api.keep_group(id, &form, key).await.map(drop)
            }
            Self::Flow(draft) => {
                let id = props.flow.as_ref().map(|flow| &flow.flow);
                let Ok(form) = draft.body() else {
                    return Ok(());
                };
                api.keep_flow(id, &form, key).await.map(drop)
            }
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
struct EditorProps {
    draft: Draft,
    group: Option<Group>,
    flow: Option<Flow>,
    known: Rc<Routing>,
}

impl EditorProps {
    /// Its address in the API, its name and what uses it, if it is there.
    fn there(&self) -> Option<(String, &str, &[String])> {
        let group = self.group.as_ref().map(|group| {
            let path = format!("/v1/groups/{}", group.group);
            (path, group.name.as_str(), group.used_by.as_slice())
        });
        group.or_else(|| {
            let flow = self.flow.as_ref()?;
            let path = format!("/v1/flows/{}", flow.flow);
            Some((path, flow.name.as_str(), flow.used_by.as_slice()))
        })
    }
}

#[component]
fn Editor(props: &EditorProps) -> Html {
    let desk = use_desk();
    let router = use_router::<Route>();
    let draft = use_state(|| props.draft.clone());
    let (busy, wrong) = (use_state(|| false), use_state(Vec::<Wrong>::new));
    let sent = use_mut_ref(Sent::<Draft, String>::new);
    let leave = Callback::from(move |()| {
        if let Some(router) = &router {
            router.push(Route::Routing);
        }
    });
    let onsubmit = {
        let (desk, draft, busy, wrong) = (desk.clone(), draft.clone(), busy.clone(), wrong.clone());
        let (props, leave) = (props.clone(), leave.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let found = draft.wrong();
            if *busy || !found.is_empty() {
                return wrong.set(found);
            }
            let wish = (*draft).clone();
            let key = sent.borrow_mut().key(&wish, Api::key);
            busy.set(true);
            let (desk, busy, wrong) = (desk.clone(), busy.setter(), wrong.setter());
            let (props, leave) = (props.clone(), leave.clone());
            spawn_local(async move {
                match wish.keep(&desk.api, &props, &key).await {
                    Ok(()) => leave.emit(()),
                    Err(failure) => {
                        busy.set(false);
                        wrong.set(desk.refused(&failure));
                    }
                }
            });
        }
    };
    // What was said to be wrong is looked at again as it is mended.
    let change = {
        let (draft, wrong) = (draft.setter(), wrong.clone());
        move |next: Draft| {
            if !wrong.is_empty() {
                wrong.set(next.wrong());
            }
            draft.set(next);
        }
    };
    let fields = match &*draft {
        Draft::Group(one) => {
            let change = change.clone();
            let onchange = Callback::from(move |next| change(Draft::Group(next)));
            html! { <GroupFields draft={one.clone()} wrong={(*wrong).clone()} {onchange} /> }
        }
        Draft::Flow(one) => {
            let onchange = Callback::from(move |next| change(Draft::Flow(Box::new(next))));
            html! { <FlowFields draft={(**one).clone()} groups={props.known.groups.clone()} wrong={(*wrong).clone()} {onchange} /> }
        }
    };
    let there = props.there();
    let title = there.as_ref().map_or_else(
        || match props.draft {
            Draft::Group(_) => "New group".to_owned(),
            Draft::Flow(_) => "New flow".to_owned(),
        },
        |(_, name, _)| (*name).to_owned(),
    );
    html! {
        <>
            <header class="page-head"><h1>{ title }</h1></header>
            <form class="onboard" data-testid="routing-form" {onsubmit}>
                { fields }
                <div class="actions">
                    <Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} label={if *busy { "Being saved" } else { "Save" }} disabled={*busy} />
                    { delete(&desk, props, &busy, &leave) }
                </div>
            </form>
        </>
    }
}

fn delete(
    desk: &Desk,
    props: &EditorProps,
    busy: &UseStateHandle<bool>,
    leave: &Callback<()>,
) -> Html {
    let Some((path, _, used_by)) = props.there() else {
        return Html::default();
    };
    if !used_by.is_empty() {
        let uses = used_by.len();
        let words = format!("It can be deleted when nothing uses it any more: {uses} still do.");
        return html! { <span class="quiet" data-testid="in-use">{ words }</span> };
    }
    let onclick = {
        let (desk, busy, leave) = (desk.clone(), busy.clone(), leave.clone());
        move |_| {
            busy.set(true);
            let (desk, busy, leave, path) =
                (desk.clone(), busy.setter(), leave.clone(), path.clone());
            spawn_local(async move {
                match desk.api.delete_routing(&path).await {
                    Ok(()) => leave.emit(()),
                    Err(failure) => {
                        busy.set(false);
                        desk.failed(&failure);
                    }
                }
            });
        }
    };
    html! { <Button variant={ButtonVariant::Danger} label="Delete" disabled={**busy} {onclick} /> }
}
