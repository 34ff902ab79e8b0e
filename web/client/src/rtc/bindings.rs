//! The media module as Rust sees it.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/rtc/load.js")]
extern "C" {
    /// Loads the media module, once.
    #[wasm_bindgen(js_name = loadMedia)]
    pub(super) fn load_media() -> js_sys::Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The exports of `web/media/src/media.js`.
    #[derive(Clone)]
    pub(super) type Module;

    #[wasm_bindgen(method)]
    pub(super) fn acquire(this: &Module) -> js_sys::Promise;
    #[wasm_bindgen(method)]
    pub(super) fn join(this: &Module, joining: &str, tell: &js_sys::Function) -> js_sys::Promise;
    #[wasm_bindgen(method)]
    pub(super) fn leave(this: &Module) -> js_sys::Promise;
    #[wasm_bindgen(method)]
    pub(super) fn mute(this: &Module, muted: bool);
    #[wasm_bindgen(method)]
    pub(super) fn play(this: &Module);
    #[wasm_bindgen(method)]
    pub(super) fn devices(this: &Module) -> js_sys::Promise;
    #[wasm_bindgen(method, js_name = chooseMicrophone)]
    pub(super) fn choose_microphone(this: &Module, id: &str) -> js_sys::Promise;
    #[wasm_bindgen(method, js_name = chooseSpeaker)]
    pub(super) fn choose_speaker(this: &Module, id: &str) -> js_sys::Promise;
}

/// The `name` of a thrown error.
pub(super) fn error_name(error: &JsValue) -> String {
    js_sys::Reflect::get(error, &"name".into())
        .ok()
        .and_then(|name| name.as_string())
        .unwrap_or_default()
}
