use super::*;
use crate::house::House;
use crate::ports::mails::Mails;
use crate::ports::requests::Which;
use crate::request::tests::{asking, begun, input, letter};
use crate::request::{shell, turn};
use contract::DossierId;
use contract::dossier::review::Decision;
use contract::request::signal::SignalName;
use contract::request::{Kind, Party};
use serde_json::json;

const LONG_AGO: &str = "2026-01-05T10:00:00.000Z";

/// A port that has not changed since `changed_at`, started if `execution` says so.
async fn open(house: &House, id: &str, changed_at: &str, execution: bool) -> RequestId {
    open_of(Kind::PortIn, house, id, changed_at, execution).await
}

async fn open_of(
    kind: Kind,
    house: &House,
    id: &str,
    changed_at: &str,
    execution: bool,
) -> RequestId {
    let mut record = begun();
    record.view.kind = kind;
    record.view.id = id.into();
    changed_at.clone_into(&mut record.view.changed_at);
    record.view.execution = execution.then(|| format!("arn:{id}"));
    Requests::create(&*house.aws, &record).await.unwrap();
    record.view.id
}

async fn read(house: &House, id: &RequestId) -> RequestRecord {
    Requests::get(&*house.aws, id).await.unwrap().unwrap()
}

fn says(house: &House, id: &str, status: &str) {
    let mut asked = house.asked();
    asked.statuses.insert(id.to_owned(), status.to_owned());
}

#[tokio::test]
async fn a_request_whose_workflow_never_began_is_started_and_a_young_one_left_alone() {
    let house = House::new().await;
    let old = open(&house, "pi-old", LONG_AGO, false).await;
    let now = crate::ports::clock::text(Timestamp::now());
    let young = open(&house, "pi-young", &now, false).await;
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!((swept.looked_at, swept.started), (2, 1));
    assert!(read(&house, &old).await.view.execution.is_some());
    assert!(read(&house, &young).await.view.execution.is_none());
    let started = house.asked().started.clone();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].1["request"], "pi-old");
}

#[tokio::test]
async fn one_whose_workflow_is_gone_or_was_stopped_ends() {
    let house = House::new().await;
    for (id, status, outcome) in [
        ("pi-stopped", "ABORTED", Outcome::Cancelled),
        ("pi-late", "TIMED_OUT", Outcome::Failed),
        ("pi-done", "SUCCEEDED", Outcome::Failed),
        ("pi-gone", "GONE", Outcome::Failed),
        ("pi-old", "FAILED", Outcome::Failed),
    ] {
        let id = open_of(Kind::VerifyDossier, &house, id, LONG_AGO, true).await;
        says(&house, id.as_str(), status);
        let swept = sweep_requests(&*house.aws).await.unwrap();
        assert_eq!((swept.looked_at, swept.ended), (1, 1), "{id}");
        assert_eq!(read(&house, &id).await.view.outcome, Some(outcome), "{id}");
    }
    let left = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!(left, SweptRequests::default(), "what has ended is not open");
}

#[tokio::test]
async fn a_check_that_has_approved_its_dossier_ends_as_approved() {
    for (decision, outcome) in [
        (Decision::Approve, Outcome::Done),
        (Decision::Reject, Outcome::Failed),
    ] {
        let house = House::new().await;
        let dossier = DossierId(house.dossier().await);
        let check = open_of(Kind::VerifyDossier, &house, "vd-1", LONG_AGO, true).await;
        let names = |record: &mut RequestRecord| {
            record.view.details = json!({ "dossier": dossier });
            LONG_AGO.clone_into(&mut record.view.changed_at);
        };
        Requests::update(&*house.aws, &check, names).await.unwrap();
        let decided = house.aws.update_dossier(&dossier, |record| {
            record.take_up(&check);
            record.decide(&check, decision, None, &[])
        });
        let (_, before) = decided.await.unwrap().unwrap();
        says(&house, "vd-1", "TIMED_OUT");
        assert_eq!(sweep_requests(&*house.aws).await.unwrap().ended, 1);
        assert_eq!(read(&house, &check).await.view.outcome, Some(outcome));
        let after = house.aws.dossier(&dossier).await.unwrap();
        assert_eq!(after, Some(before), "{decision:?}");
    }
}

