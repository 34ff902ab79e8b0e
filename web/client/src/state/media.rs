//! The audio of the call in hand: where it is, how good it is, and what to say when it fails.

use contract::{CallId, LegId};
use serde::Deserialize;

/// Where the audio is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    /// No call has audio.
    #[default]
    Idle,
    /// The meeting is being entered.
    Joining,
    /// Both directions flow.
    Connected,
    /// The connection was lost and is being made again.
    Reconnecting,
    /// It does not work.
    Failed(Fault),
}

/// Why there is no audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The user or the system forbids the microphone (`NotAllowedError`).
    Denied,
    /// No microphone is plugged in (`NotFoundError`).
    NoMicrophone,
    /// Another program holds the microphone (`NotReadableError`).
    MicrophoneBusy,
    /// The browser cannot do it (no WebRTC, or the page is not served securely).
    Unsupported,
    /// The meeting could not be entered.
    ConnectFailed,
    /// The media module could not be loaded.
    NotLoaded,
}

impl Fault {
    /// From the name of a browser's error or of our media module's.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => Self::Denied,
            "NotFoundError" | "DevicesNotFoundError" | "OverconstrainedError" => Self::NoMicrophone,
            "NotReadableError" | "TrackStartError" | "AbortError" => Self::MicrophoneBusy,
            "NotSupportedError" | "Unsupported" => Self::Unsupported,
            "ModuleNotLoaded" => Self::NotLoaded,
            // Names are the world's: whatever else a browser says, the audio did not come up.
            _ => Self::ConnectFailed,
        }
    }

    /// What happened, and what to do next.
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Denied => (
                "The microphone is blocked",
                "Click the microphone or lock sign beside the address, allow the microphone for this page, then try again.",
            ),
            Self::NoMicrophone => (
                "No microphone found",
                "Plug in a headset or microphone, or switch it on, then try again.",
            ),
            Self::MicrophoneBusy => (
                "The microphone is in use",
                "Another program holds the microphone. Close it there, then try again.",
            ),
            Self::Unsupported => (
                "This browser cannot make calls",
                "Open this page in a current Chrome, Edge, Firefox or Safari, at a localhost or https address.",
            ),
            Self::ConnectFailed => (
                "The audio could not connect",
                "The network may block it. Try again; a VPN or firewall that blocks UDP is the usual cause.",
            ),
            Self::NotLoaded => (
                "The audio did not load",
                "Check your connection and try again.",
            ),
        }
    }
}

/// What the connection does, as measured by the browser.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Quality {
    /// Round trip in milliseconds.
    pub(crate) rtt_ms: f64,
    /// Packets lost, in percent of those of the last seconds.
    pub(crate) loss_percent: f64,
}

/// Bars and words for the connection. Thresholds: round trip above 400 ms and loss above 1 % are where people
/// begin to complain (Twilio Voice, "network quality warnings").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signal {
    /// 0 to 5.
    pub(crate) bars: u8,
    /// One word and the figure.
    pub(crate) words: String,
}

/// One attendee of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Seat {
    /// The leg (`ExternalUserId`).
    pub(crate) leg: LegId,
    /// Their microphone is off.
    pub(crate) muted: bool,
    /// They talk now.
    pub(crate) talking: bool,
}

/// The state of the audio as one value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Media {
    /// The call whose audio it is.
    pub(crate) call: Option<CallId>,
    /// Where it is.
    pub(crate) stage: Stage,
    /// The user's microphone is off.
    pub(crate) muted: bool,
    /// The user talks although muted.
    pub(crate) talking_muted: bool,
    /// The last measurement.
    pub(crate) quality: Option<Quality>,
    /// The browser wants a click before it plays sound.
    pub(crate) silenced: bool,
    /// Who is in the meeting.
    pub(crate) roster: Vec<Seat>,
}

/// Something that the audio reports.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MediaEvent {
    /// Work for a call begins.
    Begin(CallId, Stage),
    /// The stage changed.
    Stage(Stage),
    /// The microphone was switched.
    Muted(bool),
    /// The user talks although muted, or stopped.
    TalkingMuted(bool),
    /// A measurement.
    Quality(Quality),
    /// Playing is blocked until a click, or no longer.
    Silenced(bool),
    /// Who is in the meeting.
    Roster(Vec<Seat>),
    /// The audio was taken down.
    Over,
}

