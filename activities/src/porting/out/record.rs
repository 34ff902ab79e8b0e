//! A port-out as its request keeps it, and what silence about it means until when. Pure.
use super::compare::Held;
use crate::porting::calendar::{NotKnown, Time, due_of};
use crate::ports::clock;
use crate::ports::porting::CarrierPortOut;
use crate::request::RequestRecord;
use crate::rules;
use compliance::porting::Timer;
use contract::port::{OutError, OutFault, OutSilence, OutView};
use contract::request::NumberLine;
use contract::{CarrierId, E164, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which part of the time that a carrier gives us is kept for telling it a refusal: one of so many. Our own rule; silence lets the numbers
/// go there, and a refusal that comes after it counts no more.
const TELLING: i128 = 5;
/// The same where an operator has to tell it.
const TELLING_BY_HAND: i128 = 3;

/// What only the system knows of a port-out that was written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hidden {
    /// By which wish it was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wish: Option<String>,
    /// The PIN that the gaining carrier named. Forgotten once there is an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// Every number of it, those of other customers too.
    pub numbers: Vec<E164>,
    /// Whom the gaining carrier named, where there are numbers of several customers; else what people see says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<Named>,
    /// Since when the carrier has it, as far as we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Until when the carrier wants its answer, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Timestamp>,
    /// What a carrier with an interface is waited for; none if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaited: Option<Awaited>,
    /// How many turns its request has had. Kept there.
    #[serde(skip)]
    pub turns: u32,
}

/// Whom a gaining carrier named. At most one of several customers is meant, and the others are not to read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Named {
    /// Who authorised it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorised_by: Option<String>,
    /// The name of the customer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// The number of the account that the numbers are to leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
}

impl Named {
    /// Out of what people see.
    pub fn of(view: &OutView) -> Self {
        Self {
            authorised_by: view.authorised_by.clone(),
            end_user: view.end_user.clone(),
            account_number: view.account_number.clone(),
        }
    }

    /// Takes it out of what people see, who do not see it any more.
    pub fn take_from(view: &mut OutView) -> Self {
        Self {
            authorised_by: view.authorised_by.take(),
            end_user: view.end_user.take(),
            account_number: view.account_number.take(),
        }
    }
}

/// What a carrier is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// Which term it has.
    pub term: String,
    /// The date that it counts from, if one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// When the term is over, RFC 3339, UTC.
    pub until: String,
}

impl Hidden {
    /// Out of a request; of one that was found at a carrier nothing is hidden but what is waited for.
    pub fn of(record: &RequestRecord) -> Self {
        let stored = Self::deserialize(&record.hidden).unwrap_or_default();
        Self {
            turns: record.round,
            ..stored
        }
    }
}

/// A port-out, whole.
pub struct Out {
    /// What people see.
    pub view: OutView,
    /// The customer's numbers of it.
    pub lines: Vec<NumberLine>,
    /// The customer.
    pub tenant: TenantId,
    /// Since when it is known here; none if its request does not say.
    pub begun: Option<Timestamp>,
    /// What only the system knows.
    pub hidden: Hidden,
}

/// A port-out that nothing was answered to yet.
pub fn open_view(carrier: &CarrierId, out: &CarrierPortOut) -> OutView {
    OutView {
        carrier: carrier.clone(),
        external_id: out.id.clone(),
        gaining: out.gaining.clone(),
        authorised_by: out.authorised_by.clone(),
        end_user: out.end_user.clone(),
        account_number: out.account.clone(),
        requested_foc: out.requested_foc.map(clock::text),
        foc: out.foc.map(clock::text),
        answer_by: None,
        snapback: None,
        rang: None,
        silence: None,
        faults: Vec::new(),
        compared: None,
        decision: None,
        answer: None,
        reason: None,
        decided_by: None,
        decided_at: None,
        by_silence: false,
        by_hand: false,
        to_tell: None,
        prepared: None,
        said: None,
    }
}

