//! Where one can go: a table, by role.

use crate::hooks::requests::use_shelf;
use crate::hooks::{use_desk, use_now};
use crate::route::Route;
use crate::state::queue::{Tally, counts};
use crate::state::requests::Shelf;
use contract::Role;
use lucide_yew::{ArrowLeftRight, Contact, Hash, IdCard, ListChecks, Phone, Waypoints, Workflow};
use patternfly_yew::prelude::{Nav, NavList, NavRouterItem};
use yew::prelude::*;

/// A place that one can go to.
struct Entry {
    name: &'static str,
    icon: fn() -> Html,
    to: Route,
    /// The pages that belong to it.
    covers: fn(&Route) -> bool,
    seen_by: fn(Role) -> bool,
    /// Whether it says how much waits there.
    counted: bool,
}

fn everybody(_: Role) -> bool {
    true
}

/// In the order of the rail. A page that is new gets a row here, and a way in `app.rs`.
static ENTRIES: [Entry; 8] = [
    Entry {
        name: "Phone",
        icon: || html! { <Phone size={20} /> },
        to: Route::Phone,
        covers: |route| matches!(route, Route::Phone),
        seen_by: everybody,
        counted: false,
    },
    Entry {
        name: "Numbers",
        icon: || html! { <Hash size={20} /> },
        to: Route::Numbers,
        covers: |route| matches!(route, Route::Numbers | Route::Market { .. }),
        seen_by: |role| role == Role::Administrator,
        counted: false,
    },
    Entry {
        name: "Routing",
        icon: || html! { <Waypoints size={20} /> },
        to: Route::Routing,
        covers: |route| matches!(route, Route::Routing | Route::Routed { .. }),
        seen_by: |role| role == Role::Administrator,
        counted: false,
    },
    Entry {
        name: "Dossiers",
        icon: || html! { <IdCard size={20} /> },
        to: Route::Dossiers,
        covers: |route| matches!(route, Route::Dossiers | Route::Dossier { .. }),
        seen_by: |role| role == Role::Administrator,
        counted: false,
    },
    Entry {
        name: "Ports",
        icon: || html! { <ArrowLeftRight size={20} /> },
        to: Route::Ports,
        covers: |route| {
            matches!(
                route,
                Route::Ports | Route::Port { .. } | Route::PortOuts | Route::NewPortOut { .. }
            )
        },
        seen_by: Role::sees_every_call,
        counted: false,
    },
    Entry {
        name: "Onboarding",
        icon: || html! { <Contact size={20} /> },
        to: Route::Onboardings,
        covers: |route| matches!(route, Route::Onboardings | Route::Onboarding { .. }),
        seen_by: Role::makes_requests,
        counted: false,
    },
    Entry {
        name: "Requests",
        icon: || html! { <ListChecks size={20} /> },
        to: Route::Requests,
        covers: |route| {
            matches!(
                route,
                Route::Requests | Route::Request { .. } | Route::Tasks { .. }
            )
        },
        seen_by: Role::sees_every_call,
        counted: true,
    },
    Entry {
        name: "Workflows",
        icon: || html! { <Workflow size={20} /> },
        to: Route::Workflows,
        covers: |route| matches!(route, Route::Workflows | Route::Calls { .. }),
        seen_by: everybody,
        counted: false,
    },
];

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) role: Role,
}

#[component]
pub(crate) fn Navigation(props: &Props) -> Html {
    let desk = use_desk();
    use_shelf(&desk, Shelf::Tasks, props.role.makes_requests());
    let now = use_now(60_000);
    let book = &desk.store.requests;
    let waiting = Tally {
        known: desk
            .store
            .me()
            .map_or(0, |me| counts(book.all(), me, now).mine),
        is_all: book.is_whole(Shelf::Tasks),
    };
    let shown = ENTRIES.iter().filter(|entry| (entry.seen_by)(props.role));
    html! {
        <Nav>
            <NavList>{ for shown.map(|entry| item(entry, waiting)) }</NavList>
        </Nav>
    }
}

fn item(entry: &'static Entry, waiting: Tally) -> Html {
    let predicate = Callback::from(|route: Route| (entry.covers)(&route));
    let counts = entry.counted && waiting.known > 0;
    html! {
        <NavRouterItem<Route> to={entry.to.clone()} {predicate}>
            { (entry.icon)() }<span>{ entry.name }</span>
            if counts { <span class="nav-count" data-testid="nav-count" aria-label={format!("{waiting} wait for you")}>{ waiting.to_string() }</span> }
        </NavRouterItem<Route>>
    }
}
