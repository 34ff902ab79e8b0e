//! Sound: the only place that speaks with the media module and with Web Audio.

mod bindings;
pub(crate) mod tones;

use crate::state::media::{Fault, MediaEvent, Quality, Stage};
use bindings::{Module, error_name};
use contract::api::Media;
use serde::Deserialize;
use std::cell::RefCell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use yew::Callback;

/// A microphone or a loudspeaker.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Device {
    /// The browser's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) label: String,
}

/// What can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Devices {
    /// To speak into.
    pub(crate) microphones: Vec<Device>,
    /// To hear with; empty where the browser lets nobody choose.
    pub(crate) speakers: Vec<Device>,
    /// The chosen microphone.
    #[serde(default)]
    pub(crate) microphone: String,
    /// The chosen loudspeaker.
    #[serde(default)]
    pub(crate) speaker: String,
}

/// What the module tells: a name and a value.
type Tell = Closure<dyn FnMut(JsValue, JsValue)>;

/// The sound of the call in hand.
pub(crate) struct Audio {
    module: RefCell<Option<Module>>,
    callbacks: RefCell<Vec<Tell>>,
}

impl Audio {
    /// Nothing is loaded and no microphone is asked for.
    pub(crate) fn new() -> Self {
        Self {
            module: RefCell::default(),
            callbacks: RefCell::default(),
        }
    }

    async fn module(&self) -> Result<Module, Fault> {
        if let Some(module) = self.module.borrow().as_ref() {
            return Ok(module.clone());
        }
        let loaded = JsFuture::from(bindings::load_media())
            .await
            .map_err(|_| Fault::NotLoaded)?;
        let module: Module = loaded.unchecked_into();
        *self.module.borrow_mut() = Some(module.clone());
        Ok(module)
    }

    /// Loads the module ahead of time: a call rings.
    pub(crate) async fn warm(&self) {
        // A failure shows when the call is answered.
        let _ = self.module().await;
    }

    /// Asks for the microphone and keeps it until [`Audio::leave`].
    pub(crate) async fn acquire(&self) -> Result<(), Fault> {
        settled(self.module().await?.acquire()).await
    }

    /// Enters a meeting. What happens there comes through `tell`.
    pub(crate) async fn join(
        &self,
        media: &Media,
        tell: Callback<MediaEvent>,
    ) -> Result<(), Fault> {
        let module = self.module().await?;
        let text =
            serde_json::json!({ "Meeting": media.meeting, "Attendee": media.attendee }).to_string();
        let closure = Closure::new(move |name: JsValue, value: JsValue| {
            if let Some(event) = name.as_string().and_then(|name| event(&name, &value)) {
                tell.emit(event);
            }
        });
        let joined = module.join(&text, closure.as_ref().unchecked_ref());
        // Kept as long as the page: the SDK may still speak while it is being taken down.
        self.callbacks.borrow_mut().push(closure);
        settled(joined).await
    }

    /// Leaves the meeting and lets go of the microphone.
    pub(crate) async fn leave(&self) {
        let module = self.module.borrow().clone();
        if let Some(module) = module {
            let _ = settled(module.leave()).await;
            self.callbacks.borrow_mut().clear();
        }
    }

    /// Switches the microphone.
    pub(crate) fn mute(&self, muted: bool) {
        if let Some(module) = self.module.borrow().as_ref() {
            module.mute(muted);
        }
    }

    /// Plays after a click where the browser had refused to.
    pub(crate) fn play(&self) {
        if let Some(module) = self.module.borrow().as_ref() {
            module.play();
        }
    }

    /// What can be chosen. Names are empty until a microphone was allowed once.
    pub(crate) async fn devices(&self) -> Result<Devices, Fault> {
        let listed = JsFuture::from(self.module().await?.devices())
            .await
            .map_err(|e| Fault::named(&error_name(&e)))?;
        serde_json::from_str(&listed.as_string().unwrap_or_default())
            .map_err(|_| Fault::ConnectFailed)
    }

    /// Speaks into another microphone, from now on.
    pub(crate) async fn choose_microphone(&self, id: &str) -> Result<(), Fault> {
        settled(self.module().await?.choose_microphone(id)).await
    }

    /// Plays on another loudspeaker, from now on.
    pub(crate) async fn choose_speaker(&self, id: &str) -> Result<(), Fault> {
        settled(self.module().await?.choose_speaker(id)).await
    }
}

async fn settled(promise: js_sys::Promise) -> Result<(), Fault> {
    JsFuture::from(promise)
        .await
        .map(drop)
        .map_err(|error| Fault::named(&error_name(&error)))
}

fn event(name: &str, value: &JsValue) -> Option<MediaEvent> {
    let number = |key: &str| {
        js_sys::Reflect::get(value, &key.into())
            .ok()
            .and_then(|v| v.as_f64())
            .unwrap_or(0.0)
    };
    Some(match name {
        "connected" => MediaEvent::Stage(Stage::Connected),
        "reconnecting" => MediaEvent::Stage(Stage::Reconnecting),
        "failed" => MediaEvent::Stage(Stage::Failed(Fault::named(
            &value.as_string().unwrap_or_default(),
        ))),
        "muted" => MediaEvent::Muted(value.is_truthy()),
        "talking-muted" => MediaEvent::TalkingMuted(value.is_truthy()),
        "silenced" => MediaEvent::Silenced(value.is_truthy()),
        "roster" => MediaEvent::Roster(serde_json::from_str(&value.as_string()?).ok()?),
        "quality" => MediaEvent::Quality(Quality {
            rtt_ms: number("rtt"),
            loss_percent: number("loss"),
        }),
        _ => return None,
    })
}
