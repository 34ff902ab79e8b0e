//! A port as its request keeps it: what people see, and what only the system knows.
use crate::letter::Signature;
use crate::request::RequestRecord;
use compliance::porting::{Limits, Moment, number, order};
use contract::dossier::review::DossierStatus;
use contract::dossier::{Day, NumberStatus, NumberStep, OrderStatus, OrderStep};
use contract::port::{HandIn, Moments, PortError, PortView, RejectionMend};
use contract::request::{NumberLine, Party};
use contract::{E164, RequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What only the system knows of a port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hidden {
    /// The PIN or passcode at the losing provider. Forgotten when the numbers are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// What was drawn on the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Whether the routes of the numbers were made.
    pub routes_made: bool,
    /// Whether the calls of the numbers that came were led here.
    pub routes_led: bool,
    /// The number that a test call is on its way to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub testing: Option<E164>,
    /// The test call that is on its way to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Until when that call is waited for, or until when no other is made; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Test calls so far.
    pub tests: u32,
    /// How often each number was called in vain.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tries: BTreeMap<E164, u32>,
    /// Which round of calls it is, from 0.
    pub round: u32,
    /// Whether the deployment makes no test calls, so that somebody has to.
    pub by_ear: bool,
    /// Whether an operator is asked to call.
    pub asks: bool,
    /// Whether an operator has said what they heard.
    pub heard: bool,
    /// What an operator said last that the carrier says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<serde_json::Value>,
    /// The signals that were taken in already, so that a step tried again counts once.
    pub seen: u64,
    /// The carrier's ids of its comments that are in the timeline, newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<String>,
    /// What was to be handed in when cancelling came before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_off: Option<HandIn>,
    /// When the carrier's order last changed, if it showed the refusal that was answered by what was handed in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal_known: Option<Timestamp>,
    /// The ports that this one is split into, until all of them have begun: from when it was checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The carrier's orders that are of none of these parts, and are taken away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orphans: Vec<String>,
    /// Whether numbers were taken out that the carrier's order has still: another is to take its place.
    pub replaces: bool,
    /// Numbers that were taken out and came all the same, after the routes were made: theirs are made when they are led here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub came_along: Vec<E164>,
    /// How many numbers its order had when its customer was asked last to take out those that cannot come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spared: Option<usize>,
    /// How far its dossier had come when it was looked at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dossier: Option<Checked>,
    /// Until when the carrier is to say whether it cancels, RFC 3339, UTC; none while nothing is to be cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_due: Option<String>,
    /// Whether the losing side was silent and an operator has not said yet what came of asking it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resolving: bool,
    /// How many turns its request has had. Kept there.
    #[serde(skip)]
    pub turns: u32,
    /// The date that the customer does not want.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foc_declined: Option<Timestamp>,
}

/// What a port of its own is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The id of its port.
    #[serde(default = "unnamed")]
    pub child: RequestId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its numbers.
    pub numbers: Vec<E164>,
    /// The carrier's ids of its orders.
    pub orders: Vec<String>,
}

fn unnamed() -> RequestId {
    RequestId(String::new())
}

/// How far a dossier has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Its status.
    pub status: DossierStatus,
    /// The request that checks it, or checked it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<RequestId>,
    /// The last day of its approval, if it was given more time after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Day>,
}

/// A port, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// What people see.
    pub view: PortView,
    /// Its numbers.
    pub lines: Vec<NumberLine>,
    /// What only the system knows.
    pub hidden: Hidden,
}

impl Port {
    /// Out of its request.
    ///
    /// # Errors
    /// [`PortError::BadInput`] if the request is no port.
    pub fn of(record: &RequestRecord) -> Result<Self, PortError> {
        let bad = |error: serde_json::Error| PortError::BadInput(format!("no port: {error}"));
        let mut hidden = match &record.hidden {
            serde_json::Value::Null => Hidden::default(),
            value => serde_json::from_value(value.clone()).map_err(bad)?,
        };
        hidden.turns = record.round;
        let mut port = Self {
            view: serde_json::from_value(record.view.details.clone()).map_err(bad)?,
            lines: record.view.numbers.clone(),
            hidden,
        };
        port.split_before(&record.view.id);
        Ok(port)
    }

