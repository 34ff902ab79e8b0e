//! The adapters of directory, connections and sessions, against the store itself.
use crate::house::House;
use crate::ports::calls::Write;
use crate::ports::connections::Connections;
use crate::ports::directory::Directory;
use crate::ports::sessions::{Claim, SessionRecord, Sessions};
use crate::ports::world::WorldRows;
use crate::rules::Texts;
use crate::seed::{SeedError, SeedInput, seed};
use contract::{E164, Role};
use serde_json::{Value, json};

const LATER: i64 = 4_000_000_000;

fn session(current: &str) -> SessionRecord {
    SessionRecord {
        family: "f-1".into(),
        tenant: "t-1".into(),
        person: "p-1".into(),
        current: current.into(),
        previous: None,
        rotated_at_ms: 5,
        client: "c".into(),
        expires: LATER,
    }
}

#[tokio::test]
async fn rules_of_the_world_take_the_place_of_the_releases_all_or_none_of_them() {
    let house = House::without_sample().await;
    let d = &*house.aws;
    let (_, text) = compliance::world::CALENDARS
        .into_iter()
        .find(|(id, _)| *id == "SG")
        .unwrap();
    let mut calendar: Value = serde_json::from_str(text).unwrap();
    calendar["place"] = json!("Jurong");
    let put = |rows: &[(&str, Option<Value>)]| {
        let rows = rows.iter().cloned();
        SeedInput {
            sample: Some(false),
            world: rows.map(|(name, text)| (name.to_owned(), text)).collect(),
            ..SeedInput::default()
        }
    };
    let good = ("calendars/SG", Some(calendar));
    let bad = put(&[good.clone(), ("requirements/SG", Some(json!({})))]);
    let refused = seed(d, &bad).await.unwrap_err();
    assert!(matches!(refused, SeedError::Rules(_)), "{refused:?}");
    assert!(d.world_rows().await.unwrap().is_empty());
    seed(d, &put(&[good])).await.unwrap();
    // A seeding that names none leaves them.
    seed(d, &put(&[])).await.unwrap();
    let rows = d.world_rows().await.unwrap();
    let (texts, bad) = Texts::over_all_good(rows.clone());
    assert_eq!((rows.len(), bad), (1, vec![]));
    assert!(format!("{texts:?}").contains("Jurong"));
    // The countries beside them are no rules.
    assert!(d.world().await.unwrap().countries.len() > 1);
    seed(d, &put(&[("calendars/SG", None)])).await.unwrap();
    assert!(d.world_rows().await.unwrap().is_empty());
}

#[tokio::test]
async fn seeding_again_changes_nothing_and_tells_no_password() {
    let house = House::new().await;
    let d = &*house.aws;
    let (email, _) = house.password("Anna Keller");
    let before = d.credential(&email).await.unwrap().unwrap();
    let again = seed(d, &SeedInput::default()).await.unwrap();
    assert!(
        house
            .seeded
            .people
            .iter()
            .all(|person| person.password.is_some())
    );
    assert!(again.people.iter().all(|person| person.password.is_none()));
    assert_eq!(
        (&again.tenant, &again.numbers),
        (&house.seeded.tenant, &house.seeded.numbers)
    );
    assert_eq!(d.credential(&email).await.unwrap().unwrap(), before);
    assert_eq!(before.person.ring_limit_s, 25);
    let limited = SeedInput {
        ring_limit_s: Some(5),
        ..SeedInput::default()
    };
    seed(d, &limited).await.unwrap();
    assert_eq!(
        d.credential(&email)
            .await
            .unwrap()
            .unwrap()
            .person
            .ring_limit_s,
        5
    );
    let wrong = seed(
        d,
        &SeedInput {
            ring_limit_s: Some(4),
            ..SeedInput::default()
        },
    )
    .await;
    assert!(matches!(wrong, Err(SeedError::BadInput(_))));
}

