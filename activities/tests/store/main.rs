//! The adapter of calls and mailboxes against a DynamoDB on loopback: keys, conditions and transactions as the real API takes
//! them.
use activities::aws::{Aws, Names};
use activities::call::record;
use activities::mailbox::{Mailbox, shell};
use activities::ports::calls::{
    CallRecord, Calls, Changed, Engaged, Engaging, Shelf, Whose, Write,
};
use activities::ports::mailboxes::Mailboxes;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use contract::call::EndInput;
use contract::view::{EndedBy, Outcome, Workflow};
use contract::{CallId, LegId, PersonId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// An own DynamoDB with both tables, at an own port.
async fn aws() -> Aws {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(
        listener,
        dynoxide::Database::memory().unwrap(),
    ));
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(endpoint)
        .load()
        .await;
    let client = Client::new(&config);
    table(&client, "calls", &["pk", "sk"], Some("by-tenant")).await;
    table(&client, "mailboxes", &["pk"], None).await;
    Aws::new(config, Names::from_map(&HashMap::new()))
}

fn keys(names: &[&str]) -> Vec<KeySchemaElement> {
    let kinds = [KeyType::Hash, KeyType::Range];
    let key = |(name, kind): (&&str, KeyType)| {
        KeySchemaElement::builder()
            .attribute_name(*name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    names.iter().zip(kinds).map(key).collect()
}

async fn table(client: &Client, name: &str, key: &[&str], index: Option<&str>) {
    let mut attributes: Vec<&str> = key.to_vec();
    let mut create = client
        .create_table()
        .table_name(name)
        .set_key_schema(Some(keys(key)));
    if let Some(index) = index {
        attributes.extend(["gpk", "gsk"]);
        let projection = Projection::builder()
            .projection_type(ProjectionType::All)
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .set_key_schema(Some(keys(&["gpk", "gsk"])));
        create = create.global_secondary_indexes(index.projection(projection).build().unwrap());
    }
    for attribute in attributes {
        let text = ScalarAttributeType::S;
        let attribute = AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(text)
            .build()
            .unwrap();
        create = create.attribute_definitions(attribute);
    }
    create
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

fn call(n: i64) -> CallRecord {
    let at = Timestamp::from_second(1_790_000_000).unwrap() + SignedDuration::from_secs(n);
    let legs = vec![
        record::phone_leg(LegId::CALLER, "+41445550199"),
        record::client_leg(LegId::CALLEE, "Ana", Some("p-ana".into()), None),
    ];
    let mut call = record::new(
        format!("c-{n}").into(),
        "t-1".into(),
        Workflow::InboundCall,
        legs,
        at,
    );
    call.private.meeting =
        Some(serde_json::json!({ "MeetingId": "m", "MediaPlacement": { "AudioHostUrl": "x:1" } }));
    call
}

fn over(record: &mut CallRecord) -> Changed {
    let input = EndInput {
        call: record.view.id.clone(),
        state: "After call".into(),
        outcome: Outcome::Completed,
        ended_by: EndedBy::Caller,
        reason: None,
    };
    record::changed(record, |record| {
        record::end(record, &input, Timestamp::UNIX_EPOCH)
    })
}

async fn ids(aws: &Aws, whose: &Whose, shelf: Shelf) -> Vec<String> {
    let page = aws.list(whose, shelf, 100, None).await.unwrap();
    page.records
        .into_iter()
        .map(|record| record.view.id.0)
        .collect()
}

#[tokio::test]
async fn a_call_is_created_once_and_reads_back_as_written() {
    let aws = aws().await;
    assert_eq!(aws.create(&call(1)).await.unwrap(), Engaging::Done);
    let mut other = call(1);
    other.view.legs.clear();
    assert_eq!(aws.create(&other).await.unwrap(), Engaging::Conflict);
    assert_eq!(aws.get(&"c-1".into()).await.unwrap(), Some(call(1)));
    assert_eq!(aws.get(&"c-2".into()).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_writers_who_read_the_same_revision_one_writes() {
    let aws = aws().await;
    aws.create(&call(1)).await.unwrap();
    let (before, mut changed) = (call(1), call(1));
    changed.view.rev = 2;
    let write = || aws.write(&changed, &before);
    assert_eq!(write().await.unwrap(), Engaging::Done);
    assert_eq!(write().await.unwrap(), Engaging::Conflict);
}

#[tokio::test]
async fn no_change_is_lost_among_many_writers() {
    let aws = aws().await;
    aws.create(&call(1)).await.unwrap();
    let id = CallId::from("c-1");
    let press =
        |record: &mut CallRecord| record::changed(record, |record| record.view.digits.push('1'));
    let writers = (0..12).map(|_| aws.update(&id, press));
    for written in futures_util::future::join_all(writers).await {
        written.unwrap().unwrap();
    }
    let view = aws.get(&id).await.unwrap().unwrap().view;
    assert_eq!((view.digits.len(), view.rev), (12, 13));
}

#[tokio::test]
async fn a_call_moves_from_the_live_calls_to_the_log_in_every_list() {
    let aws = aws().await;
    for n in 1..=3 {
        aws.create(&call(n)).await.unwrap();
    }
    let (ana, tenant) = (Whose::Person("p-ana".into()), Whose::Tenant("t-1".into()));
    for whose in [&ana, &tenant] {
        assert_eq!(ids(&aws, whose, Shelf::Live).await, ["c-3", "c-2", "c-1"]);
        assert!(ids(&aws, whose, Shelf::Log).await.is_empty());
    }
    // Ended twice: the second changes nothing.
    for _ in 0..2 {
        aws.update(&"c-2".into(), over).await.unwrap().unwrap();
    }
    for whose in [&ana, &tenant] {
        assert_eq!(ids(&aws, whose, Shelf::Live).await, ["c-3", "c-1"]);
        assert_eq!(ids(&aws, whose, Shelf::Log).await, ["c-2"]);
    }
    let mut live = aws.all_live().await.unwrap();
    live.sort();
    assert_eq!(live, ["c-1", "c-3"].map(CallId::from));
    let strangers = [Whose::Person("p-bea".into()), Whose::Tenant("t-2".into())];
    for stranger in &strangers {
        assert!(ids(&aws, stranger, Shelf::Live).await.is_empty());
    }
}

#[tokio::test]
async fn of_many_calls_that_engage_a_person_at_once_one_does_until_it_ends() {
    let aws = aws().await;
    let ana: PersonId = "p-ana".into();
    let engages = |record: &mut CallRecord| {
        record.private.engaged.insert("p-ana".into());
    };
    for n in 1..=8 {
        aws.create(&call(n)).await.unwrap();
    }
    let ids: Vec<CallId> = (1..=8).map(|n| format!("c-{n}").into()).collect();
    let engaging = ids.iter().map(|call| {
        aws.engage(call, |record| {
            record.view.rang_devices = Some(1);
            record.private.engaged.insert(ana.clone());
        })
    });
    let engaged: Vec<_> = futures_util::future::try_join_all(engaging).await.unwrap();
    let here = |engaged: &Engaged| *engaged == Engaged::Here;
    assert_eq!(engaged.iter().filter(|one| here(one)).count(), 1);
    let call = &ids[engaged.iter().position(here).unwrap()];
    assert_eq!(aws.engaged(&ana).await.unwrap().as_ref(), Some(call));
    let rang = aws.get(call).await.unwrap().unwrap();
    assert_eq!(rang.view.rang_devices, Some(1), "in the same write");
    assert_eq!(
        aws.engage(call, engages).await.unwrap(),
        Engaged::Here,
        "again"
    );

    aws.update(call, over).await.unwrap();
    assert_eq!(aws.engaged(&ana).await.unwrap(), None);
    let other = ids.iter().find(|other| *other != call).unwrap();
    assert_eq!(aws.engage(other, engages).await.unwrap(), Engaged::Here);
    // Whatever is still written into the call that is over frees nobody of another.
    let late =
        |record: &mut CallRecord| record::changed(record, |r| r.view.reason = Some("x".into()));
    aws.update(call, late).await.unwrap();
    assert_eq!(aws.engaged(&ana).await.unwrap().as_ref(), Some(other));
    assert_eq!(aws.engage(call, engages).await.unwrap(), Engaged::CallOver);
}

#[tokio::test]
async fn a_call_that_engages_its_caller_begins_only_if_they_are_free() {
    let aws = aws().await;
    let engaging = |n| {
        let mut call = call(n);
        call.private.engaged.insert("p-ana".into());
        call
    };
    let calls: Vec<_> = (1..=6).map(engaging).collect();
    let created = futures_util::future::try_join_all(calls.iter().map(|call| aws.create(call)));
    let created = created.await.unwrap();
    let done = created.iter().filter(|one| **one == Engaging::Done).count();
    let busy = created.iter().filter(|one| **one == Engaging::Busy).count();
    assert_eq!((done, busy), (1, 5));
    assert_eq!(
        aws.all_live().await.unwrap().len(),
        1,
        "nothing of the others"
    );
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page() {
    let aws = aws().await;
    for n in 1..=7 {
        aws.create(&call(n)).await.unwrap();
    }
    for whose in [Whose::Person("p-ana".into()), Whose::Tenant("t-1".into())] {
        let (mut found, mut next) = (Vec::new(), None::<String>);
        for _ in 0..4 {
            let page = aws
                .list(&whose, Shelf::Live, 3, next.as_deref())
                .await
                .unwrap();
            assert!(page.records.len() <= 3);
            found.extend(page.records.into_iter().map(|record| record.view.id.0));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(found, ["c-7", "c-6", "c-5", "c-4", "c-3", "c-2", "c-1"]);
    }
}

#[tokio::test]
async fn a_mailbox_is_written_only_over_the_version_that_was_read() {
    let aws = aws().await;
    let call = CallId::from("c-1");
    assert_eq!(aws.load(&call).await.unwrap(), None);
    assert_eq!(
        aws.store(&call, &Mailbox::new(), 0).await.unwrap(),
        Write::Done
    );
    assert_eq!(
        aws.store(&call, &Mailbox::new(), 0).await.unwrap(),
        Write::Conflict
    );
    let mut closed = Mailbox::new();
    closed.close();
    assert_eq!(aws.store(&call, &closed, 1).await.unwrap(), Write::Done);
    assert_eq!(
        aws.store(&call, &Mailbox::new(), 1).await.unwrap(),
        Write::Conflict
    );
    let stored = aws.load(&call).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.mailbox), (2, closed));
}

#[tokio::test]
async fn many_writers_of_one_mailbox_all_get_their_turn() {
    let aws = aws().await;
    let call = CallId::from("c-1");
    let writers = (0..16).map(|n| {
        let (aws, call) = (&aws, &call);
        async move {
            let letter = activities::mailbox::Letter::new(
                format!("k{n}"),
                contract::signal::SignalName::ClientHangup,
                None,
            );
            shell::change_or_create(aws, call, |mailbox| {
                mailbox.deliver(&letter, Timestamp::UNIX_EPOCH)
            })
            .await
            .unwrap()
        }
    });
    let mut seqs: Vec<_> = futures_util::future::join_all(writers)
        .await
        .into_iter()
        .map(|delivery| match delivery.delivered {
            activities::mailbox::Delivered::Kept(seq) => seq,
            other => panic!("{other:?}"),
        })
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=16).collect::<Vec<u64>>());
}
