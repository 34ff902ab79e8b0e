//! Whom numbers ring that are nobody's own: the tenant's groups and flows.

use crate::components::loaded;
use crate::hooks::routing::{Routing as Known, use_routing};
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::routing::summary;
use contract::routing::{Flow, Group, Strategy};
use lucide_yew::{ChevronRight, Plus, Users, Workflow};
use yew::prelude::*;
use yew_nested_router::components::Link;

#[component]
pub(crate) fn Routing() -> Html {
    let desk = use_desk();
    let body = loaded(use_routing(&desk), |known| lists(&desk, &known));
    html! {
        <main class="page" data-testid="routing-page">
            <header class="page-head">
                <div><h1>{ "Routing" }</h1><p class="quiet">{ "Whom numbers ring that are nobody's own: groups of people, and flows that decide by the hour." }</p></div>
            </header>
            { body }
        </main>
    }
}

fn lists(desk: &Desk, known: &Known) -> Html {
    let groups = known.groups.iter().map(|group| group_row(desk, group));
    let flows = known.flows.iter().map(flow_row);
    html! {
        <>
            <section aria-label="Groups">
                <header class="page-head"><h2>{ "Groups" }</h2>{ begin("new-group", "New group") }</header>
                if known.groups.is_empty() {
                    <p class="card list-foot quiet" data-testid="groups-empty">{ "No group yet. A group lets several people ring for one number." }</p>
                } else { <ul class="card cards" data-testid="groups">{ for groups }</ul> }
            </section>
            <section aria-label="Flows">
                <header class="page-head"><h2>{ "Flows" }</h2>{ begin("new-flow", "New flow") }</header>
                if known.flows.is_empty() {
                    <p class="card list-foot quiet" data-testid="flows-empty">{ "No flow yet. A flow rings one in the opening hours and another outside them." }</p>
                } else { <ul class="card cards" data-testid="flows">{ for flows }</ul> }
            </section>
        </>
    }
}

fn begin(id: &str, words: &str) -> Html {
    html! { <Link<Route> to={Route::Routed { id: id.to_owned() }} class={classes!("link-button", "is-plain")}><Plus size={18} />{ words.to_owned() }</Link<Route>> }
}

fn group_row(desk: &Desk, group: &Group) -> Html {
    let people = desk.store.people();
    let names = group.members.iter().map(|member| {
        let known = people.iter().find(|person| person.person == *member);
        known.map_or_else(
            || "somebody who left".to_owned(),
            |person| person.name.clone(),
        )
    });
    let how = match group.strategy {
        Strategy::AllAtOnce => "All at once",
        Strategy::InTurn => "In turn",
    };
    let words = format!(
        "{how}, {} s: {}",
        group.ring_s,
        names.collect::<Vec<_>>().join(", ")
    );
    row(
        html! { <Users size={20} /> },
        group.group.as_str(),
        &group.name,
        &words,
        &group.used_by,
    )
}

fn flow_row(flow: &Flow) -> Html {
    row(
        html! { <Workflow size={20} /> },
        flow.flow.as_str(),
        &flow.name,
        &summary(flow),
        &flow.used_by,
    )
}

fn row(icon: Html, id: &str, name: &str, words: &str, used_by: &[String]) -> Html {
    let uses = match used_by.len() {
        0 => "Not used yet".to_owned(),
        1 => "Used once".to_owned(),
        uses => format!("Used {uses} times"),
    };
    html! {
        <li key={id.to_owned()}>
            <Link<Route> to={Route::Routed { id: id.to_owned() }} class={classes!("card-row")}>
                <span class="avatar">{ icon }</span>
                <span class="row-text" data-testid="routing-row"><strong>{ name.to_owned() }</strong><span class="quiet">{ words.to_owned() }</span><span class="quiet">{ uses }</span></span>
                <ChevronRight size={18} />
            </Link<Route>>
        </li>
    }
}
