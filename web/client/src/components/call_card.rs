//! The call in hand: who, how long, how well, and what can be done.

use super::{Avatar, Bars, Keys};
use crate::hooks::{Desk, use_desk, use_now};
use crate::state::clock::{parse, timer};
use crate::state::numbers::readable;
use crate::state::side::{Eye, Side, has_phone};
use crate::state::words::{Tone, live};
use contract::view::{CallView, LegKind, Phase};
use lucide_yew::{Grip, Mic, MicOff, PhoneOff};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) call: Rc<CallView>,
    /// Whether the pad is open.
    pub(crate) pad: UseStateHandle<bool>,
}

#[component]
pub(crate) fn CallCard(props: &Props) -> Html {
    let desk = use_desk();
    let now = use_now(250);
    let (call, eye) = (&props.call, desk.eye());
    let name = eye
        .other(call)
        .map_or_else(|| "Unknown".to_owned(), |leg| readable(&leg.name));
    let line = live(call, &eye);
    let tone = if call.phase == Phase::Talking {
        Tone::Quiet
    } else {
        line.tone
    };
    let clock = match &call.answered_at {
        Some(at) if call.phase != Phase::Connecting => timer(now - parse(at).unwrap_or(now)),
        Some(_) | None => line.text.clone(),
    };
    let running = call.phase == Phase::Talking;
    html! {
        <section class="card call" aria-label="Call in hand" data-testid="call" data-phase={format!("{:?}", call.phase).to_lowercase()}>
            <div class="call-head">
                <Avatar name={name.clone()} large=true {tone} />
                <div class="call-who">
                    <h1 data-testid="call-name">{ &name }</h1>
                    <p class="quiet">{ numbers(call, &eye, &name) }</p>
                    if let Some(signal) = desk.store.media.signal() { <Bars {signal} /> }
                </div>
                <div class={classes!("call-timer", running.then_some("is-running"))} role={running.then_some("timer")} data-testid="call-timer">{ clock }</div>
            </div>
            <p class="visually-hidden" role="status" data-testid="call-status">{ format!("{}: {}", name, line.text) }</p>
            if desk.store.media.talking_muted {
                <p class="hint is-waits" role="status" data-testid="muted-hint"><MicOff size={16} />{ " You are muted while talking. Press M to unmute." }</p>
            }
            if !call.digits.is_empty() {
                <p class="hint" data-testid="digits-heard">{ "Keys pressed on the phone: " }<strong class="figures">{ &call.digits }</strong></p>
            }
            { buttons(&desk, call, &props.pad) }
            if *props.pad && has_phone(call) {
                <Keys onpress={let (desk, id) = (desk.clone(), call.id.clone()); move |key| desk.press(&id, key)} />
            }
        </section>
    }
}

fn numbers(call: &CallView, eye: &Eye, name: &str) -> String {
    let other = eye.other(call);
    let number = other
        .and_then(|leg| leg.number.as_ref())
        .map(|number| readable(number.as_str()));
    let mut parts: Vec<String> = number.filter(|number| number != name).into_iter().collect();
    let dialled = call
        .dialled
        .as_ref()
        .map(|number| readable(number.as_str()));
    match (eye.side(call), dialled) {
        (Side::Callee, Some(dialled)) => parts.push(format!("to your number {dialled}")),
        (Side::Caller, Some(dialled)) if !parts.contains(&dialled) && dialled != name => {
            parts.push(dialled)
        }
        (Side::Caller | Side::Callee | Side::Watcher, _) => {}
    }
    if other.is_some_and(|leg| leg.kind == LegKind::Client) && parts.is_empty() {
        parts.push("In their browser".to_owned());
    }
    parts.join("  \u{b7}  ")
}

fn buttons(desk: &Desk, call: &Rc<CallView>, pad: &UseStateHandle<bool>) -> Html {
    let muted = desk.store.media.muted;
    let mute = {
        let desk = desk.clone();
        move |_: MouseEvent| desk.mute()
    };
    let keypad = {
        let pad = pad.clone();
        move |_: MouseEvent| pad.set(!*pad)
    };
    let hang_up = {
        let (desk, id) = (desk.clone(), call.id.clone());
        move |_: MouseEvent| desk.hang_up(&id)
    };
    let ending = matches!(call.phase, Phase::Ending | Phase::Ended);
    html! {
            <div class="call-buttons">
                <button type="button" class={classes!("round", muted.then_some("is-on"))} aria-pressed={muted.to_string()}
                    aria-label="Mute" aria-keyshortcuts="M" data-testid="mute" onclick={mute}>
                    <span class="round-face">if muted { <MicOff size={22} /> } else { <Mic size={22} /> }</span>
                    <span aria-hidden="true">{ if muted { "Muted" } else { "Mute" } }</span>
                </button>
                if has_phone(call) {
    <button type="button" class={classes!("round", (**pad).then_some("is-on"))} aria-expanded={pad.to_string()}
                    aria-label="Keypad" aria-keyshortcuts="D" data-testid="open-keypad" onclick={keypad}>
                    <span class="round-face"><Grip size={22} /></span>
                    <span aria-hidden="true">{ "Keypad" }</span>
                </button>
    }
                <button type="button" class="round is-end" aria-label="Hang up" data-testid="hang-up" onclick={hang_up} disabled={ending}>
                    <span class="round-face"><PhoneOff size={22} /></span>
                    <span aria-hidden="true">{ "Hang up" }</span>
                </button>
            </div>
        }
}