    /// A split that broke off when parts were counted, and a port said that it was split as soon as that was planned.
    fn split_before(&mut self, request: &RequestId) {
        if self.view.order == OrderStatus::Split && self.view.children.is_empty() {
            self.view.order = OrderStatus::CheckingPortability;
        }
        for (at, part) in self.hidden.parts.iter_mut().enumerate() {
            if part.child.0.is_empty() {
                part.child = RequestId(format!("{request}-{}", at + 1));
            }
        }
    }

    /// Into its request.
    pub fn put(&self, record: &mut RequestRecord) {
        record.view.details = serde_json::json!(self.view);
        record.view.numbers.clone_from(&self.lines);
        record.hidden = serde_json::json!(self.hidden);
    }

    /// Where a number is. A status that is none of ours counts as not asked yet.
    pub fn number_status(line: &NumberLine) -> NumberStatus {
        serde_json::from_value(line.status.clone().into()).unwrap_or(NumberStatus::Waiting)
    }

    /// Every number's status.
    pub fn statuses(&self) -> Vec<NumberStatus> {
        self.lines.iter().map(Self::number_status).collect()
    }

    /// Takes a step of the order.
    ///
    /// # Errors
    /// [`PortError::NotPossible`] with what is, and nothing changes.
    pub fn step(&mut self, step: OrderStep, who: Party, now: Timestamp) -> Result<(), PortError> {
        self.step_within(step, who, now, limits(&self.view.moments))
    }

    /// Takes a step that the carrier has taken already: its fact goes before our calendar.
    ///
    /// # Errors
    /// [`PortError::NotPossible`].
    pub fn follow(&mut self, step: OrderStep, who: Party, now: Timestamp) -> Result<(), PortError> {
        self.step_within(
            step,
            who,
            now,
            Limits {
                foc_ends: Some(now),
                ..Limits::default()
            },
        )
    }

    fn step_within(
        &mut self,
        step: OrderStep,
        who: Party,
        now: Timestamp,
        limits: Limits,
    ) -> Result<(), PortError> {
        let before = order::Order {
            status: self.view.order,
            resumes: self.view.resumes,
        };
        let after = before
            .step(step, who, Moment { now, limits })
            .map_err(|refusal| PortError::NotPossible(refusal.to_string()))?;
        (self.view.order, self.view.resumes) = (after.status, after.resumes);
        Ok(())
    }

    /// Takes a step of every number from which it leads, with a reason if there is one.
    pub fn step_numbers(
        &mut self,
        step: NumberStep,
        who: Party,
        now: Timestamp,
        why: Option<&str>,
    ) {
        for line in &mut self.lines {
            step_number(line, step, who, now, why);
        }
    }

    /// Takes a step of one number, if it leads from where it is; says whether it did.
    pub fn step_one(
        &mut self,
        wanted: &E164,
        step: NumberStep,
        who: Party,
        now: Timestamp,
        why: Option<&str>,
    ) -> bool {
        let line = self.lines.iter_mut().find(|line| line.number == *wanted);
        line.is_some_and(|line| step_number(line, step, who, now, why))
    }

    /// Leaves only these of its numbers. The carrier's order has the others still, and cannot be written on.
    pub fn leave(&mut self, numbers: &[E164]) {
        let before = self.lines.len();
        self.lines.retain(|line| numbers.contains(&line.number));
        let has_more = self.lines.len() < before && self.view.external_id.is_some();
        self.hidden.replaces |= has_more && !self.view.by_hand;
    }

