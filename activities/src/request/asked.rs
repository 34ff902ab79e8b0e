//! Which task a turn asks for: the one that was asked for before, where nobody has done anything about it, or a new one. Pure.
//!
//! A workflow looks at a carrier from time to time, and asks for what it waits for again after every look. Whoever fills in the form
//! meanwhile fills in the same task: its id, its link, its age and what was typed stay, and an answer that comes between two turns is the
//! next one's. Where the question is another one by then, the answer reaches nobody, and the timeline says so.
use super::RequestRecord;
use super::record::RESUMED;
use contract::request::signal::{RequestSignal, SignalName};
use contract::request::turn::RequestTurnInput;
use contract::{PersonId, TaskId};

/// What the key of a task's answer begins with.
const PREFIX: &str = "task#";

/// The key of a task's answer: a task is done once.
pub fn task_key(task: &TaskId) -> String {
    format!("{PREFIX}{task}")
}

/// The task whose answer has this key; none if it is something else's.
pub(super) fn task_of(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX)
}

/// Whether somebody did this about the request: after it, what was asked is answered or pointless. What others say, such as a carrier,
/// leaves a question as it is.
pub const fn is_by_people(name: SignalName) -> bool {
    match name {
        SignalName::TaskDone | SignalName::RequestCancel | SignalName::RequestChange => true,
        SignalName::CarrierNotice
        | SignalName::EmailVerified
        | SignalName::CallTested
        | SignalName::RequestEnded => false,
    }
}

impl RequestRecord {
    /// The task that this turn asks for, if it asks for one. It is the one before while the same form is asked of the same party, by the
    /// same title, where the request stands as it stood, and nobody has answered or changed anything; that it is overdue by now makes it no
    /// other. One whose answer is there and was not heard is in no view any more, and is the one before all the same.
    pub(super) fn asks_for(&self, input: &RequestTurnInput) -> Option<TaskId> {
        let wanted = input.task.as_ref()?;
        let view = &self.view;
        let heard = self.inbox.taken().filter(|note| note.seq == input.received);
        let is_open = heard.is_none_or(|note| !is_by_people(note.name));
        let stands = view.status == input.status;
        let same = match &view.task {
            Some(before) => {
                let is_same = before.form == wanted.form
                    && before.title == wanted.title
                    && before.owner == input.owner;
                (is_same && stands).then(|| before.id.clone())
            }
            // Redriven, it does not say where it stood.
            None if (stands && view.owner == input.owner) || view.status == RESUMED => {
                self.unheard(&wanted.form, input.received)
            }
            None => None,
        };
        let fresh = || TaskId(format!("{}.{}", view.id, input.round));
        Some(same.filter(|_| is_open).unwrap_or_else(fresh))
    }

    /// The task whose answer to this form waits, or was taken in vain.
    fn unheard(&self, form: &str, received: u64) -> Option<TaskId> {
        let all = self.inbox.taken().into_iter().chain(self.inbox.pending());
        let mut of_form =
            all.filter(|note| note.seq != received && note.topic.as_deref() == Some(form));
        of_form.find_map(|note| {
            let key = self.inbox.key_of(note.seq)?;
            Some(TaskId(task_of(key)?.to_owned()))
        })
    }

