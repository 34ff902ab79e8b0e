//! Requests in a real store, with the tables of the stack: lists, queues, and many writers at once.
use super::tests::{begun, ended, input, letter};
use super::{Delivered, RequestRecord, shell, turn};
use crate::house::House;
use crate::ports::calls::{Shelf, Write};
use crate::ports::requests::{Requests, Which};
use contract::request::signal::SignalName;
use contract::request::turn::RequestTurnError;
use contract::request::{Kind, Outcome, Party};
use contract::{RequestId, TenantId};
use jiff::Timestamp;

fn numbered(n: u32, tenant: &str) -> RequestRecord {
    let mut record = begun();
    record.view.id = RequestId(format!("pi-{n}"));
    record.view.tenant = TenantId::from(tenant);
    record.view.begun_at = format!("2026-11-20T10:00:{n:02}.000Z");
    record
}

async fn ids(house: &House, which: &Which, limit: u32) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), None);
    loop {
        let page = Requests::list(&*house.aws, which, limit, next.as_deref())
            .await
            .unwrap();
        pages.push(
            page.records
                .into_iter()
                .map(|record| record.view.id.0)
                .collect(),
        );
        next = page.next;
        if next.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_request_is_created_once_and_reads_back_as_written() {
    let house = House::new().await;
    let record = numbered(1, "t-1");
    assert_eq!(
        Requests::create(&*house.aws, &record).await.unwrap(),
        Write::Done
    );
    assert_eq!(
        Requests::create(&*house.aws, &record).await.unwrap(),
        Write::Conflict
    );
    let read = Requests::get(&*house.aws, &record.view.id).await.unwrap();
    assert_eq!(read, Some(record));
}

#[tokio::test]
async fn what_is_open_is_listed_with_its_tenant_the_oldest_first() {
    let house = House::new().await;
    for (n, tenant) in [(3, "t-1"), (1, "t-2"), (2, "t-1")] {
        let created = Requests::create(&*house.aws, &numbered(n, tenant)).await;
        assert_eq!(created.unwrap(), Write::Done);
    }
    let cancelled = ended(Outcome::Cancelled, "cancelled", "Cancelled");
    let end = |record: &mut RequestRecord| record.end(&cancelled, Timestamp::UNIX_EPOCH);
    let done = Requests::update(&*house.aws, &"pi-2".into(), end).await;
    done.unwrap().unwrap();
    let open = house.aws.all_open().await.unwrap();
    let open: Vec<_> = open
        .iter()
        .map(|(of, id)| (of.as_str(), id.as_str()))
        .collect();
    assert_eq!(open, [("t-2", "pi-1"), ("t-1", "pi-3")]);
}

#[tokio::test]
async fn lists_are_by_tenant_and_kind_newest_first_page_by_page() {
    let house = House::new().await;
    for n in 1..=5 {
        Requests::create(&*house.aws, &numbered(n, "t-1"))
            .await
            .unwrap();
    }
    Requests::create(&*house.aws, &numbered(6, "t-2"))
        .await
        .unwrap();
    let of = |shelf| Which::OfTenant {
        tenant: "t-1".into(),
        kind: Kind::PortIn,
        shelf,
    };
    assert_eq!(
        ids(&house, &of(Shelf::Live), 2).await.concat(),
        ["pi-5", "pi-4", "pi-3", "pi-2", "pi-1"]
    );
    let end = |record: &mut RequestRecord| {
        record.end(
            &ended(Outcome::Done, "ported", "Ported"),
            Timestamp::UNIX_EPOCH,
        )
    };
    Requests::update(&*house.aws, &"pi-3".into(), end)
        .await
        .unwrap();
    assert_eq!(ids(&house, &of(Shelf::Log), 10).await, [["pi-3"]]);
    assert_eq!(ids(&house, &of(Shelf::Live), 10).await.concat().len(), 4);
    let everybodys = |kind| Which::OfEverybody {
        kind,
        shelf: Shelf::Live,
    };
    for kind in [None, Some(Kind::PortIn)] {
        assert_eq!(
            ids(&house, &everybodys(kind), 2).await.concat(),
            ["pi-6", "pi-5", "pi-4", "pi-2", "pi-1"]
        );
    }
    let others = ids(&house, &everybodys(Some(Kind::PortOut)), 2).await;
    assert!(others.concat().is_empty());
    let all = Which::AllOfTenant {
        tenant: "t-1".into(),
        shelf: Shelf::Live,
    };
    assert_eq!(ids(&house, &all, 10).await.concat().len(), 4);
    // A cursor of another list, or of nobody, begins this one anew.
    let foreign = Which::OfTenant {
        tenant: "t-2".into(),
        kind: Kind::PortIn,
        shelf: Shelf::Live,
    };
    let page = Requests::list(&*house.aws, &of(Shelf::Live), 1, None)
        .await
        .unwrap();
    for next in [page.next.as_deref(), Some("%%"), Some("")] {
        let page = Requests::list(&*house.aws, &foreign, 1, next)
            .await
            .unwrap();
        assert_eq!(page.records[0].view.id.as_str(), "pi-6");
    }
}

#[tokio::test]
async fn a_turn_puts_its_request_into_its_owners_queue_by_deadline() {
    let house = House::new().await;
    for (n, owner, deadline) in [
        (1, Party::Operator, Some("2026-12-03T10:00:00Z")),
        (2, Party::Operator, None),
        (3, Party::Operator, Some("2026-12-01T10:00:00Z")),
        (4, Party::Customer, None),
    ] {
        let record = numbered(n, "t-1");
        Requests::create(&*house.aws, &record).await.unwrap();
        let mut asked = input(1, 0, &["task.done"]);
        asked.request = record.view.id;
        asked.owner = owner;
        asked.deadline = deadline.map(str::to_owned);
        turn::turn(&*house.aws, asked).await.unwrap();
    }
    assert_eq!(
        ids(&house, &Which::WaitingForOperators, 10).await,
        [["pi-3", "pi-1", "pi-2"]]
    );
    assert_eq!(
        ids(&house, &Which::WaitingFor("t-1".into()), 10).await,
        [["pi-4"]]
    );
    assert!(
        ids(&house, &Which::WaitingFor("t-2".into()), 10)
            .await
            .concat()
            .is_empty()
    );
}

#[tokio::test]
async fn what_runs_is_listed_by_deadline_whoever_acts_and_however_old_it_is() {
    let house = House::new().await;
    for (n, tenant, owner, deadline) in [
        (1, "t-1", Party::Carrier, Some("2026-12-03T10:00:00Z")),
        (2, "t-1", Party::Operator, None),
        (3, "t-2", Party::Customer, Some("2026-12-01T10:00:00Z")),
        (4, "t-1", Party::Customer, Some("2026-12-02T10:00:00Z")),
        (5, "t-1", Party::Operator, Some("2026-12-05T10:00:00Z")),
    ] {
        let mut record = numbered(n, tenant);
        if n == 4 {
            record.view.kind = Kind::NumberOrder;
        }
        Requests::create(&*house.aws, &record).await.unwrap();
        let mut asked = input(1, 0, &["task.done"]);
        asked.request = record.view.id;
        asked.owner = owner;
        asked.deadline = deadline.map(str::to_owned);
        turn::turn(&*house.aws, asked).await.unwrap();
    }
    let due = |tenant: Option<&str>, kind| Which::Due {
        tenant: tenant.map(TenantId::from),
        kind,
    };
    let all = ids(&house, &due(None, None), 2).await;
    assert_eq!(
        all,
        [vec!["pi-3", "pi-4"], vec!["pi-1", "pi-5"], vec!["pi-2"]]
    );
    let own = ids(&house, &due(Some("t-1"), None), 10).await;
    assert_eq!(own, [["pi-4", "pi-1", "pi-5", "pi-2"]]);
    // Of a kind a page is as full as it can be, and the next one begins behind it.
    let ports = due(None, Some(Kind::PortIn));
    assert_eq!(
        ids(&house, &ports, 3).await,
        [vec!["pi-3", "pi-1", "pi-5"], vec!["pi-2"]]
    );
    let own_ports = due(Some("t-1"), Some(Kind::PortIn));
    assert_eq!(
        ids(&house, &own_ports, 1).await.concat(),
        ["pi-1", "pi-5", "pi-2"]
    );
    let end = |record: &mut RequestRecord| {
        record.end(
            &ended(Outcome::Done, "ported", "Ported"),
            Timestamp::UNIX_EPOCH,
        )
    };
    Requests::update(&*house.aws, &"pi-1".into(), end)
        .await
        .unwrap();
    assert_eq!(
        ids(&house, &own_ports, 10).await.concat(),
        ["pi-5", "pi-2"],
        "what has ended is due no more"
    );
    // A cursor of one tenant's list is none of another's.
    let own = due(Some("t-1"), None);
    let page = Requests::list(&*house.aws, &own, 1, None);
    let next = page.await.unwrap().next;
    let foreign = due(Some("t-2"), None);
    let page = Requests::list(&*house.aws, &foreign, 1, next.as_deref());
    assert_eq!(page.await.unwrap().records[0].view.id.as_str(), "pi-3");
}

#[tokio::test]
async fn of_many_that_deliver_at_once_each_signal_is_handed_over_once() {
    let house = House::new().await;
    let record = numbered(1, "t-1");
    let id = record.view.id.clone();
    Requests::create(&*house.aws, &record).await.unwrap();
    turn::turn(&*house.aws, input(1, 0, &["carrier.notice"]))
        .await
        .unwrap();
    let notices = (0..8).map(|n| {
        let (aws, id) = (house.aws.clone(), id.clone());
        async move {
            let notice = letter(&format!("n{}", n % 4), SignalName::CarrierNotice, None);
            shell::deliver(&*aws, &id, &notice).await.unwrap()
        }
    });
    let delivered = futures_util::future::join_all(notices).await;
    let taken = delivered
        .iter()
        .filter(|delivered| matches!(delivered, Delivered::Taken(_)));
    assert_eq!(taken.count(), 1);
    let mut seen = Vec::new();
    for round in 2..=5 {
        let output = house.asked().completed.last().cloned().unwrap();
        let seq = output["seq"].as_u64().unwrap();
        seen.push(seq);
        turn::turn(&*house.aws, input(round, seq, &["carrier.notice"]))
            .await
            .unwrap();
    }
    assert_eq!(seen, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_turn_that_cannot_be_is_refused_with_its_field() {
    let house = House::new().await;
    let why = async |input| match turn::turn(&*house.aws, input).await {
        Err(RequestTurnError::BadInput(why)) => why,
        other => panic!("{other:?}"),
    };
    let mut bad = input(1, 0, &["task.done"]);
    bad.deadline = Some("tomorrow".to_owned());
    assert!(why(bad).await.starts_with("deadline"));
    assert!(why(input(0, 0, &["task.done"])).await.starts_with("round"));
    assert!(why(input(1, 0, &[])).await.starts_with("accepts"));
    let mut bad = super::tests::asking(input(1, 0, &["task.done"]));
    bad.task.as_mut().unwrap().form = "no-such-form".to_owned();
    assert!(why(bad).await.starts_with("task.form"));
    let gone = turn::turn(&*house.aws, input(1, 0, &["task.done"])).await;
    assert_eq!(gone, Err(RequestTurnError::RequestEnded));
}
