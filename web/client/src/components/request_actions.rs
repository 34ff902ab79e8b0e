//! What can be done with a request now: its task, and every wish that its state allows.

use crate::hooks::use_desk;
use crate::route::{Route, task_path};
use crate::state::request_words::{action, may_do, may_redrive};
use contract::request::RequestView;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

/// The wish that is fulfilled by `POST /v1/requests/{id}/cancel`.
const CANCEL: &str = "request.cancel";

/// Forms that stand on the request's own page.
const ON_PAGE: [&str; 2] = ["port-order", "port-letter"];

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) view: Rc<RequestView>,
}

#[component]
pub(crate) fn RequestActions(props: &Props) -> Html {
    let desk = use_desk();
    let asks = use_state(|| false);
    let view = &props.view;
    let Some(me) = desk.store.me() else {
        return Html::default();
    };
    let stalled = may_redrive(view, me);
    let may_cancel =
        stalled || me.role.makes_requests() && view.actions.iter().any(|one| one == CANCEL);
    let here = |form: &str| ON_PAGE.contains(&form);
    let task = view
        .task
        .as_ref()
        .filter(|task| may_do(view, me) && !here(&task.form));
    let open = |is: bool| {
        let asks = asks.clone();
        Callback::from(move |_: MouseEvent| asks.set(is))
    };
    let cancel = {
        let (desk, asks, id) = (desk.clone(), asks.clone(), view.id.clone());
        Callback::from(move |_: MouseEvent| {
            asks.set(false);
            desk.cancel_request(&id);
        })
    };
    let redrive = {
        let (desk, id) = (desk.clone(), view.id.clone());
        Callback::from(move |_: MouseEvent| desk.redrive_request(&id))
    };
    html! {
        <div class="actions" data-testid="request-actions">
            if *asks && may_cancel {
                <div class="ask" role="alertdialog" aria-label="Cancel the request?">
                    <p><strong>{ "Cancel this request? " }</strong>{ "What was begun is taken back, and it cannot be gone on with." }</p>
                    <Button variant={ButtonVariant::Danger} label="Cancel it" onclick={cancel} />
                    <Button variant={ButtonVariant::Secondary} label="Keep it" onclick={open(false)} />
                </div>
            } else {
                if let Some(task) = task {
                    <Link<Route> to={Route::Tasks { id: task_path(task.id.as_str()) }} class={classes!("pf-v6-c-button", "pf-m-primary")}>{ &task.title }</Link<Route>>
                }
                if stalled { <Button variant={ButtonVariant::Primary} label="Go on where it failed" onclick={redrive} /> }
                if may_cancel { <Button variant={ButtonVariant::Secondary} label={action(CANCEL)} onclick={open(true)} /> }
            }
        </div>
    }
}