    /// Takes numbers in again that were taken out and came with the order all the same: they are in our account, and nobody else's.
    /// Gives those that it took in, each as far as the others are.
    pub fn take_in(&mut self, numbers: impl IntoIterator<Item = E164>) -> Vec<E164> {
        let status = match self.view.order {
            OrderStatus::Submitted | OrderStatus::DonorReview => NumberStatus::Submitted,
            OrderStatus::FocProposed
            | OrderStatus::FocConfirmed
            | OrderStatus::PreCutoverTest
            | OrderStatus::SyncWindow => NumberStatus::Confirmed,
            OrderStatus::Activating => NumberStatus::Activating,
            OrderStatus::Draft
            | OrderStatus::CheckingPortability
            | OrderStatus::NotPortable
            | OrderStatus::Split
            | OrderStatus::Collecting
            | OrderStatus::LetterDrafted
            | OrderStatus::WaitingForSignature
            | OrderStatus::InternalReview
            | OrderStatus::Rejected
            | OrderStatus::Correction
            | OrderStatus::Verifying
            | OrderStatus::Ported
            | OrderStatus::SnapbackWindow
            | OrderStatus::Closed
            | OrderStatus::CancelPending
            | OrderStatus::Cancelled
            | OrderStatus::Expired => return Vec::new(),
        };
        let mut taken = Vec::new();
        for number in numbers {
            if self.lines.iter().any(|line| line.number == number) {
                continue;
            }
            self.lines.push(NumberLine {
                number: number.clone(),
                status: word(status),
                reason: None,
            });
            taken.push(number);
        }
        if self.hidden.routes_made {
            self.hidden.came_along.extend(taken.iter().cloned());
        }
        taken
    }

    /// The carrier's order that is to go before another can take its place.
    pub fn replaced(&self) -> Option<&str> {
        let id = self.view.external_id.as_deref();
        id.filter(|_| self.hidden.replaces)
    }

    /// How many numbers are here.
    pub fn arrived(&self) -> usize {
        let here =
            |status: &NumberStatus| matches!(status, NumberStatus::Active | NumberStatus::Verified);
        self.statuses().iter().filter(|status| here(status)).count()
    }

    /// How many of those that are here were not reached, or not led here.
    pub fn not_reached(&self) -> usize {
        let in_vain = |line: &&NumberLine| {
            line.reason.is_some() && Self::number_status(line) == NumberStatus::Active
        };
        self.lines.iter().filter(in_vain).count()
    }

    /// Whether the order is with the carrier, so that ending it needs the carrier.
    pub fn is_at_carrier(&self) -> bool {
        let is_known = self.view.external_id.is_some() || self.view.case_id.is_some();
        is_known && self.view.submissions > 0
    }

    /// What an operator has still to tell a carrier without an interface.
    pub fn to_hand_in(&self) -> Option<HandIn> {
        // Ports of before this was written down have it in their status alone.
        let first =
            self.view.by_hand && self.view.order == OrderStatus::Submitted && !self.is_at_carrier();
        self.view
            .to_hand_in
            .or_else(|| first.then_some(HandIn::Submission))
    }

    /// Whether the losing side has refused its last submission for good.
    pub fn is_refused_for_good(&self) -> bool {
        self.view.rejections.iter().any(|rejection| {
            rejection.submission == self.view.submissions && rejection.mend == RejectionMend::Never
        })
    }
}

fn step_number(
    line: &mut NumberLine,
    step: NumberStep,
    who: Party,
    now: Timestamp,
    why: Option<&str>,
) -> bool {
    // A number follows its order; the moments were checked there.
    let moment = Moment {
        now,
        limits: Limits::default(),
    };
    let Ok(after) = number::step(Port::number_status(line), step, who, moment) else {
        return false;
    };
    line.status = word(after);
    line.reason = why.map(str::to_owned);
    true
}

/// A status in its own word, such as `foc_confirmed`.
pub fn word(status: impl Serialize) -> String {
    let text = serde_json::to_value(status).unwrap_or_default();
    text.as_str().unwrap_or_default().to_owned()
}

/// The moments as the machine takes them.
pub fn limits(moments: &Moments) -> Limits {
    let at = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    Limits {
        signature: at(&moments.signature),
        letter: at(&moments.letter),
        silence: at(&moments.silence),
        donor_answer: at(&moments.donor_answer),
        change: at(&moments.change),
        cancel: at(&moments.cancel),
        foc: at(&moments.foc_due),
        foc_ends: at(&moments.foc_ends),
        snapback: at(&moments.snapback),
    }
}

/// Whether it is over with the order.
pub fn is_final(status: OrderStatus) -> bool {
    order::is_final(status)
}
