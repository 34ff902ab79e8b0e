//! The calls that run, and those that ended: one's own, or for an operator the tenant's.

use crate::components::{Chip, call_chip};
use crate::hooks::{Desk, use_desk, use_now, zone_min};
use crate::route::Route;
use crate::state::clock::{parse, timer, when};
use crate::state::side::parties;
use crate::state::words::talked;
use contract::CallId;
use contract::view::{CallView, Outcome, Workflow};
use lucide_yew::PhoneOff;
use patternfly_yew::prelude::{
    Button, ButtonVariant, ComposableTable, TableBody, ToggleGroup, ToggleGroupItem,
};
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Running,
    Ended,
    Failed,
}

/// A workflow's name as its definition's folder has it.
pub(crate) const fn name(workflow: Workflow) -> &'static str {
    match workflow {
        Workflow::InboundCall => "inbound-call",
        Workflow::OutboundCall => "outbound-call",
        Workflow::ClientCall => "client-call",
    }
}

fn failed(call: &CallView) -> bool {
    match call.outcome {
        Some(Outcome::Failed | Outcome::Lost) => true,
        Some(
            Outcome::Completed
            | Outcome::NoAnswer
            | Outcome::Declined
            | Outcome::Busy
            | Outcome::Cancelled,
        ) => false,
        Some(
            Outcome::NotSignedIn
            | Outcome::NoSuchNumber
            | Outcome::Closed
            | Outcome::NotAllowed
            | Outcome::Unreachable,
        )
        | None => false,
    }
}

#[component]
pub(crate) fn Workflows() -> Html {
    let desk = use_desk();
    let now = use_now(1_000);
    let filter = use_state(|| Filter::Running);
    let book = &desk.store.book;
    let operator = desk.store.me().is_some_and(|me| me.role.sees_every_call());
    let running: Vec<Rc<CallView>> = book.live().cloned().collect();
    let ended: Vec<Rc<CallView>> = book.log().to_vec();
    let broken: Vec<Rc<CallView>> = ended.iter().filter(|call| failed(call)).cloned().collect();
    let counted = [
        (Filter::Running, "Running", running.len()),
        (Filter::Ended, "Ended", ended.len()),
        (Filter::Failed, "Failed", broken.len()),
    ];
    let mut calls = match *filter {
        Filter::Running => running,
        Filter::Ended => ended,
        Filter::Failed => broken,
    };
    calls.sort_by(|a, b| b.started_at.cmp(&a.started_at));
    let toggles = counted.into_iter().map(|(one, name, count)| {
        let onchange = { let filter = filter.clone(); move |_| filter.set(one) };
        html_nested! { <ToggleGroupItem text={format!("{name} {count}")} selected={*filter == one} {onchange} /> }
    });
    html! {
        <main class="page" data-testid="workflows">
            <header class="page-head"><div><h1>{ "Workflows" }</h1><p class="quiet">{ if operator { "Every call of your organisation, live." } else { "Your calls, live." } }</p></div>
                <ToggleGroup>{ for toggles }</ToggleGroup>
            </header>
            <section class="card table-card">
                if calls.is_empty() {
                    <p class="list-foot quiet" data-testid="workflows-empty">{ match *filter { Filter::Running => "No call runs at the moment. A new one shows here by itself.", Filter::Ended => "No call has ended yet.", Filter::Failed => "No call has failed." } }</p>
                } else {
                    <ComposableTable>
                        <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr">
                            { for ["Workflow", "Parties", "State", "Time", ""].iter().map(|head| html! { <th class="pf-v6-c-table__th" scope="col">{ *head }</th> }) }
                        </tr></thead>
                        <TableBody>{ for calls.iter().map(|call| row(&desk, call, now, operator)) }</TableBody>
                    </ComposableTable>
                }
            </section>
        </main>
    }
}

fn row(desk: &Desk, call: &Rc<CallView>, now: i64, operator: bool) -> Html {
    let (text, tone) = call_chip(call);
    let began = parse(&call.started_at).unwrap_or(now);
    let time = if call.is_live() {
        timer(now - began)
    } else {
        format!(
            "{}, {}",
            when(began, now, zone_min()),
            timer(talked(call).unwrap_or(0))
        )
    };
    let state = if call.is_live() {
        crate::state::machine::readable(&call.state)
    } else {
        text.to_owned()
    };
    html! {
        <tr key={call.id.to_string()} class="pf-v6-c-table__tr" data-testid="workflow-row" data-call={call.id.to_string()}>
            <td class="pf-v6-c-table__td"><Link<Route> to={Route::Calls { id: call.id.to_string() }} class={classes!("row-link")}>{ name(call.workflow) }</Link<Route>></td>
            <td class="pf-v6-c-table__td">{ parties(call) }</td>
            <td class="pf-v6-c-table__td"><Chip text={state} {tone} testid="workflow-state" /></td>
            <td class="pf-v6-c-table__td figures">{ time }</td>
            <td class="pf-v6-c-table__td">if operator && call.is_live() { { end_button(desk, &call.id) } }</td>
        </tr>
    }
}

/// The operator's button to end a call.
pub(crate) fn end_button(desk: &Desk, call: &CallId) -> Html {
    let onclick = {
        let (desk, call) = (desk.clone(), call.clone());
        move |_| desk.hang_up(&call)
    };
    html! { <Button variant={ButtonVariant::Danger} aria_label={"Hang up"} class="end-button" {onclick} icon={html!(<PhoneOff size={16} />)} label="Hang up" /> }
}