impl Out {
    /// Out of its request.
    ///
    /// # Errors
    /// [`OutError::BadInput`] if the request is no port-out.
    pub fn of(record: &RequestRecord) -> Result<Self, OutError> {
        let view = serde_json::from_value(record.view.details.clone())
            .map_err(|error| OutError::BadInput(format!("no port-out: {error}")))?;
        Ok(Self {
            view,
            lines: record.view.numbers.clone(),
            tenant: record.view.tenant.clone(),
            begun: record.view.begun_at.parse().ok(),
            hidden: Hidden::of(record),
        })
    }

    /// Into its request.
    pub fn put(self, record: &mut RequestRecord) {
        record.view.details = json!(self.view);
        record.view.numbers = self.lines;
        let hidden = json!(self.hidden);
        if record.hidden != Value::Null || hidden != json!(Hidden::default()) {
            record.hidden = hidden;
        }
    }

    /// Whether the numbers are out of service here.
    pub fn is_gone(&self) -> bool {
        self.lines.iter().all(|line| line.status == "gone")
    }

    /// Whether only refusing is left: some of the numbers are not this customer's.
    pub fn is_mixed(&self) -> bool {
        self.view.faults.contains(&OutFault::NotTheirNumber)
    }

    /// The moment that a timer gives for the first number; none if its country has none.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn due(
        &self,
        timer: Timer,
        time: Time,
        event: Timestamp,
    ) -> Result<Option<String>, NotKnown> {
        let first = self.lines.first().ok_or(NotKnown)?;
        let (rules_of, kind) = rules::porting().place(&first.number).ok_or(NotKnown)?;
        due_of(rules_of, timer, kind, time, event)
    }

    /// What no answer until the deadline means: with a lawful reason it is refused, without one what the numbers' country makes of it.
    pub fn silence(&self) -> OutSilence {
        if !self.view.faults.is_empty() {
            return OutSilence::Refuses;
        }
        let place = self.lines.first();
        let place = place.and_then(|first| rules::porting().place(&first.number));
        if place.is_some_and(|(rules_of, _)| rules_of.silence_authorises()) {
            OutSilence::Authorises
        } else {
            OutSilence::Asks
        }
    }

    /// The moment from which silence decides; none while nobody knows until when the carrier waits. It authorises, or asks, when the
    /// carrier's time is over, and refuses while there is time left to tell it.
    pub fn silent_at(&self) -> Option<Timestamp> {
        let answer_by: Timestamp = self.view.answer_by.as_ref()?.parse().ok()?;
        Some(match self.silence() {
            OutSilence::Refuses => self.refuse_by(answer_by),
            OutSilence::Authorises | OutSilence::Asks => answer_by,
        })
    }

    /// Until when it has to be refused, so that the carrier hears it in time.
    fn refuse_by(&self, answer_by: Timestamp) -> Timestamp {
        let begun = self.begun.unwrap_or(answer_by);
        let whole = answer_by.duration_since(begun).as_millis().max(0);
        let part = if self.view.by_hand {
            TELLING_BY_HAND
        } else {
            TELLING
        };
        let left = i64::try_from(whole / part).unwrap_or(0);
        answer_by - SignedDuration::from_millis(left)
    }

    /// Whether the gaining carrier has to name the PIN of a customer who has set one, where one of the numbers is.
    pub fn requires_pin(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| {
            let place = rules::porting().place(&line.number);
            place.is_some_and(|(rules_of, _)| rules_of.requires_pin())
        })
    }

    /// Takes down what came of holding it against what we know, and with it what silence means. What was answered already is looked at
    /// no more: the PIN that was named may be forgotten by then.
    pub(super) fn hold(&mut self, held: &Held) {
        if self.view.answer.is_some() {
            return;
        }
        self.view.faults.clone_from(&held.faults);
        self.view.compared = Some(held.compared);
        let dated = self.view.answer_by.is_some();
        self.view.silence = dated.then(|| self.silence());
    }
}

