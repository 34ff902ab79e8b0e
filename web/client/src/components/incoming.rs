//! Calls that ring here, and for some seconds what became of them.

use super::Avatar;
use crate::hooks::{Desk, use_desk, use_now};
use crate::state::book::{Notice, NoticeKind};
use crate::state::clock::parse;
use crate::state::numbers::readable;
use crate::state::store::Action;
use crate::state::words::{Tone, logged};
use contract::view::CallView;
use lucide_yew::{Phone, PhoneOff};
use std::rc::Rc;
use yew::prelude::*;

#[component]
pub(crate) fn IncomingStack() -> Html {
    let desk = use_desk();
    let now = use_now(500);
    let (ringing, notices) = (desk.ringing(), desk.store.book.notices().to_vec());
    {
        let dispatch = desk.dispatch.clone();
        let due = notices.iter().any(|notice| notice.until <= now);
        use_effect_with(due, move |due| {
            if *due {
                dispatch.dispatch(Action::Tick(crate::hooks::now()));
            }
        });
    }
    html! {
        <div class="incoming-stack" data-testid="incoming-stack">
            { for notices.iter().map(|notice| said(&desk, notice)) }
            { for ringing.iter().rev().map(|call| html! { <Incoming key={call.id.to_string()} call={call.clone()} {now} /> }) }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct Props {
    call: Rc<CallView>,
    now: i64,
}

#[component]
fn Incoming(props: &Props) -> Html {
    let desk = use_desk();
    let call = &props.call;
    let answer = use_node_ref();
    {
        // The answer button gets the focus, and gives it back when the call is over. Who types is left alone.
        let answer = answer.clone();
        use_effect_with((), move |()| {
            let before = active();
            let busy = before.as_ref().is_some_and(|element| {
                matches!(element.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
            });
            if !busy && let Some(button) = answer.cast::<web_sys::HtmlElement>() {
                let _ = button.focus();
            }
            move || {
                if !busy && let Some(before) = before {
                    let _ = before.focus();
                }
            }
        });
    }
    let other = desk.eye().other(call).cloned();
    let name = other
        .as_ref()
        .map_or_else(|| "Unknown caller".to_owned(), |leg| readable(&leg.name));
    let number = other
        .and_then(|leg| leg.number)
        .map(|number| readable(number.as_str()))
        .filter(|number| *number != name);
    let to = call
        .dialled
        .as_ref()
        .map(|number| format!("to your number {}", readable(number.as_str())));
    let line = number.into_iter().chain(to).collect::<Vec<_>>().join(", ");
    let rings = call
        .ringing_at
        .as_deref()
        .and_then(parse)
        .map_or(0, |at| (props.now - at).max(0) / 1000);
    let busy = desk.in_hand().is_some();
    let answering = desk.store.answering.as_ref() == Some(&call.id);
    let label = match (answering, busy) {
        (true, _) => "Answering",
        (false, true) => "End and answer",
        (false, false) => "Answer",
    };
    let on_answer = {
        let (desk, id) = (desk.clone(), call.id.clone());
        move |_| desk.answer(&id)
    };
    let on_decline = {
        let (desk, id) = (desk.clone(), call.id.clone());
        move |_| desk.decline(&id)
    };
    html! {
        <section class="card incoming" role="alertdialog" aria-label={format!("Incoming call from {name}")} data-testid="incoming" data-call={call.id.to_string()}>
            <div class="incoming-head">
                <Avatar name={name.clone()} tone={Tone::Waits} />
                <div class="row-text"><strong data-testid="incoming-name">{ name }</strong><span class="quiet" data-testid="incoming-line">{ if line.is_empty() { "calls you".to_owned() } else { line } }</span></div>
                <span class="chip is-waits figures" data-testid="incoming-seconds">{ format!("Ringing {rings} s") }</span>
            </div>
            <div class="actions">
                <button ref={answer} type="button" class="pill is-answer" aria-keyshortcuts="A" data-testid="answer" disabled={answering} onclick={on_answer}><Phone size={18} />{ label }</button>
                <button type="button" class="pill is-decline" aria-keyshortcuts="Escape" data-testid="decline" disabled={answering} onclick={on_decline}><PhoneOff size={18} />{ "Decline" }</button>
            </div>
        </section>
    }
}

fn active() -> Option<web_sys::HtmlElement> {
    use wasm_bindgen::JsCast;
    web_sys::window()?
        .document()?
        .active_element()?
        .dyn_into()
        .ok()
}

fn said(desk: &Desk, notice: &Notice) -> Html {
    let eye = desk.eye();
    let name = eye
        .other(&notice.call)
        .map_or_else(String::new, |leg| readable(&leg.name));
    let words = match notice.kind {
        NoticeKind::AnsweredElsewhere => eye.taken_by(&notice.call).map_or_else(
            || "Answered elsewhere".to_owned(),
            |name| format!("Answered by {name}"),
        ),
        NoticeKind::Over => logged(&notice.call, &eye, true).text,
    };
    html! {
        <section key={format!("said-{}", notice.call.id)} class="card incoming is-notice" role="status" data-testid="notice">
            <Avatar name={name.clone()} />
            <div class="row-text"><strong>{ name }</strong><span class="quiet">{ words }</span></div>
        </section>
    }
}
