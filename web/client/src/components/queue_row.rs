//! A request as a row of a list.

use super::{Chip, Until};
use crate::hooks::{use_desk, use_now};
use crate::route::Route;
use crate::state::queue::deadline;
use crate::state::request_words::{age, age_of, chip, due, is_mine, kind, owner};
use crate::state::requests::country;
use crate::state::words::Tone;
use contract::request::{Kind, RequestView};
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) view: Rc<RequestView>,
}

#[component]
pub(crate) fn QueueRow(props: &Props) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let Some(me) = desk.store.me() else {
        return Html::default();
    };
    let (text, tone) = chip(view, me);
    let mine = is_mine(view, me);
    let id = view.id.to_string();
    let to = match view.kind {
        Kind::PortIn => Route::Port { id: id.clone() },
        Kind::OnboardTenant
        | Kind::OnboardUser
        | Kind::VerifyDossier
        | Kind::NumberOrder
        | Kind::NumberRelease
        | Kind::PortOut => Route::Request { id: id.clone() },
    };
    html! {
        <tr class={classes!("pf-v6-c-table__tr", "queue-row", mine.then_some("is-mine"))} data-testid="request-row" data-request={id}>
            <td class="pf-v6-c-table__td queue-what">
                <Link<Route> {to} class={classes!("row-link")}>{ &view.title }</Link<Route>>
                <span class="quiet">{ kind(view.kind) }</span>
            </td>
            <td class="pf-v6-c-table__td queue-status"><Chip {text} {tone} testid="request-status" />
                if view.escalated.is_some() { <Chip text="Escalated" tone={Tone::Failed} /> }
            </td>
            <td class="pf-v6-c-table__td queue-next">
                <span><strong>{ owner(view, me) }</strong>{ if view.next_action.is_empty() { String::new() } else { format!(": {}", view.next_action) } }</span>
            </td>
            <td class="pf-v6-c-table__td queue-age figures"><span class="queue-label">{ "Age " }</span><Age view={view.clone()} /></td>
            <td class="pf-v6-c-table__td queue-due"><DueBy view={view.clone()} /></td>
        </tr>
    }
}

/// How old a request is, or how long it took.
#[component]
pub(crate) fn Age(props: &Props) -> Html {
    let now = use_now(10_000);
    html! { <span data-testid="age">{ age(age_of(&props.view, now)) }</span> }
}

/// Until when: the moment, and how far away it is.
#[component]
pub(crate) fn DueBy(props: &Props) -> Html {
    let now = use_now(1_000);
    let Some(at) = deadline(&props.view) else {
        return html! { <span class="quiet">{ "none" }</span> };
    };
    let left = due(at, now);
    let country = country(&props.view).map(|country| AttrValue::from(country.to_owned()));
    html! {
        <span class={classes!("due", super::chip::class(left.tone))} data-testid="due">
            <strong>{ left.text }</strong><span class="quiet"><Until {at} {country} counted=true /></span>
        </span>
    }
}