    /// Forgets answers that reached no turn in time and answer another task than `asked`; gives who gave them.
    pub(super) fn forget_late(
        &mut self,
        asked: Option<&TaskId>,
        received: u64,
    ) -> Vec<Option<PersonId>> {
        let asked = asked.map(TaskId::as_str);
        let is_late = |note: &&RequestSignal| {
            let key = self.inbox.key_of(note.seq);
            let task = key.and_then(task_of);
            note.seq != received && task.is_some() && task != asked
        };
        let all = self.inbox.taken().into_iter().chain(self.inbox.pending());
        let late: Vec<_> = all
            .filter(is_late)
            .map(|note| (note.seq, note.person.clone()))
            .collect();
        late.into_iter()
            .map(|(seq, person)| {
                self.inbox.forget(seq);
                person
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asking, begun, input, letter};
    use super::super::{Delivered, Letter};
    use super::*;
    use contract::request::Party;
    use jiff::{SignedDuration, Timestamp};

    const ACCEPTS: [&str; 3] = ["task.done@review", "carrier.notice", "request.cancel"];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    /// The turn of this round asks for a review, as every turn of these tests does.
    fn asks(round: u32, received: u64) -> RequestTurnInput {
        let mut turn = asking(input(round, received, &ACCEPTS));
        "at_carrier".clone_into(&mut turn.status);
        turn
    }

    fn open(record: &mut RequestRecord, turn: &RequestTurnInput) -> bool {
        let second = i64::from(turn.round);
        record.open_turn(turn, at(second)).unwrap().is_some()
    }

    fn id(record: &RequestRecord) -> Option<&str> {
        record.view.task.as_ref().map(|task| task.id.as_str())
    }

    fn answer(task: &str) -> Letter {
        let key = task_key(&task.into());
        letter(&key, SignalName::TaskDone, Some("review"))
    }

    fn notice(key: &str) -> Letter {
        letter(key, SignalName::CarrierNotice, Some("status"))
    }

    #[test]
    fn a_task_that_is_asked_for_again_after_a_look_is_the_same_task() {
        let mut record = begun();
        open(&mut record, &asks(1, 0));
        // Its time is over twice, and a notice came between.
        open(&mut record, &asks(2, 0));
        assert!(matches!(
            record.deliver(&notice("n-1"), at(2)),
            Delivered::Taken(_)
        ));
        // Another notice came while the workflow looked: the turn goes on at once, and the task is in its queue still.
        assert_eq!(record.deliver(&notice("n-2"), at(2)), Delivered::Kept);
        assert!(open(&mut record, &asks(3, 1)));
        assert_eq!(id(&record), Some("pi-1.1"));
        open(&mut record, &asks(4, 2));
        let task = record.view.task.clone().unwrap();
        assert_eq!(
            (task.id.as_str(), task.since),
            ("pi-1.1", Some("1970-01-01T00:00:01.000Z".to_owned()))
        );
        assert!(matches!(
            record.deliver(&answer("pi-1.1"), at(5)),
            Delivered::Taken(_)
        ));
    }

    #[test]
    fn one_that_is_overdue_is_the_same_task_and_an_answer_at_the_last_moment_counts() {
        let mut record = begun();
        open(&mut record, &asks(1, 0));
        // Its time is over, and nobody here knows.
        record.deliver(&answer("pi-1.1"), at(1));
        let mut turn = asks(2, 0);
        turn.next_action = "Review it: it is overdue".to_owned();
        assert!(open(&mut record, &turn));
        assert_eq!(record.inbox.offer().unwrap().note.seq, 1);
    }

    #[test]
    fn another_question_is_another_task() {
        let others: [fn(&mut RequestTurnInput); 4] = [
            |turn| turn.task.as_mut().unwrap().form = "port-date".to_owned(),
            |turn| turn.task.as_mut().unwrap().title = "Review it again".to_owned(),
            |turn| turn.owner = Party::Customer,
            |turn| turn.status = "refused".to_owned(),
        ];
        for (which, other) in others.into_iter().enumerate() {
            let mut record = begun();
            open(&mut record, &asks(1, 0));
            let mut turn = asks(2, 0);
            other(&mut turn);
            open(&mut record, &turn);
            assert_eq!(id(&record), Some("pi-1.2"), "{which}");
        }
    }

    #[test]
    fn what_somebody_answered_or_changed_is_asked_for_anew() {
        let changed = letter("k-1", SignalName::RequestChange, Some("order"));
        for done in [answer("pi-1.1"), changed] {
            let mut record = begun();
            let mut first = asks(1, 0);
            let change = "request.change@order".to_owned();
            first.accepts.push(change.try_into().unwrap());
            open(&mut record, &first);
            assert!(matches!(record.deliver(&done, at(1)), Delivered::Taken(_)));
            open(&mut record, &asks(2, 1));
            assert_eq!(id(&record), Some("pi-1.2"), "{done:?}");
        }
    }

    #[test]
    fn an_answer_between_two_turns_is_the_next_ones() {
        // The first turn's token is over and nobody here knows: it takes the answer in vain.
        let mut record = begun();
        open(&mut record, &asks(1, 0));
        record.deliver(&answer("pi-1.1"), at(1));
        assert!(open(&mut record, &asks(2, 0)));
        let offer = record.inbox.offer().unwrap();
        assert_eq!((offer.token.as_str(), offer.note.seq), ("token-2", 1));
        assert_eq!(id(&record), None);
        // A notice has ended it, and the workflow looks: the answer waits.
        let mut record = begun();
        open(&mut record, &asks(1, 0));
        record.deliver(&notice("n-1"), at(1));
        assert_eq!(record.deliver(&answer("pi-1.1"), at(1)), Delivered::Kept);
        assert!(open(&mut record, &asks(2, 1)));
        assert_eq!(record.inbox.offer().unwrap().note.seq, 2);
    }

    /// An answer that waits, since a notice came before it.
    fn answered() -> RequestRecord {
        let mut record = begun();
        open(&mut record, &asks(1, 0));
        record.deliver(&notice("n-1"), at(1));
        assert_eq!(record.deliver(&answer("pi-1.1"), at(1)), Delivered::Kept);
        record
    }

    #[test]
    fn an_answer_that_turn_after_turn_takes_in_vain_is_the_next_ones_until_it_is_heard() {
        let mut record = answered();
        for round in 2..=4 {
            assert!(open(&mut record, &asks(round, 1)), "{round}");
            assert_eq!(record.inbox.offer().unwrap().note.seq, 2);
            assert_eq!(id(&record), None);
        }
        assert!(!open(&mut record, &asks(5, 2)));
        assert_eq!(id(&record), Some("pi-1.5"));
        // Taken in vain, it is no answer to what is asked where the request stands otherwise.
        let mut record = answered();
        open(&mut record, &asks(2, 1));
        let mut turn = asks(3, 1);
        "refused".clone_into(&mut turn.status);
        assert!(!open(&mut record, &turn));
        assert_eq!(id(&record), Some("pi-1.3"));
    }

    #[test]
    fn an_answer_that_waits_outlives_a_redrive() {
        for (form, is_heard) in [("review", true), ("port-date", false)] {
            let mut record = answered();
            record.stall("The workflow failed", at(2));
            record.resume(None, at(3));
            let mut turn = asks(2, 1);
            form.clone_into(&mut turn.task.as_mut().unwrap().form);
            assert_eq!(open(&mut record, &turn), is_heard, "{form}");
            let offered = record.inbox.offer().map(|offer| offer.note.seq);
            assert_eq!(offered, is_heard.then_some(2));
        }
    }

    #[test]
    fn an_answer_to_another_question_reaches_nobody_and_it_is_said() {
        for is_taken in [true, false] {
            let mut record = begun();
            open(&mut record, &asks(1, 0));
            if !is_taken {
                record.deliver(&notice("n-1"), at(1));
            }
            let given = Letter {
                person: Some("p-ruth".into()),
                ..answer("pi-1.1")
            };
            record.deliver(&given, at(1));
            let mut turn = asks(2, u64::from(!is_taken));
            "refused".clone_into(&mut turn.status);
            assert!(!open(&mut record, &turn), "nothing is handed over");
            assert_eq!(id(&record), Some("pi-1.2"));
            let said = record
                .view
                .timeline
                .iter()
                .find(|entry| entry.text == "An answer came when it was no longer asked for");
            assert_eq!(said.unwrap().person, Some("p-ruth".into()));
            // It is no answer to the task that is asked for now.
            let late = letter(
                &task_key(&"pi-1.9".into()),
                SignalName::TaskDone,
                Some("review"),
            );
            assert_eq!(record.deliver(&late, at(3)), Delivered::Overtaken);
            assert!(matches!(
                record.deliver(&answer("pi-1.2"), at(3)),
                Delivered::Taken(_)
            ));
        }
    }

    #[test]
    fn what_waits_for_another_turn_and_answers_no_task_stays() {
        let mut record = begun();
        open(&mut record, &asks(1, 0));
        let submitted = letter("submitted", SignalName::TaskDone, Some("port-order"));
        assert_eq!(record.deliver(&submitted, at(1)), Delivered::Kept);
        open(&mut record, &asks(2, 0));
        assert_eq!(record.inbox.pending().len(), 1);
    }
}
