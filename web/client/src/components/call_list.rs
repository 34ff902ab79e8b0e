//! The call log, with the calls that run on top.

use super::{Avatar, Chip};
use crate::hooks::{Desk, use_desk, use_now, zone_min};
use crate::state::clock::{parse, when};
use crate::state::numbers::readable;
use crate::state::side::{Side, Standing};
use crate::state::store::Loaded;
use crate::state::words::{Tone, is_missed, live, logged, phase};
use contract::CallId;
use contract::view::CallView;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) missed_only: bool,
    pub(crate) selected: Option<CallId>,
    pub(crate) onselect: Callback<CallId>,
}

#[component]
pub(crate) fn CallList(props: &Props) -> Html {
    let desk = use_desk();
    let now = use_now(30_000);
    let eye = desk.eye();
    let book = &desk.store.book;
    let running: Vec<_> = book
        .live()
        .filter(|call| {
            !props.missed_only && eye.mine(call).is_some() && eye.standing(call) != Standing::Rings
        })
        .collect();
    let shown: Vec<_> = book
        .log()
        .iter()
        .filter(|call| {
            eye.side(call) != Side::Watcher && (!props.missed_only || is_missed(call, &eye))
        })
        .collect();
    let none = running.is_empty() && shown.is_empty();
    html! {
        <div class="list" data-testid="call-list">
            <ul>
                { for running.iter().rev().map(|call| row(&desk, call, props, now)) }
                { for shown.iter().map(|call| row(&desk, call, props, now)) }
            </ul>
            { foot(&desk, none, props.missed_only) }
        </div>
    }
}

fn row(desk: &Desk, call: &Rc<CallView>, props: &Props, now: i64) -> Html {
    let eye = desk.eye();
    let name = eye
        .other(call)
        .map_or_else(String::new, |leg| readable(&leg.name));
    let line = if call.is_live() {
        live(call, &eye)
    } else {
        logged(call, &eye, desk.store.book.rang_here(&call.id))
    };
    let onclick = {
        let (onselect, id) = (props.onselect.clone(), call.id.clone());
        move |_| onselect.emit(id.clone())
    };
    let current = props.selected.as_ref() == Some(&call.id)
        || desk.in_hand().is_some_and(|hand| hand.id == call.id);
    let missed = line.tone == Tone::Failed;
    let at = parse(&call.started_at).map(|at| when(at, now, zone_min()));
    html! {
        <li key={call.id.to_string()}>
            <button type="button" class={classes!("row", current.then_some("is-current"), missed.then_some("is-failed"))}
                aria-current={current.to_string()} data-testid="call-row" data-call={call.id.to_string()} {onclick}>
                <Avatar name={name.clone()} tone={if missed { Tone::Failed } else { Tone::Quiet }} />
                <span class="row-text"><strong>{ name }</strong><span class="quiet" data-testid="call-words">{ line.text }</span></span>
                if call.is_live() {
                    <Chip text={phase(call.phase).0} tone={line.tone} />
                } else {
                    <span class="row-when quiet">{ at }</span>
                }
            </button>
        </li>
    }
}

fn foot(desk: &Desk, none: bool, missed_only: bool) -> Html {
    match &desk.store.log {
        Loaded::Loading if none => {
            html! { <div class="list-foot" role="status" aria-label="Loading calls"><Spinner /></div> }
        }
        Loaded::Failed(words) => {
            let desk = desk.clone();
            let onclick = move |_| {
                let desk = desk.clone();
                spawn_local(async move { desk.read_log(None).await })
            };
            html! {
                <div class="list-foot" role="alert"><p>{ words }</p><Button variant={ButtonVariant::Secondary} label="Try again" {onclick} /></div>
            }
        }
        Loaded::Here(_) if none && missed_only => {
            html! { <p class="list-foot quiet">{ "No missed calls." }</p> }
        }
        Loaded::Here(None) if none => {
            html! { <p class="list-foot quiet">{ "No calls yet. Search for a person, or dial a number." }</p> }
        }
        Loaded::Here(Some(next)) => {
            let (desk, next) = (desk.clone(), next.clone());
            let onclick = move |_| {
                let (desk, next) = (desk.clone(), next.clone());
                spawn_local(async move { desk.read_log(Some(next)).await })
            };
            html! { <div class="list-foot"><Button variant={ButtonVariant::Link} label="Older calls" {onclick} /></div> }
        }
        Loaded::Loading | Loaded::Here(None) => Html::default(),
    }
}
