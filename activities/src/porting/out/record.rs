//! A port-out as its request keeps it, and where it stands as the workflow and the screens are told it. Pure.
use super::by_hand;
use crate::porting::calendar::{NotKnown, Time, due_of};
use crate::ports::clock;
use crate::ports::porting::{CarrierPortOut, OutStatus};
use crate::request::RequestRecord;
use crate::rules;
use compliance::porting::Timer;
use contract::port::{OutError, OutFault, OutTold, OutVerdict as Next, OutView};
use contract::request::{NumberLine, Party};
use contract::{CarrierId, E164, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    /// Since when the carrier has it, as far as we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Until when the carrier wants its answer, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Timestamp>,
}

impl Hidden {
    /// Out of a request; of one that was found at a carrier nothing is hidden.
    pub fn of(record: &RequestRecord) -> Self {
        Self::deserialize(&record.hidden).unwrap_or_default()
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
        requested_foc: out.requested_foc.map(clock::text),
        foc: out.foc.map(clock::text),
        answer_by: None,
        snapback: None,
        rang: None,
        faults: Vec::new(),
        decision: None,
        answer: None,
        reason: None,
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
            hidden: Hidden::of(record),
        })
    }

    /// Into its request.
    pub fn put(self, record: &mut RequestRecord) {
        record.view.details = json!(self.view);
        record.view.numbers = self.lines;
        if record.hidden != Value::Null {
            record.hidden = json!(self.hidden);
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

    /// Who decides, on what, until when. Where nobody knows until when, an operator sees to it: silence then means nothing.
    fn asks(&self) -> (Party, &'static str, Option<String>) {
        let what = if self.is_mixed() {
            "Refuse the port-out: some of its numbers are not yours"
        } else {
            "Authorise the port-out, or refuse it for a lawful reason"
        };
        match &self.view.answer_by {
            Some(until) => (Party::Customer, what, Some(until.clone())),
            None => (
                Party::Operator,
                "Find out until when the port-out is to be answered, and have it answered",
                None,
            ),
        }
    }

    /// The answer that leads the workflow to this verdict.
    pub fn told(&self, next: Next, time: Time, says: Option<String>) -> OutTold {
        if let Some(waits) = by_hand::waits(self, next, time) {
            return OutTold { says, ..waits };
        }
        let (owner, next_action, deadline) = match next {
            Next::Decide => self.asks(),
            Next::Authorised => (Party::Carrier, "The numbers go on the date", None),
            Next::RejectedPending => (Party::Carrier, "The carrier looks at the rejection", None),
            Next::Snapback => (
                Party::Platform,
                "What was ported in error can still come back",
                self.view.snapback.clone(),
            ),
            Next::Tell
            | Next::Rejected
            | Next::Cancelled
            | Next::Ported
            | Next::Restored
            | Next::Closed => (Party::Platform, "Goes on by itself", None),
        };
        let looks = next != Next::Snapback;
        let wait_s = time.wait_s(deadline.as_deref(), looks && next != Next::Decide);
        OutTold {
            verdict: next,
            owner,
            next_action: next_action.to_owned(),
            deadline,
            wait_s,
            says,
            form: None,
        }
    }
}

/// What the workflow does next, by where the port-out stands at the carrier.
pub fn stands(out: &mut Out, known: &CarrierPortOut, time: Time) -> Next {
    out.view.foc = known.foc.map(clock::text).or_else(|| out.view.foc.clone());
    let mark = |out: &mut Out, status: &str| {
        for line in &mut out.lines {
            status.clone_into(&mut line.status);
        }
    };
    match known.status {
        OutStatus::Pending if out.view.answer.is_none() => Next::Decide,
        _ if out.view.to_tell.is_some() => Next::Tell,
        OutStatus::Pending | OutStatus::Authorised => {
            mark(out, "authorised");
            Next::Authorised
        }
        OutStatus::RejectedPending => Next::RejectedPending,
        OutStatus::Rejected => {
            mark(out, "kept");
            Next::Rejected
        }
        OutStatus::Cancelled => {
            mark(out, "kept");
            Next::Cancelled
        }
        OutStatus::Ported => match &out.view.snapback {
            None => Next::Ported,
            Some(until)
                if until
                    .parse::<Timestamp>()
                    .is_ok_and(|until| time.now >= until) =>
            {
                Next::Closed
            }
            Some(_) => Next::Snapback,
        },
    }
}
