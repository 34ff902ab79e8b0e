//! Countries' names, as the browser knows them (`Intl.DisplayNames`): no list of ours to keep.

use js_sys::{Array, Function, Object, Reflect};
use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};

/// A country's code (ISO 3166-1 alpha-2) and name.
pub(crate) type Country = (String, String);

/// Regions that the browser can name and that are no country one lives in.
const NOT_COUNTRIES: [&str; 7] = ["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"];

struct Names {
    object: JsValue,
    of: Function,
}

thread_local! {
    static NAMES: OnceCell<Option<Names>> = const { OnceCell::new() };
    static ALL: OnceCell<Rc<Vec<Country>>> = const { OnceCell::new() };
}

fn intl(name: &str) -> Option<Function> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    Reflect::get(&intl, &name.into()).ok()?.dyn_into().ok()
}

impl Names {
    fn make() -> Option<Self> {
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"region".into()).ok()?;
        Reflect::set(&options, &"fallback".into(), &"none".into()).ok()?;
        let arguments = Array::of2(&"en".into(), &options);
        let object = Reflect::construct(&intl("DisplayNames")?, &arguments).ok()?;
        let of = Reflect::get(&object, &"of".into()).ok()?.dyn_into().ok()?;
        Some(Self { object, of })
    }

    fn of(&self, code: &str) -> Option<String> {
        self.of.call1(&self.object, &code.into()).ok()?.as_string()
    }
}

fn known(code: &str) -> Option<String> {
    NAMES.with(|names| {
        names
            .get_or_init(Names::make)
            .as_ref()
            .and_then(|names| names.of(code))
    })
}

/// A country's name; its code if the browser has no name for it.
pub(crate) fn country(code: &str) -> String {
    known(code).unwrap_or_else(|| code.to_owned())
}

/// These countries with their names, in their order.
pub(crate) fn named(codes: Vec<String>) -> Vec<Country> {
    let with_name = |code: String| {
        let name = country(&code);
        (code, name)
    };
    codes.into_iter().map(with_name).collect()
}

/// Every country, by name.
pub(crate) fn countries() -> Rc<Vec<Country>> {
    ALL.with(|all| all.get_or_init(|| Rc::new(collect())).clone())
}

fn collect() -> Vec<Country> {
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
    let there = codes.filter(|code| !NOT_COUNTRIES.contains(&code.as_str()) && is_current(code));
    let mut countries: Vec<Country> = there
        .filter_map(|code| known(&code).map(|name| (code, name)))
        .collect();
    countries.sort_by(|a, b| a.1.cmp(&b.1));
    countries
}

/// Whether a code is in use: one that was replaced is known under another.
fn is_current(code: &str) -> bool {
    let canonical = intl("Locale").and_then(|locale| {
        let tag = Array::of1(&format!("und-{code}").into());
        let locale = Reflect::construct(&locale, &tag).ok()?;
        Reflect::get(&locale, &"region".into()).ok()?.as_string()
    });
    canonical.is_none_or(|canonical| canonical == code)
}