impl Media {
    /// The state after an event.
    pub(crate) fn after(mut self, event: MediaEvent) -> Self {
        match event {
            MediaEvent::Begin(call, stage) => Self {
                call: Some(call),
                stage,
                muted: false,
                silenced: self.silenced,
                ..Self::default()
            },
            MediaEvent::Stage(stage) => Self { stage, ..self },
            MediaEvent::Muted(muted) => Self {
                muted,
                talking_muted: false,
                ..self
            },
            MediaEvent::TalkingMuted(talking) => Self {
                talking_muted: talking && self.muted,
                ..self
            },
            MediaEvent::Quality(quality) => {
                self.quality = Some(quality);
                self
            }
            MediaEvent::Silenced(silenced) => Self { silenced, ..self },
            MediaEvent::Roster(roster) => Self { roster, ..self },
            MediaEvent::Over => Self {
                silenced: self.silenced,
                ..Self::default()
            },
        }
    }

    /// Bars and words to show; nothing without a call.
    pub(crate) fn signal(&self) -> Option<Signal> {
        let plain = |words: &str| {
            Some(Signal {
                bars: 0,
                words: words.to_owned(),
            })
        };
        match self.stage {
            Stage::Idle => None,
            Stage::Joining => plain("Connecting audio"),
            Stage::Reconnecting => plain("Reconnecting"),
            Stage::Failed(fault) => plain(fault.words().0),
            Stage::Connected => match self.quality {
                Some(quality) => Some(graded(quality)),
                None => Some(Signal {
                    bars: 5,
                    words: "Connected".to_owned(),
                }),
            },
        }
    }
}

fn graded(quality: Quality) -> Signal {
    let Quality {
        rtt_ms,
        loss_percent,
    } = quality;
    let (bars, word) = match (rtt_ms, loss_percent) {
        (rtt, loss) if rtt < 150.0 && loss < 0.5 => (5, "Clear"),
        (rtt, loss) if rtt < 250.0 && loss < 1.0 => (4, "Good"),
        (rtt, loss) if rtt < 400.0 && loss < 3.0 => (3, "Fair"),
        (rtt, loss) if rtt < 800.0 && loss < 8.0 => (2, "Poor"),
        (_, _) => (1, "Very poor"),
    };
    let figure = format!("{rtt_ms:.0} ms");
    let words = if loss_percent >= 0.5 {
        format!("{word}, {figure}, {loss_percent:.1} % lost")
    } else {
        format!("{word}, {figure}")
    };
    Signal { bars, words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn browsers_errors_have_their_own_words() {
        assert_eq!(Fault::named("NotAllowedError"), Fault::Denied);
        assert_eq!(Fault::named("NotFoundError"), Fault::NoMicrophone);
        assert_eq!(Fault::named("NotReadableError"), Fault::MicrophoneBusy);
        assert_eq!(Fault::named("TypeError"), Fault::ConnectFailed);
    }

    #[test]
    fn a_new_call_begins_unmuted_and_the_hint_needs_mute() {
        let media = Media::default().after(MediaEvent::Begin("c-1".into(), Stage::Joining));
        let media = media.after(MediaEvent::TalkingMuted(true));
        assert!(!media.talking_muted);
        let media = media
            .after(MediaEvent::Muted(true))
            .after(MediaEvent::TalkingMuted(true));
        assert!(media.talking_muted);
        let media = media.after(MediaEvent::Begin("c-2".into(), Stage::Joining));
        assert!(!media.muted && !media.talking_muted);
    }

    #[test]
    fn quality_is_said_with_its_figures() {
        let signal = graded(Quality {
            rtt_ms: 38.2,
            loss_percent: 0.0,
        });
        assert_eq!((signal.bars, signal.words.as_str()), (5, "Clear, 38 ms"));
        assert_eq!(
            graded(Quality {
                rtt_ms: 300.0,
                loss_percent: 2.0
            })
            .words,
            "Fair, 300 ms, 2.0 % lost"
        );
    }

    proptest! {
        #[test]
        fn worse_never_gets_more_bars(rtt in 0f64..2000.0, loss in 0f64..100.0, more in 0f64..500.0) {
            let now = graded(Quality { rtt_ms: rtt, loss_percent: loss }).bars;
            let slower = graded(Quality { rtt_ms: rtt + more, loss_percent: loss }).bars;
            let lossier = graded(Quality { rtt_ms: rtt, loss_percent: loss + more }).bars;
            prop_assert!(slower <= now && lossier <= now);
        }
    }
}