#[tokio::test]
async fn one_that_ordered_or_made_something_never_ends_by_itself() {
    let house = House::new().await;
    for (kind, status, says_so) in [
        (Kind::PortIn, "FAILED", "did not say how"),
        (Kind::PortOut, "TIMED_OUT", "did not say how"),
        (
            Kind::NumberOrder,
            "ABORTED",
            "An operator stopped the workflow",
        ),
        (Kind::NumberRelease, "GONE", "did not say how"),
        (
            Kind::OnboardTenant,
            "ABORTED",
            "An operator stopped the workflow",
        ),
        (Kind::OnboardUser, "GONE", "did not say how"),
    ] {
        let id = format!("lives-{}", kind.as_str());
        let id = open_of(kind, &house, &id, LONG_AGO, true).await;
        says(&house, id.as_str(), status);
        let swept = sweep_requests(&*house.aws).await.unwrap();
        assert_eq!((swept.stalled, swept.ended), (1, 0), "{id}");
        let long_ago = Requests::update(&*house.aws, &id, |record| {
            LONG_AGO.clone_into(&mut record.view.changed_at);
        });
        long_ago.await.unwrap().unwrap();
        let again = sweep_requests(&*house.aws).await.unwrap();
        assert_eq!((again.stalled, again.ended), (0, 0), "{id}");
        let record = read(&house, &id).await;
        assert!(record.is_stalled() && record.view.owner == Party::Operator);
        let mut said = record.view.timeline.iter();
        assert!(said.any(|entry| entry.text.contains(says_so)), "{id}");
    }
}

#[tokio::test]
async fn one_whose_taking_over_was_not_started_is_started_under_its_next_name() {
    let house = House::new().await;
    let id = open(&house, "pi-1", LONG_AGO, true).await;
    says(&house, "pi-1", "FAILED");
    sweep_requests(&*house.aws).await.unwrap();
    let before = house.asked().started.len();
    // The function died between the two writes.
    let taken = Requests::update(&*house.aws, &id, |record| {
        record.take_over(Timestamp::now());
        LONG_AGO.clone_into(&mut record.view.changed_at);
    });
    taken.await.unwrap().unwrap();
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().started, 1);
    let started = house.asked().started[before].clone();
    assert_eq!(
        (started.0.as_str(), &started.1["request"]),
        ("pi-1_2", &"pi-1".into())
    );
    assert_eq!(started.1["takenOver"]["round"], 0);
    assert_eq!(started.1["details"], Value::Null, "it reads its item");
    // From now on it is the new execution that counts.
    let long_ago = Requests::update(&*house.aws, &id, |record| {
        LONG_AGO.clone_into(&mut record.view.changed_at);
    });
    long_ago.await.unwrap().unwrap();
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().stalled, 0);
    says(&house, "pi-1_2", "FAILED");
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().stalled, 1);
}

#[tokio::test]
async fn one_whose_workflow_failed_waits_for_an_operator_and_goes_on_when_it_is_redriven() {
    let house = House::new().await;
    let an_hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
    let an_hour_ago = crate::ports::clock::text(an_hour_ago);
    let id = open(&house, "pi-1", &an_hour_ago, true).await;
    says(&house, "pi-1", "FAILED");
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().stalled, 1);
    let view = read(&house, &id).await.view;
    assert_eq!(
        (view.status.as_str(), view.owner),
        ("stalled", Party::Operator)
    );
    assert!(view.task.is_none() && view.actions.is_empty() && view.is_open());
    // Redriven, its request is found to go on even before a turn opens.
    says(&house, "pi-1", "RUNNING");
    let long_ago = Requests::update(&*house.aws, &id, |record| {
        LONG_AGO.clone_into(&mut record.view.changed_at);
    });
    long_ago.await.unwrap().unwrap();
    sweep_requests(&*house.aws).await.unwrap();
    assert_eq!(read(&house, &id).await.view.status, "resumed");
    let mut again = input(1, 0, &["request.cancel"]);
    again.request = id.clone();
    turn::turn(&*house.aws, again).await.unwrap();
    let record = read(&house, &id).await;
    assert!(!record.is_stalled(), "{}", record.view.status);
}

#[tokio::test]
async fn one_whose_workflow_failed_is_escalated_a_day_later_and_comes_first() {
    let house = House::new().await;
    let ago = |hours| {
        let then = Timestamp::now() - SignedDuration::from_hours(hours);
        crate::ports::clock::text(then)
    };
    let other = open(&house, "pi-0", &ago(1), true).await;
    let late = open(&house, "pi-1", &ago(1), true).await;
    for id in [&other, &late] {
        says(&house, id.as_str(), "FAILED");
    }
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!((swept.stalled, swept.escalated), (2, 0));
    for (id, hours) in [(&other, 23), (&late, 25)] {
        let then = ago(hours);
        let lies = Requests::update(&*house.aws, id, |record| {
            record.view.changed_at.clone_from(&then);
        });
        lies.await.unwrap().unwrap();
    }
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!(
        (swept.stalled, swept.escalated, swept.reminded),
        (0, 1, 2),
        "who stalled at another moment is another mail"
    );
    let record = read(&house, &late).await;
    assert!(record.is_stalled() && record.view.escalated.is_some());
    assert!(read(&house, &other).await.view.escalated.is_none());
    let which = Which::WaitingForOperators;
    let queue = Requests::list(&*house.aws, &which, 10, None).await.unwrap();
    assert_eq!(queue.records[0].view.id, late);
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!((swept.escalated, swept.reminded), (0, 0), "once");
}

