//! A request whose workflow is over without having ended it, and what it ordered or made lives on.
//!
//! To write its end down would leave an order alive that nobody looks after, or a tenant that nobody onboards. So another execution of the
//! same workflow takes the request over where the one before left it, and brings it to its end as the workflow itself does: it withdraws
//! what stands at the carrier, takes back what was made here for numbers that do not come or people who do not, and asks an operator for
//! what cannot be taken back.
use super::RequestRecord;
use super::begin::{BeginError, start};
use crate::ports::Unavailable;
use crate::ports::clock::{self, Clock};
use crate::ports::requests::Requests;
use crate::ports::workflows::{Status, Workflows};
use contract::RequestId;
use contract::request::signal::{RequestSignal, SignalName};
use contract::request::{Kind, Party, TakenOver};
use jiff::Timestamp;

/// Whether what a request of this kind ordered or made lives on when its workflow is over.
pub const fn lives_on(kind: Kind) -> bool {
    match kind {
        Kind::NumberOrder
        | Kind::NumberRelease
        | Kind::PortIn
        | Kind::PortOut
        | Kind::OnboardTenant
        | Kind::OnboardUser => true,
        Kind::VerifyDossier => false,
    }
}

/// What the execution that takes a request over sees to: what comes next, and what the timeline says.
const fn seen_to(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::OnboardTenant | Kind::OnboardUser => (
            "Take back what was done",
            "Ended by an operator, its workflow being over: what it made is taken back first",
        ),
        Kind::NumberOrder
        | Kind::NumberRelease
        | Kind::PortIn
        | Kind::PortOut
        | Kind::VerifyDossier => (
            "Is brought to its end at the carrier",
            "Ended by an operator, its workflow being over: what stands at the carrier is seen to first",
        ),
    }
}

/// What came of it that a request was to be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeOver {
    /// Another execution brings it to its end, or it has ended.
    Begun,
    /// Its own execution goes on after all, and two would be one too many.
    GoesOn,
}

/// Has a stalled request taken over. One that is not stalled is as it was, and one whose taking over was begun goes on with it.
///
/// # Errors
/// [`BeginError`]: the sweeper starts it, or it stays with the operators.
pub async fn take_over(
    d: &(impl Requests + Workflows + Clock),
    request: &RequestId,
) -> Result<TakeOver, BeginError> {
    let now = d.now();
    if let Some(record) = d.get(request).await?.filter(RequestRecord::is_stalled)
        && goes_on(d, &record).await?
    {
        d.update(request, |record| record.resume(None, now)).await?;
        return Ok(TakeOver::GoesOn);
    }
    let taken = d.update(request, |record| record.take_over(now)).await?;
    if let Some(((), record)) = taken {
        start(d, record).await?;
    }
    Ok(TakeOver::Begun)
}

/// Whether its execution runs, as when it was redriven and the answer was lost.
async fn goes_on(d: &impl Workflows, record: &RequestRecord) -> Result<bool, Unavailable> {
    let name = record.execution_name();
    let status = d.status(record.view.kind.into(), &name).await?;
    Ok(status == Some(Status::Running))
}

impl RequestRecord {
    /// The name of its execution: its id, and from the second one on with a number.
    pub fn execution_name(&self) -> String {
        match self.taken_over {
            0 => self.view.id.to_string(),
            times => format!("{}_{}", self.view.id, u64::from(times) + 1),
        }
    }

    /// A stalled request is to be taken over: it has no execution until that one is started.
    pub fn take_over(&mut self, now: Timestamp) {
        if !self.is_stalled() {
            return;
        }
        self.taken_over = self.taken_over.saturating_add(1);
        let (next_action, says) = seen_to(self.view.kind);
        let view = &mut self.view;
        view.execution = None;
        "ending".clone_into(&mut view.status);
        view.owner = Party::Platform;
        next_action.clone_into(&mut view.next_action);
        view.escalated = None;
        view.changed_at = clock::text(now);
        self.note(Party::Operator, None, says, now);
    }

    /// What the execution that takes it over has to know; none for the first one.
    pub fn left(&self) -> Option<TakenOver> {
        (self.taken_over > 0).then(|| TakenOver {
            since: self.view.begun_at.clone(),
            round: self.round,
            received: self.inbox.taken_seq().unwrap_or(0),
            // What the failed execution was told and did not bring about is still wanted.
            cancelled: self.is_wanted_back(),
        })
    }

