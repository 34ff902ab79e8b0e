//! A request whose workflow failed goes on from where it failed, once its cause is mended.
use super::RequestRecord;
use super::record::RESUMED;
use crate::ports::Unavailable;
use crate::ports::clock::{self, Clock};
use crate::ports::requests::Requests;
use crate::ports::workflows::{Redriven, Workflows};
use contract::PersonId;
use contract::request::Party;
use jiff::Timestamp;

/// Redrives the execution of a stalled request. Done again it changes nothing: an execution that runs already is as good as redriven.
///
/// The request goes on before its execution does: who [takes over](super::take_over) what is stalled then leaves it alone.
///
/// # Errors
/// [`Unavailable`]: nothing is lost by trying again.
pub async fn redrive(
    d: &(impl Requests + Workflows + Clock),
    record: &RequestRecord,
    by: &PersonId,
) -> Result<Redriven, Unavailable> {
    let (id, now) = (&record.view.id, d.now());
    let resumed = d.update(id, |record| {
        let was_stalled = record.is_stalled();
        record.resume(Some(by), now);
        was_stalled
    });
    let Some((true, record)) = resumed.await? else {
        return Ok(Redriven::Not("somebody else sees to it".to_owned()));
    };
    let redriven = match &record.view.execution {
        Some(execution) => d.redrive(execution).await,
        None => Ok(Redriven::Not("it has no execution".to_owned())),
    };
    if !matches!(redriven, Ok(Redriven::Runs)) {
        d.update(id, |record| record.stall("It was not redriven", now))
            .await?;
    }
    redriven
}

impl RequestRecord {
    /// The workflow goes on by itself again, as somebody saw to or as is found. A request that is not stalled stays as it is. That its turn was
    /// left is known until the turn opens again: of an execution that was redriven it does so by another token.
    pub fn resume(&mut self, by: Option<&PersonId>, now: Timestamp) {
        if !self.is_stalled() {
            return;
        }
        let view = &mut self.view;
        RESUMED.clone_into(&mut view.status);
        view.owner = Party::Platform;
        "Goes on by itself".clone_into(&mut view.next_action);
        view.escalated = None;
        view.changed_at = clock::text(now);
        let says = "The workflow goes on from where it failed";
        let party = by.map_or(Party::Platform, |_| Party::Operator);
        self.note(party, by.cloned(), says, now);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asking, begun, input, letter};
    use super::super::{Delivered, task_key};
    use super::*;
    use contract::request::signal::SignalName;
    use contract::request::turn::RequestTurnInput;

    #[test]
    fn only_what_is_stalled_goes_on_and_it_is_the_platforms_again() {
        let now = Timestamp::UNIX_EPOCH;
        let mut record = begun();
        let before = record.view.clone();
        record.resume(Some(&"p-ruth".into()), now);
        assert_eq!(record.view, before);
        record.stall("The workflow failed", now);
        record.resume(Some(&"p-ruth".into()), now);
        assert!(!record.is_stalled() && record.view.is_open());
        assert_eq!(record.view.owner, Party::Platform);
        // It may fail again before a turn opens.
        record.stall("The workflow failed", now);
        assert!(record.is_stalled());
    }

    #[test]
    fn where_it_waited_for_somebody_it_waits_again() {
        let now = Timestamp::UNIX_EPOCH;
        let mut record = begun();
        let first = asking(input(1, 0, &["task.done@review"]));
        assert_eq!(record.open_turn(&first, now), Ok(None));
        record.stall("An operator stopped the workflow", now);
        let ruth: PersonId = "p-ruth".into();
        // Redriven here; or elsewhere, and it is found that it goes on.
        for by in [Some(&ruth), None] {
            let mut record = record.clone();
            record.resume(by, now);
            waits_again(&mut record, first.clone());
        }
    }

    fn waits_again(record: &mut RequestRecord, first: RequestTurnInput) {
        let now = Timestamp::UNIX_EPOCH;
        // The function of before comes late; then the redriven execution is in the same turn, by another token.
        assert_eq!(record.open_turn(&first, now), Ok(None));
        assert_eq!(record.view.status, RESUMED);
        let again = RequestTurnInput {
            token: "token-again".to_owned(),
            ..first
        };
        assert_eq!(record.open_turn(&again, now), Ok(None));
        assert_eq!(record.view.status, "status_1");
        let task = record.view.task.clone().unwrap();
        assert_eq!(task.id.as_str(), "pi-1.1");
        let said = record.view.timeline.iter();
        assert_eq!(said.filter(|entry| entry.text == "Step 1").count(), 1);
        let key = task_key(&task.id);
        let answer = letter(&key, SignalName::TaskDone, Some("review"));
        let taken = record.deliver(&answer, now);
        assert!(
            matches!(&taken, Delivered::Taken(offer) if offer.token == "token-again"),
            "{taken:?}"
        );
    }
}
