//! Ports: numbers that come from other providers, and those that leave.

use crate::components::{PortEditor, PortOutPin, Queue, Scope};
use crate::hooks::use_desk;
use crate::route::Route;
use contract::Role;
use contract::request::Kind;
use lucide_yew::{ChevronLeft, Plus};
use yew::prelude::*;
use yew_nested_router::components::Link;

#[component]
pub(crate) fn Ports() -> Html {
    let desk = use_desk();
    let may_ask = desk.store.me().is_some_and(|me| me.role.makes_requests());
    html! {
        <Queue title="Ports" scope={Scope::Of(Kind::PortIn)}>
            <Link<Route> to={Route::PortOuts} class={classes!("pf-v6-c-button", "pf-m-link")}>{ "Port-outs" }</Link<Route>>
            if may_ask {
                <Link<Route> to={Route::Port { id: NEW.to_owned() }} class={classes!("pf-v6-c-button", "pf-m-primary")}><Plus size={16} />{ "New port" }</Link<Route>>
            }
        </Queue>
    }
}

/// What stands in the place of an id for a port that is not begun.
pub(crate) const NEW: &str = "new";

#[component]
pub(crate) fn PortOuts() -> Html {
    let desk = use_desk();
    let sets_pin = desk
        .store
        .me()
        .is_some_and(|me| me.role == Role::Administrator);
    let foot = if sets_pin {
        html! { <PortOutPin /> }
    } else {
        Html::default()
    };
    html! {
        <Queue title="Port-outs" scope={Scope::Of(Kind::PortOut)} {foot}>
            <Link<Route> to={Route::Ports} class={classes!("pf-v6-c-button", "pf-m-link")}>{ "Ports" }</Link<Route>>
        </Queue>
    }
}

/// A port that begins with its numbers; from then on it is a draft that is saved as it is filled in.
#[component]
pub(crate) fn NewPort() -> Html {
    html! {
        <main class="page narrow" data-testid="new-port">
            <Link<Route> to={Route::Ports} class={classes!("back-link")}><ChevronLeft size={18} />{ "Ports" }</Link<Route>>
            <header class="page-head"><div><h1>{ "New port" }</h1><p class="quiet">{ "Bring numbers from another provider." }</p></div></header>
            <PortEditor />
        </main>
    }
}
