//! Ports: numbers that come from other providers, and those that leave.

use crate::components::{PortEditor, PortOutPin, Queue, RecordPortOut, Scope};
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
    let role = desk.store.me().map(|me| me.role);
    let foot = if role == Some(Role::Administrator) {
        html! { <PortOutPin /> }
    } else {
        Html::default()
    };
    html! {
        <Queue title="Port-outs" scope={Scope::Of(Kind::PortOut)} {foot}>
            <Link<Route> to={Route::Ports} class={classes!("pf-v6-c-button", "pf-m-link")}>{ "Ports" }</Link<Route>>
            if role == Some(Role::Staff) {
                <Link<Route> to={Route::new_port_out()} class={classes!("pf-v6-c-button", "pf-m-primary")}><Plus size={16} />{ "New port-out" }</Link<Route>>
            }
        </Queue>
    }
}

/// A port-out that an operator writes down: its carrier tells of it by mail or in a support case.
#[component]
pub(crate) fn NewPortOut() -> Html {
    let desk = use_desk();
    let writes = desk.store.me().is_some_and(|me| me.role == Role::Staff);
    html! {
        <main class="page narrow" data-testid="new-port-out">
            <Link<Route> to={Route::PortOuts} class={classes!("back-link")}><ChevronLeft size={18} />{ "Port-outs" }</Link<Route>>
            <header class="page-head"><div><h1>{ "New port-out" }</h1><p class="quiet">{ "Numbers that another carrier asks for, as your carrier tells by mail or in a support case." }</p></div></header>
            if writes { <RecordPortOut /> } else { <p class="card list-foot">{ "Only the phone company\u{2019}s people write port-outs down." }</p> }
        </main>
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
