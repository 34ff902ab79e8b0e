//! Reminders: whoever a request waits for is written to when it is late, or nearly. Pure.
//!
//! Operators hear of a task when it was [escalated](super::escalation), and of a workflow that failed at once and again when that was
//! escalated; a customer hears of a task when one part in [`LAST_PART`] of its time is left: of one that has thirty days six days ahead, of
//! one that has ten hours two hours ahead. Of a port-out they hear at once too: they did not ask for it, and silence decides it.
use super::RequestRecord;
use crate::ports::pace::Tempo;
use contract::request::signal::SignalName;
use contract::request::{Kind, Party};
use jiff::{SignedDuration, Timestamp};

/// Which part of a task's time is its last, in which its customer is reminded: one of so many.
const LAST_PART: i128 = 5;
/// What is changed by handing in the dossier.
const DOSSIER: &str = "dossier";
/// How long a failed execution can be redriven
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html>).
pub const REDRIVABLE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A mail that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// What makes it one mail: the same however often it is tried, another for everything that waits.
    pub key: String,
    /// Whom it is for.
    pub to: Party,
    /// Until when they have, or had, time.
    pub until: Timestamp,
}

impl RequestRecord {
    /// The mail that is due about what waits here at this pace; none if nobody has to hear of it, or they have.
    pub fn reminder(&self, tempo: Tempo, now: Timestamp) -> Option<Reminder> {
        let view = &self.view;
        if !view.is_open() {
            return None;
        }
        let (what, to, until) = if self.is_stalled() {
            let since: Timestamp = view.changed_at.parse().ok()?;
            let until = since.checked_add(REDRIVABLE).ok()?;
            let what = match &view.escalated {
                Some(escalated) => format!("escalated/{escalated}"),
                None => format!("stalled/{}", view.changed_at),
            };
            (what, Party::Operator, until)
        } else {
            match view.owner {
                Party::Operator => {
                    let escalated = view.escalated.as_ref()?;
                    let until = self.due_at(tempo)?;
                    (format!("escalated/{escalated}"), view.owner, until)
                }
                Party::Customer => {
                    let (what, since) = self.asked_of_customer()?;
                    let deadline = view.deadline.as_ref()?;
                    let until = deadline.parse().ok()?;
                    let which = if is_nearly_over(since.parse().ok()?, until, now) {
                        ""
                    } else if view.kind == Kind::PortOut && until > now {
                        "/asked"
                    } else {
                        return None;
                    };
                    (format!("{what}/{deadline}{which}"), view.owner, until)
                }
                Party::Carrier | Party::Platform => return None,
            }
        };
        let key = format!("{}/{what}", view.id);
        let is_new = self.reminded.as_ref() != Some(&key);
        is_new.then_some(Reminder { key, to, until })
    }

    /// What the customer is to do, and since when: a task, or a dossier to be completed. Whoever is invited has a mail of their own.
    fn asked_of_customer(&self) -> Option<(&str, &str)> {
        let view = &self.view;
        if let Some(task) = &view.task {
            return Some((task.form.as_str(), task.since.as_deref()?));
        }
        let dossier = view.allows(SignalName::RequestChange, Some(DOSSIER));
        let since = view.steps.last().filter(|_| dossier)?;
        Some((DOSSIER, since.at.as_str()))
    }
}

