//! Ringing groups and flows: who rings next, who is engaged, and what the caller is told.
use crate::fake::{ANA, BEA, Fake, NUMBER, TENANT, e164};
use crate::torture::torture;
use activities::call::{record, route::route};
use activities::ports::calls::{CallRecord, Calls};
use contract::call::{RouteInput, Routed, Verdict};
use contract::routing::{Flow, Group, RingTo, Strategy, WhenClosed};
use contract::view::{Phase, Rang, Workflow};
use contract::{LegId, PersonId};

const CALL: &str = "c-1";

fn asked(turn: u32, declined: Option<&str>) -> RouteInput {
    RouteInput {
        call: CALL.into(),
        state: if turn == 0 {
            "Find person"
        } else {
            "Find next"
        }
        .into(),
        execution: "arn:x".into(),
        to: (turn == 0).then(|| e164(NUMBER)),
        from: (turn == 0).then(|| "+41445550199".into()),
        turn,
        declined: declined.map(PersonId::from),
    }
}

fn group(strategy: Strategy) -> Group {
    Group {
        group: "g-1".into(),
        name: "Sales".into(),
        strategy,
        ring_s: 20,
        members: vec![ANA.into(), "p-gone".into(), BEA.into()],
        version: 1,
        used_by: Vec::new(),
    }
}

fn to(person: &str) -> RingTo {
    RingTo {
        person: Some(person.into()),
        group: None,
        ring_s: None,
    }
}

fn flow() -> Flow {
    Flow {
        flow: "f-1".into(),
        name: "Office".into(),
        time_zone: "UTC".into(),
        hours: Vec::new(),
        holidays: None,
        open: to(BEA),
        closed: WhenClosed {
            ring: None,
            refuse: Some("Closed for good".into()),
        },
        unanswered: None,
        version: 1,
        used_by: Vec::new(),
    }
}

/// Ana's number rings the group; both are signed in.
fn sales(strategy: Strategy) -> Fake {
    let fake = Fake::new();
    fake.connect(BEA, "device-bea");
    let mut state = fake.state();
    state.put_routing(&group(strategy));
    let number = state.numbers.get_mut(&e164(NUMBER)).unwrap();
    (number.person, number.group) = (None, Some("g-1".into()));
    drop(state);
    fake
}

fn office(flow: Flow) -> Fake {
    let fake = sales(Strategy::AllAtOnce);
    let mut state = fake.state();
    let number = state.numbers.get_mut(&e164(NUMBER)).unwrap();
    (number.group, number.flow) = (None, Some("f-1".into()));
    state.put_routing(&flow);
    drop(state);
    fake
}

fn rung(fake: &Fake) -> Vec<(String, Rang)> {
    let view = fake.record(CALL).view;
    view.rung
        .iter()
        .map(|rung| (rung.person.0.clone(), rung.status))
        .collect()
}

fn engaged(fake: &Fake) -> Vec<String> {
    let engaged = fake.record(CALL).private.engaged;
    engaged.into_iter().map(|person| person.0).collect()
}

fn is(routed: &Routed) -> (Verdict, u32, u32, bool) {
    (
        routed.verdict,
        routed.ring_limit_s,
        routed.devices,
        routed.more,
    )
}

fn pass(fake: &Fake, seconds: i64) {
    let mut state = fake.state();
    state.now = state
        .now
        .checked_add(jiff::SignedDuration::from_secs(seconds))
        .unwrap();
}

#[tokio::test]
async fn all_at_once_rings_everybody_who_is_there_and_ends_when_all_declined() {
    let fake = sales(Strategy::AllAtOnce);
    let first = route(&fake, asked(0, None)).await.unwrap();
    assert_eq!(is(&first), (Verdict::Ring, 20, 2, true));
    let both = [(ANA.into(), Rang::Ringing), (BEA.into(), Rang::Ringing)];
    assert_eq!(
        (rung(&fake), engaged(&fake)),
        (both.into(), vec![ANA.to_owned(), BEA.into()])
    );
    let callee = fake.record(CALL).view.leg(LegId::CALLEE).cloned().unwrap();
    assert_eq!((callee.name.as_str(), callee.person), ("Sales", None));

    pass(&fake, 5);
    let on = route(&fake, asked(1, Some(ANA))).await.unwrap();
    assert_eq!(is(&on), (Verdict::Ring, 15, 2, false));
    assert_eq!(engaged(&fake), [BEA]);
    let over = route(&fake, asked(2, Some(BEA))).await.unwrap();
    assert_eq!((over.verdict, over.more), (Verdict::NobodyLeft, false));
    let none = [(ANA.into(), Rang::Declined), (BEA.into(), Rang::Declined)];
    assert_eq!((rung(&fake), engaged(&fake)), (none.into(), vec![]));
}

#[tokio::test]
async fn in_turn_rings_one_after_the_other_and_skips_who_is_not_there() {
    let fake = sales(Strategy::InTurn);
    let first = route(&fake, asked(0, None)).await.unwrap();
    assert_eq!(is(&first), (Verdict::Ring, 20, 1, true));
    assert_eq!(engaged(&fake), [ANA]);
    let second = route(&fake, asked(1, None)).await.unwrap();
    assert_eq!(is(&second), (Verdict::Ring, 20, 1, false));
    assert_eq!(engaged(&fake), [BEA]);
    let over = route(&fake, asked(2, None)).await.unwrap();
    assert_eq!(over.verdict, Verdict::NobodyLeft);
    let both = [(ANA.into(), Rang::Stopped), (BEA.into(), Rang::Stopped)];
    assert_eq!((rung(&fake), engaged(&fake)), (both.into(), vec![]));

    let fake = sales(Strategy::InTurn);
    fake.state()
        .connections
        .retain(|one| one.person.as_str() == BEA);
    let routed = route(&fake, asked(0, None)).await.unwrap();
    assert_eq!(is(&routed), (Verdict::Ring, 20, 1, false));
    assert_eq!(engaged(&fake), [BEA]);
}

