//! Where a port-out stands, as the workflow and the screens are told it, and how long its carrier is waited for. Pure.
use super::by_hand;
use super::record::{Awaited, Out};
use crate::porting::calendar::{Time, is_over, term_over};
use crate::ports::clock;
use crate::ports::porting::{CarrierPortOut, OutStatus};
use crate::rules;
use contract::port::{OutAnswer, OutSilence, OutTold, OutVerdict as Next};
use contract::request::Party;
use jiff::Timestamp;

/// The term in which the numbers are to be gone after their date (`infra/world/terms`).
const GONE_TERM: &str = "port.out.gone";
/// The term in which a refusal is to be accepted.
const REFUSAL_TERM: &str = "port.out.refusal";

impl Out {
    /// Who decides, on what, until when, and what it means if nobody does. Where nobody knows until when, or what silence means, an
    /// operator sees to it.
    fn asks(&self, time: Time) -> (Party, String, Option<String>) {
        let Some(until) = self.silent_at() else {
            let what = "Find out until when the port-out is to be answered, and have it answered";
            return (Party::Operator, what.to_owned(), None);
        };
        let what = if self.is_mixed() {
            "Refuse the port-out: some of its numbers are not yours"
        } else if self.view.faults.is_empty() {
            "Authorise the port-out: nothing was found for which it could be refused"
        } else {
            "Authorise the port-out, or refuse it for what was found"
        };
        let silence = match self.silence() {
            OutSilence::Authorises => "it is authorised",
            OutSilence::Refuses => "it is refused",
            OutSilence::Asks if time.now >= until => {
                let what = "Answer the port-out: its customer has not, and nobody knows what the country makes of that";
                return (Party::Operator, what.to_owned(), None);
            }
            OutSilence::Asks => "an operator answers it",
        };
        let day = until.strftime("%Y-%m-%d %H:%M UTC");
        let action = format!("{what}. Without an answer until {day} {silence}");
        (Party::Customer, action, Some(clock::text(until)))
    }

    /// The answer that leads the workflow to this verdict.
    pub(super) fn told(&self, next: Next, time: Time, says: Option<String>) -> OutTold {
        if let Some(waits) = by_hand::waits(self, next, time) {
            return OutTold { says, ..waits };
        }
        if self.is_late(next, time) {
            return self.asks_carrier(next, time, says);
        }
        let awaited = || self.hidden.awaited.as_ref().map(|it| it.until.clone());
        let (owner, next_action, deadline) = match next {
            Next::Decide => self.asks(time),
            Next::Authorised => (
                Party::Carrier,
                "The numbers go on the date".to_owned(),
                awaited(),
            ),
            Next::RejectedPending => (
                Party::Carrier,
                "The carrier looks at the rejection".to_owned(),
                awaited(),
            ),
            Next::Snapback => (
                Party::Platform,
                "What was ported in error can still come back".to_owned(),
                self.view.snapback.clone(),
            ),
            Next::Tell
            | Next::Rejected
            | Next::Cancelled
            | Next::Ported
            | Next::Restored
            | Next::Closed => (Party::Platform, "Goes on by itself".to_owned(), None),
        };
        let wait_s = match next {
            Next::Decide | Next::Snapback => time.wait_s(deadline.as_deref()),
            _ => time.look_s(deadline.as_deref(), self.hidden.turns),
        };
        OutTold {
            verdict: next,
            owner,
            next_action,
            deadline,
            wait_s,
            says,
            form: None,
        }
    }

    /// Whether a carrier with an interface has let the time go by in which the numbers were to go, or the refusal to be accepted.
    fn is_late(&self, next: Next, time: Time) -> bool {
        let until = self.hidden.awaited.as_ref().map(|it| &it.until);
        matches!(next, Next::Authorised | Next::RejectedPending) && is_over(until, time.now)
    }

    /// An operator asks such a carrier.
    fn asks_carrier(&self, next: Next, time: Time, says: Option<String>) -> OutTold {
        let next_action = match next {
            Next::RejectedPending => {
                "The carrier is late to accept the refusal: ask it, then write down what it says"
            }
            _ => {
                "The numbers should have gone by now: ask the carrier, then write down what it says"
            }
        };
        OutTold {
            verdict: next,
            owner: Party::Operator,
            next_action: next_action.to_owned(),
            wait_s: time.look_s(None, self.hidden.turns),
            deadline: None,
            says,
            form: Some(by_hand::STANDING_FORM.to_owned()),
        }
    }

    /// Counts the time of what a carrier with an interface is waited for: anew for something else, and for another date.
    fn wait_for(&mut self, next: Next, time: Time) {
        let (term, date) = match next {
            Next::Authorised => {
                let date = self.view.foc.as_ref().or(self.view.requested_foc.as_ref());
                (GONE_TERM, date.cloned())
            }
            Next::RejectedPending => (REFUSAL_TERM, None),
            _ => {
                self.hidden.awaited = None;
                return;
            }
        };
        let before = self.hidden.awaited.as_ref();
        if self.view.by_hand || before.is_some_and(|it| it.term == term && it.date == date) {
            return;
        }
        let day = date.as_ref().and_then(|text| text.parse().ok());
        let from = day.map_or(time.now, |day: Timestamp| day.max(time.now));
        let first = self.lines.first();
        let place = first.and_then(|first| rules::porting().place(&first.number));
        let country = place.map(|(rules_of, _)| rules_of.country.as_str());
        self.hidden.awaited = Some(Awaited {
            term: term.to_owned(),
            until: term_over(term, country, time, from),
            date,
        });
    }
}

/// What the workflow does next, by where the port-out stands at the carrier, which has its time for that.
pub(super) fn stands(out: &mut Out, known: &CarrierPortOut, time: Time) -> Next {
    let next = by_status(out, known, time);
    out.wait_for(next, time);
    next
}

fn by_status(out: &mut Out, known: &CarrierPortOut, time: Time) -> Next {
    out.view.foc = known.foc.map(clock::text).or_else(|| out.view.foc.clone());
    let mark = |out: &mut Out, status: &str| {
        for line in &mut out.lines {
            status.clone_into(&mut line.status);
        }
    };
    match known.status {
        OutStatus::Pending if out.view.answer.is_none() => Next::Decide,
        _ if out.view.to_tell.is_some() => Next::Tell,
        // It has heard the refusal, and shows nothing of it yet.
        OutStatus::Pending if out.view.answer == Some(OutAnswer::Reject) => Next::RejectedPending,
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
