//! Small things that only a browser knows.

use contract::DeviceId;
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use web_sys::Storage;
use yew::prelude::*;

const DEVICE: &str = "strowger.device";

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Local time minus UTC, in minutes.
pub(crate) fn zone_min() -> i32 {
    -(js_sys::Date::new_0().get_timezone_offset() as i32)
}

/// `2026-11-24T10:00` of this browser's zone with its offset then: `2026-11-24T10:00:00+01:00`.
pub(crate) fn with_offset(local: &str) -> Option<String> {
    let date = js_sys::Date::new(&local.into());
    if date.get_time().is_nan() {
        return None;
    }
    let zone_min = -(date.get_timezone_offset() as i32);
    let sign = if zone_min < 0 { '-' } else { '+' };
    let (hours, minutes) = (zone_min.abs() / 60, zone_min.abs() % 60);
    let seconds = if local.len() == 16 { ":00" } else { "" };
    Some(format!("{local}{seconds}{sign}{hours:02}:{minutes:02}"))
}

/// What was kept for this tab under a name.
pub(crate) fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps a text for this tab under a name, or with `None` forgets it.
pub(crate) fn keep(name: &str, text: Option<&str>) {
    if let Some(storage) = storage() {
        let _ = match text {
            Some(text) => storage.set_item(name, text),
            None => storage.remove_item(name),
        };
    }
}

/// The time, drawn anew every `period_ms`.
#[hook]
pub(crate) fn use_now(period_ms: u32) -> i64 {
    let time = use_state(now);
    let setter = time.setter();
    use_effect_with(period_ms, move |period_ms| {
        let interval = Interval::new(*period_ms, move || setter.set(now()));
        move || drop(interval)
    });
    *time
}

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// This tab's id. It survives a reload, so that a call goes on where it was, but is not copied into a second tab:
/// while the page is open the storage does not have it.
pub(crate) fn device() -> DeviceId {
    let kept = storage().and_then(|storage| storage.get_item(DEVICE).ok().flatten());
    let id = kept.unwrap_or_else(|| format!("web-{}", &crate::api::random_text()[..20]));
    if let (Some(storage), Some(window)) = (storage(), web_sys::window()) {
        let _ = storage.remove_item(DEVICE);
        let keep = id.clone();
        let listener = EventListener::new(&window, "pagehide", move |_| {
            let _ = storage.set_item(DEVICE, &keep);
        });
        // A page that comes back from the browser's cache is the same tab.
        let back = EventListener::new(&window, "pageshow", |_| {
            let _ = self::storage().map(|storage| storage.remove_item(DEVICE));
        });
        listener.forget();
        back.forget();
    }
    DeviceId::from(id)
}

const MARK: &str = "strowger.session";

fn lasting() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// Whether this browser has had a session that was not ended.
pub(crate) fn marked() -> bool {
    lasting()
        .and_then(|storage| storage.get_item(MARK).ok().flatten())
        .is_some()
}

/// Leaves the mark, or takes it away.
pub(crate) fn mark(signed_in: bool) {
    if let Some(storage) = lasting() {
        let _ = if signed_in {
            storage.set_item(MARK, "1")
        } else {
            storage.remove_item(MARK)
        };
    }
}

/// Calls when another tab takes the mark away.
pub(crate) fn on_mark_removed(told: impl Fn() + 'static) -> Option<EventListener> {
    // The event comes only to the other tabs.
    let window = web_sys::window()?;
    Some(EventListener::new(&window, "storage", move |event| {
        let key = js_sys::Reflect::get(event, &"key".into())
            .ok()
            .and_then(|key| key.as_string());
        if key.as_deref() == Some(MARK) && !marked() {
            told();
        }
    }))
}

/// Whether a media query holds, and when that changes.
#[hook]
pub(crate) fn use_media(query: &'static str) -> bool {
    let list = use_memo((), |()| {
        web_sys::window().and_then(|window| window.match_media(query).ok().flatten())
    });
    let holds = use_state(|| list.as_ref().as_ref().is_some_and(|list| list.matches()));
    let setter = holds.setter();
    use_effect_with((), move |()| {
        let listener = list.as_ref().as_ref().map(|list| {
            let watched = list.clone();
            EventListener::new(list, "change", move |_| setter.set(watched.matches()))
        });
        move || drop(listener)
    });
    *holds
}

/// Puts the focus on the element with this id.
pub(crate) fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    if let Some(element) =
        element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = element.focus();
    }
}

/// Lets the component library draw dark when the system does.
#[hook]
pub(crate) fn use_theme() {
    let dark = use_media("(prefers-color-scheme: dark)");
    use_effect_with(dark, |dark| {
        let root = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.document_element());
        if let Some(root) = root {
            let _ = root
                .class_list()
                .toggle_with_force("pf-v6-theme-dark", *dark);
        }
    });
}