#[cfg(test)]
mod tests {
    use super::super::decision::{Decision, decided};
    use super::*;
    use crate::ports::porting::OutStatus;
    use contract::port::OutVerdict as Next;
    use contract::request::Party;

    /// A port-out of a number of a country that nobody wrote rules for; its carrier gave the deadline.
    fn of_nowhere() -> Out {
        let told = CarrierPortOut {
            id: "x-1".to_owned(),
            status: OutStatus::Pending,
            numbers: Vec::new(),
            gaining: "Other Telecom".to_owned(),
            pin: None,
            authorised_by: None,
            end_user: None,
            account: None,
            requested_foc: None,
            foc: None,
            since: None,
        };
        Out {
            view: OutView {
                answer_by: Some("2026-11-25T10:00:00.000Z".to_owned()),
                ..open_view(&"telnyx".into(), &told)
            },
            lines: vec![NumberLine {
                number: E164::parse("+881612345678").unwrap(),
                status: "requested".to_owned(),
                reason: None,
            }],
            tenant: "t-1".into(),
            begun: Some("2026-11-23T10:00:00Z".parse().unwrap()),
            hidden: Hidden::default(),
        }
    }

    #[test]
    fn silence_allows_nothing_where_nobody_knows_what_it_means() {
        let mut out = of_nowhere();
        assert_eq!(out.silence(), OutSilence::Asks);
        let at = |now: &str| Time {
            now: now.parse().unwrap(),
            scale: 1,
            patience_s: 0,
        };
        let before = out.told(Next::Decide, at("2026-11-24T10:00:00Z"), None);
        assert_eq!(before.owner, Party::Customer);
        assert!(
            before.next_action.ends_with("an operator answers it"),
            "{}",
            before.next_action
        );
        let over = at("2026-11-25T10:00:01Z");
        assert_eq!(decided(&out, None, over.now), Decision::Wait(None));
        let after = out.told(Next::Decide, over, None);
        assert_eq!((after.owner, after.deadline), (Party::Operator, None));
        out.view.faults = vec![OutFault::WrongName];
        assert_eq!(out.silence(), OutSilence::Refuses);
    }

    #[test]
    fn silence_refuses_while_there_is_time_to_tell_the_carrier() {
        // Of two days, a fifth is for telling, and a third where an operator does it.
        for (by_hand, faults, until) in [
            (false, vec![OutFault::WrongName], "2026-11-25T00:24:00.000Z"),
            (true, vec![OutFault::WrongName], "2026-11-24T18:00:00.000Z"),
            (true, Vec::new(), "2026-11-25T10:00:00.000Z"),
        ] {
            let mut out = of_nowhere();
            out.view.by_hand = by_hand;
            out.view.faults = faults;
            assert_eq!(out.silent_at().map(clock::text).as_deref(), Some(until));
        }
        // Found when the carrier's time was over already, or of an unknown beginning, none is left.
        for begun in [None, Some("2026-11-26T10:00:00Z".parse().unwrap())] {
            let mut out = of_nowhere();
            (out.begun, out.view.faults) = (begun, vec![OutFault::WrongName]);
            let text = out.silent_at().map(clock::text);
            assert_eq!(text, out.view.answer_by);
        }
    }

    #[test]
    fn silence_with_a_fault_refuses_from_the_moment_that_was_named() {
        let mut out = of_nowhere();
        out.view.faults = vec![OutFault::WrongName];
        let at = |now: &str| now.parse::<Timestamp>().unwrap();
        let before = decided(&out, None, at("2026-11-25T00:23:59Z"));
        assert_eq!(before, Decision::Wait(None));
        let then = decided(&out, None, at("2026-11-25T00:24:00Z"));
        assert!(matches!(then, Decision::Answer(told) if told.by_silence));
    }
}
