//! Escalation: an operator's task that nobody does in time goes to the top of the work queue, and its request says so.
//!
//! One rule for every workflow: a task is due at its deadline, one without after [`TERM`]. Asked for again right away, with a deadline of
//! its own, it is due when it was. A request whose workflow failed has no task, and is the operators' all the same: it is due [`TERM`] after
//! it stalled. A customer's task needs none: at its deadline the workflow itself goes on, and says how.
use super::RequestRecord;
use super::timeline;
use crate::ports::clock;
use crate::ports::pace::Tempo;
use contract::request::{Entry, Party};
use jiff::{SignedDuration, Timestamp};

/// How long an operator's task without a deadline may lie, and a request whose workflow failed.
pub const TERM: SignedDuration = SignedDuration::from_hours(24);

impl RequestRecord {
    /// When what waits for an operator is overdue at this pace; none if nothing does, or if it was escalated already.
    pub fn overdue_at(&self, tempo: Tempo) -> Option<Timestamp> {
        let is_new = self.view.escalated.is_none();
        self.due_at(tempo).filter(|_| is_new)
    }

    /// Until when the operators are to do what waits for them; none if nothing does.
    pub(super) fn due_at(&self, tempo: Tempo) -> Option<Timestamp> {
        if self.is_stalled() {
            return after_term(&self.view.changed_at, tempo);
        }
        let task = self.view.task.as_ref().filter(|_| self.view.is_open())?;
        if task.owner != Party::Operator {
            return None;
        }
        match self.due.as_ref().or(task.deadline.as_ref()) {
            Some(deadline) => deadline.parse().ok(),
            None => after_term(task.since.as_ref()?, tempo),
        }
    }

    /// Says that nobody did it in time. The turn that comes next takes it back.
    pub fn escalate(&mut self, now: Timestamp) {
        let at = clock::text(now);
        // Until when a failed execution can be redriven is counted from when the request stalled: that stays.
        let is_stalled = self.is_stalled();
        let view = &mut self.view;
        view.escalated = Some(at.clone());
        if !is_stalled {
            view.changed_at.clone_from(&at);
        }
        let entry = Entry {
            at,
            by: Party::Platform,
            person: None,
            text: format!("Escalated, for nobody did it in time: {}", view.next_action),
            is_comment: false,
        };
        timeline::put(&mut view.timeline, entry);
    }
}