#[tokio::test]
async fn nobody_of_a_group_who_can_be_rung_is_busy_or_not_signed_in() {
    for strategy in [Strategy::AllAtOnce, Strategy::InTurn] {
        let fake = sales(strategy);
        fake.state().connections.clear();
        let routed = route(&fake, asked(0, None)).await.unwrap();
        assert_eq!(routed.verdict, Verdict::NotSignedIn);
        in_another_call(&fake, BEA);
        let mut again = asked(0, None);
        again.call = "c-2".into();
        let routed = route(&fake, again).await.unwrap();
        assert_eq!(routed.verdict, Verdict::Busy);
        assert!(rung(&fake).is_empty());
    }
}

#[tokio::test]
async fn who_is_in_another_call_does_not_ring() {
    let fake = sales(Strategy::AllAtOnce);
    in_another_call(&fake, ANA);
    let routed = route(&fake, asked(0, None)).await.unwrap();
    assert_eq!(is(&routed), (Verdict::Ring, 20, 1, false));
    assert_eq!(engaged(&fake), [BEA]);
}

fn in_another_call(fake: &Fake, person: &str) {
    let legs = vec![record::client_leg(
        LegId::CALLER,
        "x",
        Some(person.into()),
        None,
    )];
    let now = fake.state().now;
    let mut other = record::new(
        "c-other".into(),
        TENANT.into(),
        Workflow::ClientCall,
        legs,
        now,
    );
    other.view.phase = Phase::Talking;
    other.private.engaged.insert(person.into());
    fake.state().calls.insert("c-other".into(), other);
}

#[tokio::test]
async fn a_flow_that_is_closed_says_why_and_rings_nobody() {
    let fake = office(flow());
    let routed = route(&fake, asked(0, None)).await.unwrap();
    let why = Some("Closed for good".to_owned());
    assert_eq!((routed.verdict, routed.reason), (Verdict::Closed, why));
    let view = fake.record(CALL).view;
    assert_eq!(
        (view.leg(LegId::CALLEE).unwrap().name.clone(), view.rung),
        ("Office".to_owned(), vec![])
    );
}

#[tokio::test]
async fn when_nobody_takes_the_call_a_flow_rings_others_once() {
    let mut flow = flow();
    flow.closed = WhenClosed {
        ring: Some(RingTo {
            ring_s: Some(7),
            ..to(BEA)
        }),
        refuse: None,
    };
    flow.unanswered = Some(RingTo {
        person: None,
        group: Some("g-1".into()),
        ring_s: None,
    });
    let fake = office(flow);
    let first = route(&fake, asked(0, None)).await.unwrap();
    assert_eq!(is(&first), (Verdict::Ring, 7, 1, true));
    // What is changed now is for the next call.
    fake.state().routings.clear();
    let second = route(&fake, asked(1, Some(BEA))).await.unwrap();
    assert_eq!(is(&second), (Verdict::Ring, 20, 2, true));
    let both = [(BEA.into(), Rang::Ringing), (ANA.into(), Rang::Ringing)];
    assert_eq!(rung(&fake), both);
    let over = route(&fake, asked(2, None)).await.unwrap();
    assert_eq!(over.verdict, Verdict::NobodyLeft);
}

#[tokio::test]
async fn an_answer_frees_the_others_and_one_who_is_gone_elsewhere_stays_there() {
    let fake = sales(Strategy::InTurn);
    route(&fake, asked(0, None)).await.unwrap();
    route(&fake, asked(1, None)).await.unwrap();
    // Ana's answer comes when Bea rings, and Ana is in another call by now.
    in_another_call(&fake, ANA);
    let answered = |call: &mut CallRecord| {
        record::changed(call, |call| {
            let (leg, ana) = (LegId::from(LegId::CALLEE), PersonId::from(ANA));
            record::answered(call, &leg, Some(&ana), &"device-ana".into());
        })
    };
    fake.update(&CALL.into(), answered).await.unwrap();
    let callee = fake.record(CALL).view.leg(LegId::CALLEE).cloned().unwrap();
    assert_eq!(callee.person, Some(ANA.into()));
    assert!(engaged(&fake).is_empty());
}

#[tokio::test]
async fn ringing_survives_whatever_fails() {
    let world = |fake: &Fake| (rung(fake), engaged(fake), fake.record(CALL).private.ringing);
    let unavailable = ["Store.Unavailable"];
    for strategy in [Strategy::AllAtOnce, Strategy::InTurn] {
        let fresh = async || sales(strategy);
        let first = async |fake: &Fake| route(fake, asked(0, None)).await;
        torture(fresh, first, &unavailable, world).await;
        let rings = async || {
            let fake = sales(strategy);
            route(&fake, asked(0, None)).await.unwrap();
            fake
        };
        let next = async |fake: &Fake| route(fake, asked(1, Some(ANA))).await;
        torture(rings, next, &unavailable, world).await;
    }
}
