//! The keyboard of the whole page.

use super::Desk;
use crate::state::keys::{Key, Situation, Wish, wish};
use crate::state::side::has_phone;
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

/// The id of the search field.
pub(crate) const SEARCH: &str = "search";

/// What is open, and how that changes.
#[derive(Clone, PartialEq)]
pub(crate) struct Panels {
    /// The pad of the call in hand.
    pub(crate) pad: UseStateHandle<bool>,
    /// The help.
    pub(crate) help: UseStateHandle<bool>,
}

fn typing(event: &KeyboardEvent) -> bool {
    let element = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.is_content_editable()
    })
}

/// Does what keys ask for.
#[hook]
pub(crate) fn use_keyboard(desk: &Desk, panels: &Panels) {
    let parts = (desk.clone(), *panels.pad, *panels.help);
    let panels = panels.clone();
    use_effect_with(parts, move |(desk, pad_open, help_open)| {
        let (desk, pad_open, help_open) = (desk.clone(), *pad_open, *help_open);
        let listener = web_sys::window().map(|window| {
            EventListener::new_with_options(
                &window,
                "keydown",
                EventListenerOptions::enable_prevent_default(),
                move |event| {
                    let Some(event) = event
                        .dyn_ref::<KeyboardEvent>()
                        .filter(|event| !event.repeat())
                    else {
                        return;
                    };
                    let in_hand = desk.in_hand();
                    let at = Situation {
                        typing: typing(event),
                        ringing: !desk.ringing().is_empty(),
                        in_call: in_hand.is_some(),
                        phone: in_hand.as_ref().is_some_and(|call| has_phone(call)),
                        pad_open,
                        help_open,
                    };
                    let name = event.key();
                    let key = Key {
                        name: &name,
                        control: event.ctrl_key() || event.meta_key(),
                        alt: event.alt_key(),
                    };
                    if let Some(wish) = wish(key, at) {
                        event.prevent_default();
                        fulfil(wish, &desk, &panels);
                    }
                },
            )
        });
        move || drop(listener)
    });
}

fn fulfil(wish: Wish, desk: &Desk, panels: &Panels) {
    let (rings, in_hand) = (desk.ringing().first().cloned(), desk.in_hand());
    match wish {
        Wish::Answer => rings.iter().for_each(|call| desk.answer(&call.id)),
        Wish::Decline => rings.iter().for_each(|call| desk.decline(&call.id)),
        Wish::Mute => desk.mute(),
        Wish::Keypad => panels.pad.set(!*panels.pad),
        Wish::Digit(key) => in_hand.iter().for_each(|call| desk.press(&call.id, key)),
        Wish::Search => super::browser::focus(SEARCH),
        Wish::Help => panels.help.set(true),
        Wish::Close => {
            panels.help.set(false);
            panels.pad.set(false);
        }
    }
}