    /// Whether the wish to take it back is what was heard last, or waits to be heard.
    pub fn is_wanted_back(&self) -> bool {
        let cancels = |signal: &RequestSignal| signal.name == SignalName::RequestCancel;
        self.inbox.heard().is_some_and(cancels) || self.inbox.pending().any(cancels)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{begun, input, letter};
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(seconds)
    }

    #[test]
    fn only_what_is_stalled_is_taken_over_and_each_execution_has_a_name_of_its_own() {
        let mut record = begun();
        record.view.execution = Some("arn:pi-1".to_owned());
        record.take_over(at(1));
        assert_eq!(
            (record.execution_name(), record.left()),
            ("pi-1".to_owned(), None)
        );
        for name in ["pi-1_2", "pi-1_3"] {
            record.view.execution = Some("arn".to_owned());
            record.stall("The workflow failed", at(2));
            record.take_over(at(3));
            assert_eq!(record.execution_name(), name);
            assert!(
                record.view.execution.is_none() && record.view.is_open() && !record.is_stalled()
            );
        }
    }

    #[test]
    fn the_turns_of_the_next_execution_go_on_where_those_of_the_last_one_stopped() {
        let mut record = begun();
        let cancel = letter("k-1", SignalName::RequestCancel, None);
        record
            .open_turn(&input(1, 0, &["carrier.notice"]), at(1))
            .unwrap();
        record.deliver(
            &letter("k-0", SignalName::CarrierNotice, Some("status")),
            at(2),
        );
        record.deliver(&cancel, at(2));
        record.stall("The workflow failed", at(3));
        record.take_over(at(4));
        let left = record.left().unwrap();
        assert_eq!((left.round, left.received), (1, 1));
        let mut next = input(left.round + 1, left.received, &["carrier.notice"]);
        next.token = "another".to_owned();
        // What the failed execution had taken does not come again, and what waits goes on waiting.
        assert_eq!(record.open_turn(&next, at(5)), Ok(None));
        assert_eq!(record.view.status, "status_2");
        assert_eq!(record.inbox.pending().len(), 1);
    }

    #[test]
    fn what_its_customer_took_back_is_still_wanted_when_it_is_taken_over() {
        let accepts = ["request.cancel"];
        let cancel = letter("k-1", SignalName::RequestCancel, None);
        let left = |record: &RequestRecord| {
            let mut stalled = record.clone();
            stalled.stall("The workflow failed", at(8));
            stalled.take_over(at(9));
            stalled.left().unwrap().cancelled
        };
        let mut record = begun();
        assert!(!left(&record));
        record.open_turn(&input(1, 0, &accepts), at(1)).unwrap();
        assert!(!left(&record));
        record.deliver(&cancel, at(2));
        assert!(left(&record), "taken by the turn, and nothing came of it");
        // Its time was up before it heard: the signal waits for a turn.
        let mut late = record.clone();
        late.open_turn(&input(2, 0, &["task.done"]), at(3)).unwrap();
        assert!(left(&late), "waits");
        // Heard, and an operator is asked; then something else is heard.
        record
            .open_turn(&input(2, 1, &["task.done"]), at(3))
            .unwrap();
        assert!(left(&record), "led to where it is");
        let done = letter("k-2", SignalName::TaskDone, None);
        record.deliver(&done, at(4));
        assert!(!left(&record));
    }

    #[test]
    fn an_onboarding_is_taken_back_and_stands_at_no_carrier() {
        for (kind, next) in [
            (Kind::OnboardTenant, "Take back what was done"),
            (Kind::OnboardUser, "Take back what was done"),
            (Kind::PortIn, "Is brought to its end at the carrier"),
        ] {
            assert!(lives_on(kind));
            let mut record = begun();
            record.view.kind = kind;
            record.stall("The workflow failed", at(1));
            record.take_over(at(2));
            assert_eq!(record.view.next_action, next);
        }
    }

    #[test]
    fn a_request_that_was_stored_before_was_never_taken_over() {
        let mut stored = serde_json::json!(begun());
        stored.as_object_mut().unwrap().remove("taken_over");
        let record: RequestRecord = serde_json::from_value(stored).unwrap();
        assert_eq!(record.taken_over, 0);
    }
}