/// Whether a time is in its last part, and not over: then the workflow itself goes on.
fn is_nearly_over(since: Timestamp, until: Timestamp, now: Timestamp) -> bool {
    let whole = until.duration_since(since).as_millis();
    let left = until.duration_since(now).as_millis();
    left > 0 && left * LAST_PART <= whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{asking, begun, input};

    /// An hour a second.
    const FAST: Tempo = Tempo {
        scale: 3_600,
        patience_s: 0,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A request that has asked somebody for a task since ten o'clock.
    fn asks(owner: Party, deadline: Option<&str>) -> RequestRecord {
        let mut record = begun();
        ask(&mut record, 1, owner, deadline, "2026-11-20T10:00:00Z");
        record
    }

    fn ask(record: &mut RequestRecord, round: u32, owner: Party, until: Option<&str>, now: &str) {
        let mut turn = asking(input(round, 0, &["task.done@review"]));
        turn.owner = owner;
        turn.deadline = until.map(str::to_owned);
        record.open_turn(&turn, at(now)).unwrap();
    }

    #[test]
    fn operators_hear_of_a_task_once_it_is_escalated_and_once() {
        let mut record = asks(Party::Operator, Some("2026-11-20T12:00:00Z"));
        let late = at("2026-11-20T12:00:30Z");
        assert_eq!(
            record.reminder(Tempo::REAL, late),
            None,
            "nobody escalated it"
        );
        record.escalate(late);
        let due = record.reminder(Tempo::REAL, late).unwrap();
        assert_eq!(
            (due.to, due.until),
            (Party::Operator, at("2026-11-20T12:00:00Z"))
        );
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-21T12:00:00Z")),
            Some(due.clone())
        );
        record.reminded = Some(due.key.clone());
        // Asked again right away it is the same task, whatever its deadline is now.
        ask(
            &mut record,
            2,
            Party::Operator,
            Some("2026-11-21T12:00:00Z"),
            "2026-11-20T12:01:00Z",
        );
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T12:02:00Z")),
            None
        );
        // The next task is another.
        let other = input(3, 0, &["request.cancel"]);
        record
            .open_turn(&other, at("2026-11-20T13:00:00Z"))
            .unwrap();
        ask(
            &mut record,
            4,
            Party::Operator,
            None,
            "2026-11-20T14:00:00Z",
        );
        record.escalate(at("2026-11-21T14:00:30Z"));
        let next = record
            .reminder(Tempo::REAL, at("2026-11-21T14:00:30Z"))
            .unwrap();
        assert_ne!(next.key, due.key);
        assert_eq!(next.until, at("2026-11-21T14:00:00Z"));
        assert_eq!(
            record
                .reminder(FAST, at("2026-11-21T14:00:30Z"))
                .unwrap()
                .until,
            at("2026-11-20T14:00:24Z")
        );
    }

    #[test]
    fn a_customer_hears_of_a_task_when_a_fifth_of_its_time_is_left_and_never_too_late() {
        // Ten hours: two hours ahead.
        let mut record = asks(Party::Customer, Some("2026-11-20T20:00:00Z"));
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T17:59:59Z")),
            None
        );
        let due = record
            .reminder(Tempo::REAL, at("2026-11-20T18:00:00Z"))
            .unwrap();
        assert_eq!(
            (due.to, due.until),
            (Party::Customer, at("2026-11-20T20:00:00Z"))
        );
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T20:00:00Z")),
            None
        );
        record.reminded = Some(due.key.clone());
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T19:00:00Z")),
            None
        );
        // Handed in and sent back at once, with the same time: they know it.
        ask(
            &mut record,
            2,
            Party::Customer,
            Some("2026-11-20T20:00:00Z"),
            "2026-11-20T19:00:00Z",
        );
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T19:30:00Z")),
            None
        );
        // With more time they hear of its end too.
        ask(
            &mut record,
            3,
            Party::Customer,
            Some("2026-11-30T10:00:00Z"),
            "2026-11-20T19:45:00Z",
        );
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-27T10:00:00Z")),
            None
        );
        let next = record
            .reminder(Tempo::REAL, at("2026-11-28T10:00:00Z"))
            .unwrap();
        assert_ne!(next.key, due.key);
    }

    #[test]
    fn a_customer_hears_of_a_port_out_at_once_and_again_before_silence_decides_it() {
        let mut record = asks(Party::Customer, Some("2026-11-20T20:00:00Z"));
        record.view.kind = Kind::PortOut;
        let first = record
            .reminder(Tempo::REAL, at("2026-11-20T10:01:00Z"))
            .unwrap();
        assert_eq!(first.to, Party::Customer);
        record.reminded = Some(first.key.clone());
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T17:59:59Z")),
            None
        );
        let last = record
            .reminder(Tempo::REAL, at("2026-11-20T18:00:00Z"))
            .unwrap();
        assert_ne!(last.key, first.key);
        record.reminded = Some(last.key);
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T19:00:00Z")),
            None
        );
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-20T20:00:00Z")),
            None
        );
    }

    #[test]
    fn nobody_hears_of_what_has_no_end_is_nobodys_or_is_over() {
        let now = at("2026-12-20T10:00:00Z");
        assert_eq!(asks(Party::Customer, None).reminder(Tempo::REAL, now), None);
        assert_eq!(begun().reminder(Tempo::REAL, now), None);
        for owner in [Party::Carrier, Party::Platform] {
            let record = asks(owner, Some("2026-12-20T10:00:01Z"));
            assert_eq!(record.reminder(Tempo::REAL, now), None, "{owner:?}");
        }
        let mut over = asks(Party::Customer, Some("2026-12-20T10:00:01Z"));
        assert!(over.reminder(Tempo::REAL, now).is_some());
        let end =
            crate::request::tests::ended(contract::request::Outcome::Cancelled, "cancelled", "");
        over.end(&end, now);
        assert_eq!(over.reminder(Tempo::REAL, now), None);
    }

    #[test]
    fn a_customer_hears_of_a_dossier_that_is_waited_for_without_a_task_but_of_no_link_in_a_mail() {
        for (action, hears) in [("dossier", true), ("invitation", false)] {
            let mut record = begun();
            let mut turn = input(
                1,
                0,
                &[&format!("request.change@{action}"), "request.cancel"],
            );
            turn.owner = Party::Customer;
            turn.deadline = Some("2026-11-20T20:00:00Z".to_owned());
            record.open_turn(&turn, at("2026-11-20T10:00:00Z")).unwrap();
            assert_eq!(
                record.reminder(Tempo::REAL, at("2026-11-20T17:00:00Z")),
                None
            );
            let due = record.reminder(Tempo::REAL, at("2026-11-20T19:00:00Z"));
            assert_eq!(due.is_some(), hears, "{action}");
            // Completed in part, and waited for as long as before: they know it.
            record.reminded = due.map(|due| due.key);
            turn.round = 2;
            record.open_turn(&turn, at("2026-11-20T19:10:00Z")).unwrap();
            assert_eq!(
                record.reminder(Tempo::REAL, at("2026-11-20T19:59:00Z")),
                None
            );
        }
    }

    #[test]
    fn operators_hear_of_a_workflow_that_failed_until_it_cannot_be_redriven_any_more() {
        let mut record = asks(Party::Customer, Some("2026-12-20T10:00:00Z"));
        record.stall("The workflow failed", at("2026-11-21T10:00:00Z"));
        let due = record
            .reminder(Tempo::REAL, at("2026-11-21T10:01:00Z"))
            .unwrap();
        assert_eq!(
            (due.to, due.until),
            (Party::Operator, at("2026-12-05T10:00:00Z"))
        );
        record.reminded = Some(due.key);
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-22T10:00:00Z")),
            None
        );
        // Nobody did anything about it within a day.
        record.escalate(at("2026-11-22T10:00:00Z"));
        let again = record
            .reminder(Tempo::REAL, at("2026-11-22T10:00:00Z"))
            .unwrap();
        assert_eq!(again.until, at("2026-12-05T10:00:00Z"));
        record.reminded = Some(again.key);
        assert_eq!(
            record.reminder(Tempo::REAL, at("2026-11-22T11:00:00Z")),
            None
        );
        // Redriven, it stalls another time.
        ask(
            &mut record,
            2,
            Party::Customer,
            None,
            "2026-11-22T12:00:00Z",
        );
        record.stall("The workflow failed", at("2026-11-23T10:00:00Z"));
        assert!(
            record
                .reminder(Tempo::REAL, at("2026-11-23T10:01:00Z"))
                .is_some()
        );
    }
}