#[tokio::test]
async fn a_task_that_nobody_does_in_time_is_escalated_and_comes_first() {
    let house = House::new().await;
    let id = open(&house, "pi-1", LONG_AGO, true).await;
    let mut waits = asking(input(1, 0, &["task.done@review"]));
    waits.request = id.clone();
    waits.deadline = None;
    turn::turn(&*house.aws, waits).await.unwrap();
    says(&house, "pi-1", "RUNNING");
    let long_ago = |record: &mut RequestRecord| {
        LONG_AGO.clone_into(&mut record.view.changed_at);
        record.view.task.as_mut().unwrap().since = Some(LONG_AGO.to_owned());
    };
    Requests::update(&*house.aws, &id, long_ago).await.unwrap();
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().escalated, 1);
    let view = read(&house, &id).await.view;
    assert!(view.escalated.is_some() && view.task.is_some());
    let which = Which::WaitingForOperators;
    let queue = Requests::list(&*house.aws, &which, 10, None).await.unwrap();
    assert_eq!(queue.records[0].view.id, id);
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().escalated, 0);
}

/// A request of the sample tenant that has asked somebody for a task for long, until `deadline`.
async fn asked(house: &House, owner: Party, deadline: Option<Timestamp>) -> RequestId {
    let id = open(house, "pi-1", LONG_AGO, true).await;
    let mut waits = asking(input(1, 0, &["task.done@review"]));
    waits.request = id.clone();
    waits.owner = owner;
    waits.deadline = deadline.map(crate::ports::clock::text);
    turn::turn(&*house.aws, waits).await.unwrap();
    let long_ago = |record: &mut RequestRecord| {
        LONG_AGO.clone_into(&mut record.view.changed_at);
        record.view.tenant = crate::seed::sample::TENANT.into();
        record.view.task.as_mut().unwrap().since = Some(LONG_AGO.to_owned());
    };
    Requests::update(&*house.aws, &id, long_ago).await.unwrap();
    id
}

/// To whom mails went, with their texts.
fn mails(house: &House) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mails = house.mails().into_iter();
    mails
        .map(|mail| {
            let body = &mail["Content"]["Simple"]["Body"]["Text"]["Data"];
            (text(&mail["Destination"]["ToAddresses"][0]), text(body))
        })
        .collect()
}

#[tokio::test]
async fn operators_are_written_to_once_about_a_task_that_is_late() {
    let house = House::new().await;
    let id = asked(&house, Party::Operator, None).await;
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!(
        (swept.escalated, swept.reminded, swept.not_reminded),
        (1, 1, 0)
    );
    let (to, text) = mails(&house).remove(0);
    assert_eq!(to, "ruth.amsler@strowger.example");
    for words in [
        "Hello Ruth Amsler",
        "Two numbers from another carrier goes on when you have done this: Review.",
        &format!("/requests/{id}\n"),
        "2026-01-06 10:00 UTC",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The next sweep, and one that does not know that it was sent, write nothing.
    for forgets in [false, true] {
        Requests::update(&*house.aws, &id, |record| {
            LONG_AGO.clone_into(&mut record.view.changed_at);
            if forgets {
                record.reminded = None;
            }
        })
        .await
        .unwrap();
        let swept = sweep_requests(&*house.aws).await.unwrap();
        assert_eq!(swept.reminded, u32::from(forgets));
        assert_eq!(mails(&house).len(), 1);
    }
}

#[tokio::test]
async fn a_mail_that_may_be_on_its_way_is_left_to_the_next_sweep() {
    let house = House::new().await;
    let id = asked(&house, Party::Operator, None).await;
    let due = |record: &mut RequestRecord| record.escalate(LONG_AGO.parse().unwrap());
    Requests::update(&*house.aws, &id, due).await.unwrap();
    // Another sweep has begun to send it, and died.
    let key = format!("waits/{id}/escalated/{LONG_AGO}/0");
    let began = Timestamp::now().as_second();
    house.aws.claim(&key, began).await.unwrap();
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!((swept.reminded, swept.not_reminded), (0, 1));
    assert!(mails(&house).is_empty());
    assert_eq!(read(&house, &id).await.reminded, None);
    house.aws.give_back(&key).await.unwrap();
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().reminded, 1);
    assert_eq!(mails(&house).len(), 1);
    assert!(read(&house, &id).await.reminded.is_some());
}

