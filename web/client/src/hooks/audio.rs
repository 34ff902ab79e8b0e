//! Enters the meeting of the call in hand when it is time, and leaves it when the call is over.

use super::Desk;
use crate::api::Failure;
use crate::state::media::{Fault, MediaEvent, Stage};
use crate::state::store::Action;
use contract::CallId;
use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often the server is asked for the meeting before we give up.
const ATTEMPTS: u32 = 24;
/// The wait between, in milliseconds.
const WAIT_MS: u32 = 400;

/// Follows the call in hand with its sound. `again` counts up when the user wants another try.
#[hook]
pub(crate) fn use_audio(desk: &Desk, again: u32) {
    let eye = desk.eye();
    let in_hand = desk.in_hand();
    let talks = in_hand
        .as_ref()
        .filter(|call| eye.should_talk(call))
        .map(|call| call.id.clone());
    let joiner = desk.clone();
    use_effect_with((talks, again), move |(talks, _)| {
        let stopped = Rc::new(Cell::new(false));
        if let Some(call) = talks.clone() {
            let stopped = stopped.clone();
            spawn_local(async move { joiner.join(call, stopped).await });
        }
        move || stopped.set(true)
    });

    // The microphone is held from the first wish to talk until nothing is in hand any more.
    let busy = in_hand.is_some() || desk.store.dialling.is_some() || desk.store.answering.is_some();
    let leaver = desk.clone();
    use_effect_with(busy, move |busy| {
        if !busy {
            spawn_local(async move {
                leaver.audio.leave().await;
                if !matches!(
                    leaver.store.media.stage,
                    Stage::Failed(
                        Fault::Denied
                            | Fault::NoMicrophone
                            | Fault::Unsupported
                            | Fault::MicrophoneBusy
                    )
                ) {
                    leaver.dispatch.dispatch(Action::Media(MediaEvent::Over));
                }
            });
        }
    });
}

impl Desk {
    async fn join(&self, call: CallId, stopped: Rc<Cell<bool>>) {
        let tell = {
            let dispatch = self.dispatch.clone();
            let stopped = stopped.clone();
            Callback::from(move |event| {
                if !stopped.get() {
                    dispatch.dispatch(Action::Media(event));
                }
            })
        };
        tell.emit(MediaEvent::Begin(call.clone(), Stage::Joining));
        for _ in 0..ATTEMPTS {
            match self.api.media(&call, &self.store.device).await {
                Ok(media) => {
                    if stopped.get() {
                        return;
                    }
                    if let Err(fault) = self.audio.join(&media, tell.clone()).await {
                        tell.emit(MediaEvent::Stage(Stage::Failed(fault)));
                    }
                    return;
                }
                // The call is over or elsewhere; the words for that come with the call.
                Err(Failure::Problem { error, .. })
                    if matches!(
                        error.as_str(),
                        "Call.Ended" | "Call.AnsweredElsewhere" | "Call.NotFound"
                    ) =>
                {
                    return;
                }
                // The meeting is not open yet, or the server is not to be reached: a moment later it may be.
                Err(
                    Failure::Offline
                    | Failure::Problem {
                        status: 409 | 425 | 429 | 500..=599,
                        ..
                    },
                ) => {
                    TimeoutFuture::new(WAIT_MS).await;
                }
                Err(Failure::SessionOver | Failure::Problem { .. } | Failure::NotUnderstood) => {
                    break;
                }
            }
            if stopped.get() {
                return;
            }
        }
        tell.emit(MediaEvent::Stage(Stage::Failed(Fault::ConnectFailed)));
    }
}
