//! What happened to a request, and what was said about it.

use super::Chip;
use crate::api::Failure;
use crate::hooks::api_keys::use_key_names;
use crate::hooks::{use_desk, use_now, zone_min};
use crate::state::api_keys::program;
use crate::state::clock::{moment, parse};
use crate::state::request_words::{age, party};
use crate::state::words::Tone;
use contract::api::keys::ApiKeyView;
use contract::request::{Entry, Party, RequestView};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Longest comment, in characters, as the API has it.
const COMMENT_MAX: usize = 2_000;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) view: Rc<RequestView>,
    /// Whether the one who looks may say something.
    pub(crate) may_comment: bool,
    /// Whether the carrier's people can be told.
    pub(crate) reaches_carrier: bool,
}

#[component]
pub(crate) fn Entries(props: &Props) -> Html {
    let desk = use_desk();
    let now = use_now(10_000);
    let mut people = props
        .view
        .timeline
        .iter()
        .filter_map(|entry| entry.person.as_ref());
    let keys = use_key_names(&desk, people.any(|person| person.key().is_some()));
    let lines = props.view.timeline.iter().rev();
    html! {
        <section class="card entries" aria-label="What happened" data-testid="entries">
            <h2>{ "What happened" }</h2>
            if props.may_comment { <Say view={props.view.clone()} reaches_carrier={props.reaches_carrier} /> }
            <ol>{ for lines.map(|entry| line(entry, &keys, now)) }</ol>
        </section>
    }
}

fn line(entry: &Entry, keys: &[ApiKeyView], now: i64) -> Html {
    let at = parse(&entry.at).unwrap_or(now);
    let program = entry
        .person
        .as_ref()
        .and_then(|person| program(person, keys));
    let tone = match entry.by {
        Party::Customer | Party::Operator => Tone::Well,
        Party::Carrier => Tone::Waits,
        Party::Platform => Tone::Quiet,
    };
    html! {
        <li class={classes!("entry", entry.is_comment.then_some("is-comment"))} data-testid="entry">
            <div class="entry-head"><Chip text={party(entry.by)} {tone} /><time datetime={entry.at.clone()} class="quiet">{ moment(at, zone_min()) }{ ", " }{ age(now - at) }{ " ago" }</time>
                if let Some(program) = program { <span class="quiet" data-testid="entry-key">{ "by " }{ program }</span> }</div>
            <p>{ &entry.text }</p>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct SayProps {
    view: Rc<RequestView>,
    reaches_carrier: bool,
}

/// The field to say something to everybody who sees the request.
#[component]
fn Say(props: &SayProps) -> Html {
    let desk = use_desk();
    let text = use_state(String::new);
    let sending = use_state(|| false);
    let to_carrier = use_state(|| false);
    let refused = use_state(|| None::<String>);
    let oninput = {
        let text = text.clone();
        move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value())
        }
    };
    let ontick = {
        let to_carrier = to_carrier.clone();
        move |event: Event| {
            to_carrier.set(event.target_unchecked_into::<HtmlInputElement>().checked())
        }
    };
    let long = text.chars().count() > COMMENT_MAX;
    let onsubmit = {
        let (text, sending, id) = (text.clone(), sending.clone(), props.view.id.clone());
        let (refused, to_carrier) = (refused.clone(), *to_carrier && props.reaches_carrier);
        move |event: SubmitEvent| {
            event.prevent_default();
            let (desk, text, sending, id) =
                (desk.clone(), text.clone(), sending.clone(), id.clone());
            let refused = refused.clone();
            sending.set(true);
            spawn_local(async move {
                match desk.say(&id, text.trim(), to_carrier).await {
                    Ok(()) => {
                        text.set(String::new());
                        refused.set(None);
                    }
                    Err(Failure::SessionOver) => desk.failed(&Failure::SessionOver),
                    Err(failure) => refused.set(Some(failure.words())),
                }
                sending.set(false);
            });
        }
    };
    html! {
        <form class="say" {onsubmit}>
            <textarea id="say" class="control" rows="2" aria-label="Comment" placeholder="Say something to everybody who sees this" value={(*text).clone()} {oninput} />
            if props.reaches_carrier {
                <label class="tick"><input type="checkbox" class="check" checked={*to_carrier} onchange={ontick} />{ "The carrier\u{2019}s people read it too" }</label>
            }
            if let Some(words) = &*refused { <p class="form-wrong" role="alert">{ words }</p> }
            if long { <p class="form-wrong" role="alert">{ "At most 2,000 characters." }</p> }
            <Button r#type={ButtonType::Submit} variant={ButtonVariant::Secondary} label="Comment" disabled={*sending || long || text.trim().is_empty()} />
        </form>
    }
}
