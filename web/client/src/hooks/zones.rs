//! Clocks of other places, as the browser knows them (`Intl.DateTimeFormat`), and countries' working calendars, as the server does.

use super::{Desk, zone_min};
use crate::state::clock::{Millis, minutes_ahead, parse};
use crate::state::store::Action;
use contract::api::calendars::CalendarView;
use js_sys::{Array, Function, Object, Reflect};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

thread_local! {
    /// Formatters by zone; none for a zone that the browser does not know.
    static ZONES: RefCell<BTreeMap<String, Option<(JsValue, Function)>>> = const { RefCell::new(BTreeMap::new()) };
    /// Whether the calendars were asked for.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

fn constructor() -> Option<Function> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let format = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?;
    format.dyn_into().ok()
}

/// A formatter that writes `11/24/2026, 17:00:00` of that zone.
fn formatter(zone: &str) -> Option<(JsValue, Function)> {
    let options = Object::new();
    let set = |name: &str, value: &str| Reflect::set(&options, &name.into(), &value.into()).ok();
    set("timeZone", zone)?;
    set("hourCycle", "h23")?;
    for part in ["month", "day", "hour", "minute", "second"] {
        set(part, "2-digit")?;
    }
    set("year", "numeric")?;
    let object =
        Reflect::construct(&constructor()?, &Array::of2(&"en-US".into(), &options)).ok()?;
    let format = Reflect::get(&object, &"format".into()).ok()?;
    Some((object, format.dyn_into().ok()?))
}

/// What the clock of a zone is ahead of UTC at a moment, in minutes.
pub(crate) fn zone_ahead_min(zone: &str, at: Millis) -> Option<i32> {
    ZONES.with_borrow_mut(|zones| {
        let known = zones
            .entry(zone.to_owned())
            .or_insert_with(|| formatter(zone));
        let (object, format) = known.as_ref()?;
        let text = format.call1(object, &JsValue::from_f64(at as f64)).ok()?;
        let text = text.as_string()?;
        let (date, time) = text.split_once(", ")?;
        let mut parts = date.splitn(3, '/');
        let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
        Some(minutes_ahead(
            at,
            parse(&format!("{year}-{month}-{day}T{time}Z"))?,
        ))
    })
}

/// The browser's own zone: its name, and what its clock is ahead of UTC at a moment, in minutes.
pub(crate) fn own_zone(at: Millis) -> (Option<String>, i32) {
    let name = constructor().and_then(|format| {
        let object = Reflect::construct(&format, &Array::new()).ok()?;
        let resolved = Reflect::get(&object, &"resolvedOptions".into()).ok()?;
        let options = resolved.dyn_into::<Function>().ok()?.call0(&object).ok()?;
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    });
    let ahead = name.as_ref().and_then(|zone| zone_ahead_min(zone, at));
    (name, ahead.unwrap_or_else(zone_min))
}

/// A country's working calendar, once the server has told it.
#[hook]
pub(crate) fn use_calendar(desk: &Desk, country: Option<&str>) -> Option<Rc<CalendarView>> {
    let known = use_calendars(desk, country.is_some());
    let country = country?;
    known?.iter().find(|one| one.country == country).cloned()
}

/// The working calendars that the server has; asked for once, when they are first wanted.
#[hook]
pub(crate) fn use_calendars(desk: &Desk, wanted: bool) -> Option<Rc<Vec<Rc<CalendarView>>>> {
    let here = desk.store.calendars.clone();
    let asker = desk.clone();
    use_effect_with(here.is_none() && wanted, move |wanted| {
        if *wanted && !ASKED.replace(true) {
            spawn_local(async move {
                match asker.api.calendars().await {
                    Ok(told) => asker.dispatch.dispatch(Action::Calendars(told)),
                    // Deadlines are told by the browser's clock meanwhile.
                    Err(_) => ASKED.set(false),
                }
            });
        }
    });
    here
}