#[tokio::test]
async fn numbers_lead_to_their_people() {
    let house = House::new().await;
    for person in &house.seeded.people {
        let Some(number) = &person.number else {
            continue;
        };
        let found = house.aws.number(number).await.unwrap().unwrap();
        let who = house
            .aws
            .person(&found.tenant, found.person.as_ref().unwrap())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (&who.name, who.numbers.first()),
            (&person.name, Some(number))
        );
    }
    assert_eq!(
        house
            .aws
            .number(&E164::parse("+41445550999").unwrap())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        house
            .aws
            .person(&"t-other".into(), &"p-anna-keller".into())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn newer_facts_replace_older_ones_and_not_the_reverse() {
    let house = House::new().await;
    let d = &*house.aws;
    let mut country = d.world().await.unwrap().country("CH").unwrap().clone();
    country.emergency.push("199".into());
    assert_eq!(
        d.put_country(&country).await.unwrap(),
        Write::Conflict,
        "as old as what is there"
    );
    country.as_of = "2027-01-01".into();
    assert_eq!(d.put_country(&country).await.unwrap(), Write::Done);
    seed(d, &SeedInput::default()).await.unwrap();
    assert_eq!(
        d.world().await.unwrap().country("CH"),
        Some(&country),
        "a seed from an older file leaves it"
    );
}

#[tokio::test]
async fn a_tenant_is_created_whole_or_not_at_all() {
    let house = House::new().await;
    let d = &*house.aws;
    let tenant = crate::ports::directory::Tenant {
        tenant: "t-new".into(),
        name: "New".into(),
        dial: Default::default(),
        country: None,
        closed_at: None,
    };
    let taken = crate::ports::directory::Number {
        number: E164::parse("+41445550100").unwrap(),
        tenant: "t-new".into(),
        person: None,
        group: None,
        flow: None,
    };
    let new = crate::ports::directory::NewTenant {
        tenant,
        people: Vec::new(),
        numbers: vec![taken],
    };
    assert_eq!(d.create_tenant(&new).await.unwrap(), Write::Conflict);
    assert_eq!(d.tenant(&"t-new".into()).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_is_rotated_by_one_only() {
    let house = House::new().await;
    let d = &*house.aws;
    d.create_session(&session("one")).await.unwrap();
    assert_eq!(d.session("f-1").await.unwrap(), Some(session("one")));
    assert_eq!(
        d.rotate_session(&session("two"), "one").await.unwrap(),
        Write::Done
    );
    assert_eq!(
        d.rotate_session(&session("three"), "one").await.unwrap(),
        Write::Conflict
    );
    d.end_session("f-1").await.unwrap();
    d.end_session("f-1").await.unwrap();
    assert_eq!(d.session("f-1").await.unwrap(), None);
    assert_eq!(
        d.rotate_session(&session("four"), "two").await.unwrap(),
        Write::Conflict,
        "an ended session stays ended"
    );
}

#[tokio::test]
async fn attempts_are_counted_and_taken_back() {
    let house = House::new().await;
    let d = &*house.aws;
    let counts = futures_util::future::join_all((0..5).map(|_| d.count("k", LATER))).await;
    let mut counts: Vec<u32> = counts.into_iter().map(Result::unwrap).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    d.uncount("k").await.unwrap();
    assert_eq!(d.count("k", LATER).await.unwrap(), 5);
    d.uncount("never counted").await.unwrap();
    assert_eq!(d.count("never counted", LATER).await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_the_first_request_that_had_it() {
    let house = House::new().await;
    let d = &*house.aws;
    let (anna, wei) = ("p-1".into(), "p-2".into());
    assert_eq!(
        d.claim(&anna, "k", "print", "c-1", LATER).await.unwrap(),
        Claim::Fresh
    );
    assert_eq!(
        d.claim(&anna, "k", "print", "c-2", LATER).await.unwrap(),
        Claim::Same("c-1".into())
    );
    assert_eq!(
        d.claim(&anna, "k", "other", "c-2", LATER).await.unwrap(),
        Claim::Different
    );
    assert_eq!(
        d.claim(&wei, "k", "other", "c-3", LATER).await.unwrap(),
        Claim::Fresh
    );
}

#[tokio::test]
async fn connections_are_found_by_id_person_and_role() {
    let house = House::new().await;
    let d = &*house.aws;
    let one = house.connect(&house.anna(), "c1", 0).await;
    let two = house.connect(&house.anna(), "c2", 0).await;
    let three = house.connect(&house.lucia(), "c3", 0).await;
    assert_eq!(d.connection("c1").await.unwrap(), Some(one.clone()));
    assert_eq!(
        d.of_person(&one.person).await.unwrap(),
        [one.clone(), two.clone()]
    );
    assert_eq!(
        d.of_role(&one.tenant, Role::Administrator).await.unwrap(),
        [three]
    );
    assert_eq!(
        d.of_role(&"t-other".into(), Role::Administrator)
            .await
            .unwrap(),
        []
    );
    d.remove(&one).await.unwrap();
    d.remove(&one).await.unwrap();
    assert_eq!(d.connection("c1").await.unwrap(), None);
    assert_eq!(d.of_person(&one.person).await.unwrap(), [two]);
}
