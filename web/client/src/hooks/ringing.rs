//! What a ringing call does besides the toast: the ringtone, the page's title, a notification of the system.

use super::Desk;
use crate::rtc::tones::Loop;
use crate::state::numbers::readable;
use crate::state::side::{Eye, Side};
use contract::view::{CallView, Outcome, Phase};
use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Notification, NotificationOptions, NotificationPermission, VisibilityState};
use yew::prelude::*;

const TITLE: &str = "Strowger";
const FLASH_MS: u32 = 900;

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// Whether somebody sees the page.
pub(crate) fn seen() -> bool {
    document().is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
}

fn title(text: &str) {
    if let Some(document) = document() {
        document.set_title(text);
    }
}

/// Rings, as long as something rings; plays what a caller should hear.
#[hook]
pub(crate) fn use_ringing(desk: &Desk) {
    let eye = desk.eye();
    let ringing = desk.ringing();
    let answering = desk.store.answering.clone();
    let first = ringing
        .iter()
        .find(|call| answering.as_ref() != Some(&call.id));
    let in_hand = desk.in_hand();
    let called = in_hand
        .as_ref()
        .is_some_and(|call| call.phase == Phase::Ringing && eye.side(call) == Side::Caller);
    let wanted = match (first, &in_hand) {
        // A ringtone over a conversation would be heard by both: the toast is enough.
        (Some(_), None) => Some(Loop::Ringtone),
        (Some(_) | None, Some(_)) if called => Some(Loop::Ringback),
        (Some(_), Some(_)) | (None, _) => None,
    };
    let tones = desk.tones.clone();
    use_effect_with(wanted, move |wanted| match wanted {
        Some(tone) => tones.start(*tone),
        None => tones.stop(),
    });

    let audio = desk.audio.clone();
    use_effect_with(first.is_some(), move |rings| {
        if *rings {
            spawn_local(async move { audio.warm().await });
        }
    });

    let who = first.map(|call| (call.id.clone(), who(call, &eye)));
    use_effect_with(who, |who| {
        let flash = who.as_ref().map(|(_, name)| Flash::new(name));
        move || drop(flash)
    });
}

fn who(call: &CallView, eye: &Eye) -> String {
    eye.other(call)
        .map_or_else(|| "Somebody".to_owned(), |leg| readable(&leg.name))
}

/// A title that blinks and, if the page is not seen, a notification. Both end when it is dropped.
struct Flash {
    _interval: Interval,
    notification: Option<Notification>,
}

impl Flash {
    fn new(name: &str) -> Self {
        let words = format!("{name} calls");
        title(&words);
        let mut on = true;
        let blinking = words.clone();
        let interval = Interval::new(FLASH_MS, move || {
            on = !on;
            title(if on { &blinking } else { TITLE });
        });
        let allowed = !seen() && Notification::permission() == NotificationPermission::Granted;
        let options = NotificationOptions::new();
        options.set_body("Open the page to answer.");
        options.set_tag("strowger-call");
        let notification = allowed
            .then(|| Notification::new_with_options(&words, &options).ok())
            .flatten();
        Self {
            _interval: interval,
            notification,
        }
    }
}

impl Drop for Flash {
    fn drop(&mut self) {
        title(TITLE);
        if let Some(notification) = &self.notification {
            notification.close();
        }
    }
}

/// The busy tone, once, when a call of ours did not come about.
#[hook]
pub(crate) fn use_busy_tone(desk: &Desk) {
    let eye = desk.eye();
    let ended = desk.store.book.ended();
    let refused = ended
        .filter(|call| eye.side(call) == Side::Caller)
        .is_some_and(|call| match call.outcome {
            Some(Outcome::Busy | Outcome::NoAnswer | Outcome::Declined | Outcome::NotSignedIn) => {
                true
            }
            Some(
                Outcome::NoSuchNumber
                | Outcome::Closed
                | Outcome::Unreachable
                | Outcome::NotAllowed
                | Outcome::Failed,
            ) => true,
            Some(Outcome::Completed | Outcome::Cancelled | Outcome::Lost) | None => false,
        });
    let tones = desk.tones.clone();
    use_effect_with(
        (refused, ended.map(|call| call.id.clone())),
        move |(refused, _)| {
            if *refused {
                tones.busy();
            }
        },
    );
}
