//! The tasks that run beside requests: time, media events, and the sink.

use super::Hub;
use crate::engine::Event;
use crate::events::EventSink;
use crate::ids::MeetingId;
use crate::room::Input;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often rooms look at the time.
const TICK: Duration = Duration::from_millis(200);

/// Lets time pass in all rooms, until the hub is gone.
pub(crate) async fn pass_time(hub: std::sync::Weak<Hub>) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let Some(hub) = hub.upgrade() else {
            return;
        };
        hub.tick();
    }
}

/// Carries what the media thread reports to the rooms.
pub(crate) async fn take_media_events(
    hub: std::sync::Weak<Hub>,
    mut events: mpsc::Receiver<Event>,
) {
    while let Some(event) = events.recv().await {
        let Some(hub) = hub.upgrade() else {
            return;
        };
        hub.media_event(event);
    }
}

/// Hands events to the sink, one after the other.
pub(crate) async fn deliver_events(
    sink: Arc<dyn EventSink>,
    mut events: mpsc::Receiver<serde_json::Value>,
) {
    while let Some(event) = events.recv().await {
        sink.emit(event);
    }
}

impl Hub {
    fn tick(&self) {
        let mut state = self.lock();
        let meetings: Vec<MeetingId> = state.rooms.keys().cloned().collect();
        for meeting in meetings {
            self.step(&mut state, &meeting, Input::Tick);
        }
    }

    fn media_event(&self, event: Event) {
        match event {
            Event::Answered { conn, sdp } => self.input(conn, Input::Answered { conn, sdp }),
            Event::Refused { conn, why } => self.input(conn, Input::OfferRefused { conn, why }),
            Event::Up { conn } => self.input(conn, Input::MediaUp { conn }),
            Event::Gone { conn } => {
                self.input(conn, Input::MediaGone { conn });
                let mut state = self.lock();
                self.forget_party(&mut state, conn);
            }
            Event::Levels { meeting, levels } => {
                let mut state = self.lock();
                self.step(&mut state, &meeting, Input::Levels { levels: &levels });
            }
        }
    }
}
