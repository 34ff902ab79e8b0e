//! A call seen from one side.

use contract::view::{CallView, Leg, LegKind, LegStatus, Phase, Rang};
use contract::{DeviceId, LegId, PersonId};

/// Who looks, from which device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Eye {
    /// The person.
    pub(crate) person: PersonId,
    /// This browser tab.
    pub(crate) device: DeviceId,
}

/// Which part the onlooker has in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// They called.
    Caller,
    /// They were called.
    Callee,
    /// Neither: an operator who watches.
    Watcher,
}

/// Where a live call stands for this very device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It rings here and may be answered.
    Rings,
    /// This device talks, or will.
    Here,
    /// Another device of the same person has it.
    Elsewhere,
    /// Not a call of this person.
    Foreign,
}

impl Eye {
    /// Which part the onlooker has.
    pub(crate) fn side(&self, call: &CallView) -> Side {
        match call.leg_of(&self.person) {
            Some(leg) if leg.id.as_str() == LegId::CALLER => Side::Caller,
            Some(_) => Side::Callee,
            None if call.rung(&self.person).is_some() => Side::Callee,
            None => Side::Watcher,
        }
    }

    /// The onlooker's own leg.
    pub(crate) fn mine<'a>(&self, call: &'a CallView) -> Option<&'a Leg> {
        call.leg_of(&self.person)
    }

    /// The leg to name the call after: the other side, or the caller for a watcher.
    pub(crate) fn other<'a>(&self, call: &'a CallView) -> Option<&'a Leg> {
        let rang = call
            .rung(&self.person)
            .and_then(|_| call.leg(LegId::CALLEE));
        let mine = self.mine(call).or(rang).map(|leg| &leg.id);
        call.legs.iter().find(|leg| Some(&leg.id) != mine)
    }

    /// Where a live call stands for this device.
    pub(crate) fn standing(&self, call: &CallView) -> Standing {
        let Some(leg) = self.mine(call) else {
            return self.among(call);
        };
        match &leg.device {
            Some(device) if *device == self.device => Standing::Here,
            Some(_) => Standing::Elsewhere,
            None if self.side(call) == Side::Callee => {
                let asked = matches!(leg.status, LegStatus::Waiting | LegStatus::Ringing);
                if call.phase == Phase::Ringing && asked {
                    Standing::Rings
                } else {
                    Standing::Foreign
                }
            }
            None => Standing::Elsewhere,
        }
    }

    /// Where a live call stands for somebody who rings, or rang, with others.
    fn among(&self, call: &CallView) -> Standing {
        let (Some(rung), Some(leg)) = (call.rung(&self.person), call.leg(LegId::CALLEE)) else {
            return Standing::Foreign;
        };
        match rung.status {
            Rang::Ringing if leg.device.is_none() && call.phase == Phase::Ringing => {
                Standing::Rings
            }
            Rang::Ringing | Rang::Stopped if leg.device.is_some() => Standing::Elsewhere,
            Rang::Ringing | Rang::Stopped | Rang::Declined | Rang::Answered => Standing::Foreign,
        }
    }

    /// Who of those who rang with the onlooker has the call.
    pub(crate) fn taken_by<'a>(&self, call: &'a CallView) -> Option<&'a str> {
        let rang = call.rung(&self.person)?;
        let mut others = call.rung.iter();
        let has = others.find(|rung| rung.status == Rang::Answered)?;
        (has.person != rang.person).then_some(&has.name)
    }

    /// Whether this device should be in the call's meeting now: from when the meeting is open (a caller waits there for the
    /// answer) to the call's end.
    pub(crate) fn should_talk(&self, call: &CallView) -> bool {
        let Some(leg) = self.mine(call) else {
            return false;
        };
        leg.device.as_ref() == Some(&self.device)
            && match call.phase {
                Phase::Starting | Phase::Ringing => {
                    matches!(leg.status, LegStatus::Joining | LegStatus::Connected)
                }
                Phase::Connecting | Phase::Talking => leg.status != LegStatus::Ended,
                Phase::Ending | Phase::Ended => false,
            }
    }
}

/// Whether a phone is in a call: only phones hear keys.
pub(crate) fn has_phone(call: &CallView) -> bool {
    call.legs.iter().any(|leg| leg.kind == LegKind::Phone)
}

/// The caller's and the callee's names: `+41 44 555 01 00 to Lucía Méndez`.
pub(crate) fn parties(call: &CallView) -> String {
    let name = |id: &str| {
        call.leg(id).map_or_else(
            || "somebody".to_owned(),
            |leg| super::numbers::readable(&leg.name),
        )
    };
    format!("{} to {}", name(LegId::CALLER), name(LegId::CALLEE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples;

    #[test]
    fn a_ringing_call_rings_only_where_it_may_be_answered() {
        let mut call = samples::inbound();
        call.phase = Phase::Ringing;
        assert_eq!(samples::lucia().standing(&call), Standing::Rings);
        assert_eq!(samples::operator().standing(&call), Standing::Foreign);
        call.legs[1].device = Some("another-device".into());
        assert_eq!(samples::lucia().standing(&call), Standing::Elsewhere);
        call.legs[1].device = Some(samples::lucia().device);
        assert_eq!(samples::lucia().standing(&call), Standing::Here);
    }

    #[test]
    fn of_those_who_ring_together_one_has_the_call_and_the_others_know_who() {
        let (lucia, other) = (samples::lucia(), samples::operator());
        let mut call = samples::together();
        for eye in [&lucia, &other] {
            assert_eq!(eye.standing(&call), Standing::Rings);
            assert_eq!(eye.side(&call), Side::Callee);
            assert_eq!(
                eye.other(&call).map(|leg| leg.id.as_str()),
                Some(LegId::CALLER)
            );
        }
        call.legs[1].device = Some("a-device".into());
        assert_eq!(
            other.standing(&call),
            Standing::Elsewhere,
            "taken, not told by whom yet"
        );
        call.legs[1].person = Some(lucia.person.clone());
        call.rung[0].status = Rang::Answered;
        call.rung[1].status = Rang::Stopped;
        assert_eq!(other.standing(&call), Standing::Elsewhere);
        assert_eq!(other.taken_by(&call), Some("Lucía Méndez"));
        assert_eq!(lucia.taken_by(&call), None);
        assert!(!other.should_talk(&call));
    }

    #[test]
    fn only_the_device_that_has_the_leg_talks() {
        let mut call = samples::inbound();
        call.phase = Phase::Connecting;
        assert!(!samples::lucia().should_talk(&call));
        call.legs[1].device = Some(samples::lucia().device);
        assert!(samples::lucia().should_talk(&call));
        call.phase = Phase::Ended;
        assert!(!samples::lucia().should_talk(&call));
    }

    #[test]
    fn a_caller_waits_in_the_meeting_from_when_it_is_open() {
        let mut call = samples::inbound();
        call.legs[1].device = Some(samples::lucia().device);
        assert!(!samples::lucia().should_talk(&call));
        call.legs[1].status = LegStatus::Joining;
        assert!(samples::lucia().should_talk(&call));
        call.phase = Phase::Ringing;
        assert!(samples::lucia().should_talk(&call));
    }
}