#[tokio::test]
async fn without_a_setting_nobody_is_written_to_and_the_task_is_escalated_all_the_same() {
    let house = House::new().await;
    asked(&house, Party::Operator, None).await;
    let mut aws = (*house.aws).clone();
    aws.names.operators_mail.clear();
    let swept = sweep_requests(&aws).await.unwrap();
    assert_eq!(
        (swept.escalated, swept.reminded, swept.not_reminded),
        (1, 0, 1)
    );
    assert!(mails(&house).is_empty());
}

#[tokio::test]
async fn a_tenants_administrators_are_written_to_once_before_a_task_lapses() {
    let house = House::new().await;
    let soon = Timestamp::now() + SignedDuration::from_hours(1);
    asked(&house, Party::Customer, Some(soon)).await;
    for reminded in [1, 0] {
        let swept = sweep_requests(&*house.aws).await.unwrap();
        assert_eq!((swept.escalated, swept.reminded), (0, reminded));
        let to: Vec<String> = mails(&house).into_iter().map(|(to, _)| to).collect();
        assert_eq!(
            to,
            ["lucia.mendez@isthmus.example"],
            "and nobody else of the tenant"
        );
    }
}

#[tokio::test]
async fn operators_are_written_to_about_a_workflow_that_failed() {
    let house = House::new().await;
    let an_hour_ago = crate::ports::clock::text(Timestamp::now() - SignedDuration::from_hours(1));
    open(&house, "pi-1", &an_hour_ago, true).await;
    says(&house, "pi-1", "FAILED");
    let swept = sweep_requests(&*house.aws).await.unwrap();
    assert_eq!((swept.stalled, swept.reminded), (1, 1));
    let (_, text) = mails(&house).remove(0);
    assert!(text.contains("Redrive the workflow"), "{text}");
}

#[tokio::test]
async fn when_time_is_over_for_looks_those_seen_are_reminded_of_and_others_have_the_next_sweep() {
    let house = House::new().await;
    let an_hour_ago = crate::ports::clock::text(Timestamp::now() - SignedDuration::from_hours(1));
    for id in ["pi-1", "pi-2", "pi-3"] {
        open(&house, id, &an_hour_ago, true).await;
        says(&house, id, "FAILED");
    }
    let taken_up = std::cell::Cell::new(0);
    let for_one = |time: SignedDuration| time > LOOKING || taken_up.replace(1) == 0;
    let swept = sweep_while(&*house.aws, for_one).await.unwrap();
    assert_eq!((swept.looked_at, swept.left), (1, 2));
    assert_eq!((swept.stalled, swept.reminded), (1, 1));
    assert_eq!(mails(&house).len(), 1);
    // Time for all of them, and for one reminder.
    let swept = sweep_while(&*house.aws, |time| time == LOOKING);
    let swept = swept.await.unwrap();
    assert_eq!((swept.looked_at, swept.left), (3, 0));
    assert_eq!((swept.stalled, swept.reminded), (2, 1));
    assert_eq!(mails(&house).len(), 2);
}

#[tokio::test]
async fn a_signal_that_was_not_handed_over_is_handed_over_again() {
    let house = House::new().await;
    let id = open(&house, "pi-1", LONG_AGO, true).await;
    let mut waits = input(1, 0, &["request.cancel"]);
    waits.request = id.clone();
    turn::turn(&*house.aws, waits).await.unwrap();
    let cancel = letter("k-1", SignalName::RequestCancel, None);
    shell::deliver(&*house.aws, &id, &cancel).await.unwrap();
    let before = house.asked().completed.len();
    Requests::update(&*house.aws, &id, |record| {
        LONG_AGO.clone_into(&mut record.view.changed_at);
    })
    .await
    .unwrap();
    sweep_requests(&*house.aws).await.unwrap();
    let completed = house.asked().completed.clone();
    assert_eq!(completed.len(), before + 1);
    assert_eq!(completed[before], completed[before - 1]);
}

#[tokio::test]
async fn a_check_that_ends_lets_its_dossier_go() {
    use crate::ports::dossiers::Dossiers;
    use contract::dossier::review::DossierStatus;
    let house = House::new().await;
    let dossier = house.dossier().await;
    let id = open(&house, "vd-1", LONG_AGO, true).await;
    let of_dossier = Requests::update(&*house.aws, &id, |record| {
        record.view.kind = contract::request::Kind::VerifyDossier;
        record.view.details = serde_json::json!({ "dossier": dossier });
    });
    of_dossier.await.unwrap().unwrap();
    let dossier = dossier.as_str().into();
    let taken = house
        .aws
        .update_dossier(&dossier, |record| record.take_up(&id));
    taken.await.unwrap().unwrap();
    says(&house, "vd-1", "ABORTED");
    assert_eq!(sweep_requests(&*house.aws).await.unwrap().ended, 1);
    let now = house.aws.dossier(&dossier).await.unwrap().unwrap();
    assert_eq!(now.view.status, DossierStatus::Draft);
}
