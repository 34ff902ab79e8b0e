//! Tones made by Web Audio: the ringtone, the ringback, keys, busy. No file is fetched for them.

use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::{AudioContext, AudioContextState, OscillatorType};

/// What plays until it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loop {
    /// A call rings here.
    Ringtone,
    /// It rings at the other side: 425 Hz, 1 s on, 4 s off (ITU-T E.180).
    Ringback,
}

/// One sound: frequencies in Hz, begin and length in seconds, loudness of 0 to 1.
struct Note<'a>(&'a [f32], f64, f64, f32);

const RINGTONE: [Note<'_>; 4] = [
    Note(&[587.3], 0.0, 0.16, 0.12),
    Note(&[880.0], 0.18, 0.16, 0.12),
    Note(&[587.3], 0.36, 0.16, 0.12),
    Note(&[880.0], 0.54, 0.34, 0.12),
];
const RINGBACK: [Note<'_>; 1] = [Note(&[425.0], 0.0, 1.0, 0.06)];
const BUSY: [Note<'_>; 3] = [
    Note(&[425.0], 0.0, 0.5, 0.06),
    Note(&[425.0], 1.0, 0.5, 0.06),
    Note(&[425.0], 2.0, 0.5, 0.06),
];
/// Length of a key's tone, in seconds.
const KEY_S: f64 = 0.12;

/// What sounds now; disconnected, it is silent.
type Sounding = Rc<RefCell<Option<web_sys::GainNode>>>;

/// The sounds of this page.
#[derive(Default)]
pub(crate) struct Tones {
    context: RefCell<Option<AudioContext>>,
    playing: RefCell<Option<(Loop, Interval, Sounding)>>,
}

impl Tones {
    fn context(&self) -> Option<AudioContext> {
        let mut context = self.context.borrow_mut();
        if context.is_none() {
            *context = AudioContext::new().ok();
        }
        context.clone()
    }

    /// Whether the browser waits for a click before it plays anything.
    pub(crate) fn blocked(&self) -> bool {
        self.context()
            .is_some_and(|context| context.state() == AudioContextState::Suspended)
    }

    /// A click or key came: sound may start.
    pub(crate) fn unlock(&self) {
        if let Some(context) = self.context.borrow().as_ref() {
            let _ = context.resume();
        }
    }

    /// Unlocks at every click and key, as long as the listeners live.
    pub(crate) fn unlock_by_gesture(self: &Rc<Self>) -> Vec<EventListener> {
        let Some(window) = web_sys::window() else {
            return Vec::new();
        };
        ["pointerdown", "keydown"]
            .into_iter()
            .map(|kind| {
                let tones = self.clone();
                EventListener::new(&window, kind, move |_| tones.unlock())
            })
            .collect()
    }

    /// Plays until [`Tones::stop`]; the same loop again changes nothing.
    pub(crate) fn start(self: &Rc<Self>, wanted: Loop) {
        if self
            .playing
            .borrow()
            .as_ref()
            .is_some_and(|(now, ..)| *now == wanted)
        {
            return;
        }
        self.stop();
        let (notes, period_ms): (&'static [Note<'static>], u32) = match wanted {
            Loop::Ringtone => (&RINGTONE, 2_600),
            Loop::Ringback => (&RINGBACK, 5_000),
        };
        let Some(context) = self.context() else {
            return;
        };
        let gain = Rc::new(RefCell::new(burst(&context, notes).ok()));
        let again = gain.clone();
        let interval = Interval::new(period_ms, move || {
            *again.borrow_mut() = burst(&context, notes).ok()
        });
        *self.playing.borrow_mut() = Some((wanted, interval, gain));
    }

    /// Silence, at once.
    pub(crate) fn stop(&self) {
        if let Some((_, interval, gain)) = self.playing.borrow_mut().take() {
            interval.cancel();
            if let Some(gain) = gain.borrow().as_ref() {
                let _ = gain.disconnect();
            }
        }
    }

    /// The tone of a dial-pad key (ITU-T Q.23).
    pub(crate) fn key(&self, key: char) {
        let Some(at) = "123A456B789C*0#D".find(key) else {
            return;
        };
        let (row, column) = (
            [697.0, 770.0, 852.0, 941.0][at / 4],
            [1209.0, 1336.0, 1477.0, 1633.0][at % 4],
        );
        if let Some(context) = self.context() {
            let _ = burst(&context, &[Note(&[row, column], 0.0, KEY_S, 0.05)]);
        }
    }

    /// The call did not come about.
    pub(crate) fn busy(&self) {
        if let Some(context) = self.context() {
            let _ = burst(&context, &BUSY);
        }
    }
}

/// Plays notes now; what comes back silences them when it is disconnected.
fn burst(context: &AudioContext, notes: &[Note<'_>]) -> Result<web_sys::GainNode, JsValue> {
    let out = context.create_gain()?;
    out.connect_with_audio_node(&context.destination())?;
    let now = context.current_time() + 0.02;
    for Note(frequencies, begin, length, loudness) in notes {
        let (begin, end) = (now + begin, now + begin + length);
        let gain = context.create_gain()?;
        gain.connect_with_audio_node(&out)?;
        // Short slopes: a tone that is cut clicks.
        gain.gain().set_value_at_time(0.0, begin)?;
        gain.gain()
            .linear_ramp_to_value_at_time(*loudness, begin + 0.012)?;
        gain.gain().set_value_at_time(*loudness, end - 0.02)?;
        gain.gain().linear_ramp_to_value_at_time(0.0, end)?;
        for frequency in *frequencies {
            let oscillator = context.create_oscillator()?;
            oscillator.set_type(OscillatorType::Sine);
            oscillator.frequency().set_value(*frequency);
            oscillator.connect_with_audio_node(&gain)?;
            oscillator.start_with_when(begin)?;
            oscillator.stop_with_when(end + 0.05)?;
        }
    }
    Ok(out)
}