/// When [`TERM`] is over for what waits since then.
fn after_term(since: &str, tempo: Tempo) -> Option<Timestamp> {
    let since: Timestamp = since.parse().ok()?;
    since.checked_add(tempo.turn(TERM)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{begun, input};
    use contract::request::task::TaskSpec;

    /// An hour a second, for programs.
    const FAST: Tempo = Tempo {
        scale: 3_600,
        patience_s: 0,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A request with a turn that asks `owner` for something until `deadline`.
    fn asks(owner: Party, deadline: Option<&str>) -> RequestRecord {
        let mut record = begun();
        let mut turn = input(1, 0, &["task.done@port-review"]);
        turn.owner = owner;
        turn.deadline = deadline.map(str::to_owned);
        turn.task = Some(TaskSpec {
            form: "port-review".to_owned(),
            title: "Review".to_owned(),
            about: serde_json::Value::Null,
        });
        record.open_turn(&turn, at("2026-11-20T10:00:00Z")).unwrap();
        record
    }

    #[test]
    fn an_operators_task_is_due_at_its_deadline_or_a_day_after_it_began() {
        let dated = asks(Party::Operator, Some("2026-11-20T12:00:00Z"));
        assert_eq!(dated.overdue_at(FAST), Some(at("2026-11-20T12:00:00Z")));
        let open = asks(Party::Operator, None);
        assert_eq!(
            open.overdue_at(Tempo::REAL),
            Some(at("2026-11-21T10:00:00Z"))
        );
        assert_eq!(open.overdue_at(FAST), Some(at("2026-11-20T10:00:24Z")));
        // A person who tries it has as long as people need.
        let patient = Tempo {
            patience_s: 1_800,
            ..FAST
        };
        assert_eq!(open.overdue_at(patient), Some(at("2026-11-20T10:30:00Z")));
        let customers = asks(Party::Customer, Some("2026-11-20T12:00:00Z"));
        assert_eq!(customers.overdue_at(Tempo::REAL), None);
    }

    #[test]
    fn a_request_whose_workflow_failed_is_due_a_day_after_it_stalled_and_escalated_once() {
        let mut record = asks(Party::Customer, Some("2026-12-20T12:00:00Z"));
        assert_eq!(record.overdue_at(Tempo::REAL), None, "it is the customer's");
        record.stall("The workflow failed", at("2026-11-20T11:00:00Z"));
        assert_eq!(
            record.overdue_at(Tempo::REAL),
            Some(at("2026-11-21T11:00:00Z"))
        );
        assert_eq!(record.overdue_at(FAST), Some(at("2026-11-20T11:00:24Z")));
        record.escalate(at("2026-11-21T11:00:30Z"));
        assert_eq!(record.overdue_at(Tempo::REAL), None);
        assert_eq!(record.due_at(Tempo::REAL), Some(at("2026-11-21T11:00:00Z")));
        let last = record.view.timeline.last().unwrap();
        assert!(last.text.contains("Redrive the workflow"), "{}", last.text);
        // Redriven or taken over, it is late no more.
        let mut redriven = record.clone();
        redriven.resume(Some(&"p-ruth".into()), at("2026-11-21T12:00:00Z"));
        record.take_over(at("2026-11-21T12:00:00Z"));
        for goes_on in [redriven, record] {
            assert_eq!(
                (goes_on.view.escalated.as_ref(), goes_on.due_at(Tempo::REAL)),
                (None, None)
            );
        }
    }

    #[test]
    fn a_task_that_is_asked_for_again_right_away_is_due_when_it_was() {
        let mut record = asks(Party::Operator, Some("2026-11-20T12:00:00Z"));
        let mut ask = |round: u32, form: &str, deadline: &str| {
            let mut again = input(round, 0, &["task.done@port-review"]);
            again.deadline = Some(deadline.to_owned());
            again.task = Some(TaskSpec {
                form: form.to_owned(),
                title: "Review".to_owned(),
                about: serde_json::Value::Null,
            });
            record
                .open_turn(&again, at("2026-11-20T12:00:01Z"))
                .unwrap();
            record.overdue_at(Tempo::REAL)
        };
        let due = Some(at("2026-11-20T12:00:00Z"));
        assert_eq!(ask(2, "port-review", "2026-11-21T12:00:00Z"), due);
        assert_eq!(ask(3, "port-review", "2026-11-22T12:00:00Z"), due);
        let other = ask(4, "port-help", "2026-11-23T12:00:00Z");
        assert_eq!(other, Some(at("2026-11-23T12:00:00Z")));
    }

    #[test]
    fn what_was_stored_before_is_due_at_its_tasks_deadline() {
        let mut record = asks(Party::Operator, Some("2026-11-20T12:00:00Z"));
        let mut stored = serde_json::to_value(&record).unwrap();
        stored.as_object_mut().unwrap().remove("due");
        record = serde_json::from_value(stored).unwrap();
        assert_eq!(
            record.overdue_at(Tempo::REAL),
            Some(at("2026-11-20T12:00:00Z"))
        );
    }

    #[test]
    fn it_is_escalated_once_and_the_next_turn_takes_it_back() {
        let mut record = asks(Party::Operator, None);
        record.escalate(at("2026-11-21T10:00:30Z"));
        assert_eq!(record.overdue_at(Tempo::REAL), None);
        let last = record.view.timeline.last().unwrap();
        assert!(last.text.starts_with("Escalated"), "{}", last.text);
        let mut again = input(2, 0, &["task.done@port-review"]);
        again.task = Some(TaskSpec {
            form: "port-review".to_owned(),
            title: "Review".to_owned(),
            about: serde_json::Value::Null,
        });
        record
            .open_turn(&again, at("2026-11-21T10:30:00Z"))
            .unwrap();
        assert!(record.view.escalated.is_some(), "the same is asked again");
        let next = input(3, 0, &["request.cancel"]);
        record.open_turn(&next, at("2026-11-21T11:00:00Z")).unwrap();
        assert_eq!(record.view.escalated, None);
    }
}
