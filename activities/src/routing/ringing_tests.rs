use super::*;
use crate::routing::plan;
use contract::routing::{RING_MAX_S, RING_MIN_S};
use contract::view::{Phase, Workflow};
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn candidate(n: usize) -> Candidate {
    Candidate {
        person: format!("p-{n}").into(),
        name: format!("Person {n}"),
    }
}

fn stage(people: std::ops::Range<usize>) -> Stage {
    Stage {
        name: "Sales".into(),
        ring_s: 20,
        people: people.map(candidate).collect(),
    }
}

fn call(stages: Vec<Stage>, own: bool) -> CallRecord {
    let legs = vec![
        record::phone_leg(LegId::CALLER, "+6565550123"),
        record::client_leg(LegId::CALLEE, "Sales", own.then(|| "p-0".into()), None),
    ];
    let mut call = record::new(
        "c-1".into(),
        "t-1".into(),
        Workflow::InboundCall,
        legs,
        now(),
    );
    call.private.ringing = Some(Ringing::new(stages, own));
    call
}

fn routed(ring_limit_s: u32) -> Routed {
    Routed {
        verdict: Verdict::Ring,
        ring_limit_s,
        devices: 2,
        more: true,
        reason: None,
    }
}

fn rings(call: &mut CallRecord, at: usize, people: &[usize], turn: u32) {
    let reachable = Reachable {
        people: people.iter().map(|n| candidate(*n)).collect(),
        devices: 2,
        busy: false,
    };
    ring(call, at, &reachable, (turn, &routed(20)), now());
}

fn statuses(call: &CallRecord) -> Vec<(String, Rang)> {
    let rung = call.view.rung.iter();
    rung.map(|rung| (rung.person.0.clone(), rung.status))
        .collect()
}

fn engaged(call: &CallRecord) -> Vec<&str> {
    call.private.engaged.iter().map(PersonId::as_str).collect()
}

#[test]
fn who_rings_is_engaged_and_the_one_who_answers_stays_so_alone() {
    let mut call = call(vec![stage(0..3)], false);
    rings(&mut call, 0, &[0, 2], 0);
    assert_eq!(engaged(&call), ["p-0", "p-2"]);
    let known = call.clone();
    rings(&mut call, 0, &[0, 2], 0);
    assert_eq!(call, known, "twice is once");
    call.view.phase = Phase::Ringing;
    let (leg, person) = (LegId::from(LegId::CALLEE), PersonId::from("p-2"));
    record::answered(&mut call, &leg, Some(&person), &"device-2".into());
    let callee = call.view.leg(LegId::CALLEE).unwrap();
    assert_eq!(
        (&callee.person, callee.name.as_str()),
        (&Some(person), "Person 2")
    );
    assert_eq!(engaged(&call), ["p-2"]);
    let expected = [
        ("p-0".to_owned(), Rang::Stopped),
        ("p-2".to_owned(), Rang::Answered),
    ];
    assert_eq!(statuses(&call), expected);
}

#[test]
fn of_several_who_ring_one_may_decline_and_the_others_go_on_for_the_time_that_is_left() {
    let mut call = call(vec![stage(0..2)], false);
    rings(&mut call, 0, &[0, 1], 0);
    let (first, second) = (PersonId::from("p-0"), PersonId::from("p-1"));
    let later = now() + SignedDuration::from_secs(8);
    let left = goes_on(&call, &first, later).unwrap();
    assert_eq!((left.ring_limit_s, left.more), (12, false));
    decline(&mut call, &first);
    assert_eq!(engaged(&call), ["p-1"]);
    assert_eq!(goes_on(&call, &second, later), None, "nobody is left");
    let end = now() + SignedDuration::from_secs(20);
    assert_eq!(goes_on(&call, &first, end), None, "the time is over");
    // Somebody who does not ring changes nothing.
    let known = call.clone();
    decline(&mut call, &first);
    decline(&mut call, &"p-9".into());
    assert_eq!(call, known);
}

#[test]
fn in_turn_the_next_one_rings_and_the_one_before_is_free() {
    let mut call = call(vec![stage(0..1), stage(1..2)], false);
    rings(&mut call, 0, &[0], 0);
    rings(&mut call, 1, &[1], 1);
    assert_eq!(engaged(&call), ["p-1"]);
    let ringing = call.private.ringing.clone().unwrap();
    assert_eq!((ringing.next, ringing.said(1)), (2, Some(&routed(20))));
    assert_eq!(ringing.said(0), None);
    // An answer that was on its way when their time was over is theirs.
    let (leg, person) = (LegId::from(LegId::CALLEE), PersonId::from("p-0"));
    record::answered(&mut call, &leg, Some(&person), &"device-0".into());
    let expected = [
        ("p-0".to_owned(), Rang::Answered),
        ("p-1".to_owned(), Rang::Stopped),
    ];
    assert_eq!(
        (statuses(&call), engaged(&call)),
        (expected.to_vec(), vec!["p-0"])
    );
}

#[test]
fn a_persons_own_number_is_their_leg_from_the_beginning() {
    let mut call = call(vec![stage(0..1)], true);
    rings(&mut call, 0, &[0], 0);
    assert!(call.view.rung.is_empty());
    assert_eq!(engaged(&call), ["p-0"]);
    let callee = call.view.leg(LegId::CALLEE).unwrap();
    assert_eq!(callee.person, Some("p-0".into()));
}

#[test]
fn when_nobody_can_be_rung_the_caller_is_told_what_a_persons_caller_is() {
    let two = Ringing::new(vec![stage(0..1), stage(1..3)], false);
    for (ringing, turn, busy, verdict) in [
        (&two, 0, true, Verdict::Busy),
        (&two, 0, false, Verdict::NotSignedIn),
        (&two, 1, true, Verdict::NobodyLeft),
        (
            &Ringing::new(Vec::new(), false),
            0,
            false,
            Verdict::NotAssigned,
        ),
        (
            &Ringing::new(vec![stage(0..0)], false),
            0,
            false,
            Verdict::NotAssigned,
        ),
        (&Ringing::closed("Lunch"), 0, false, Verdict::Closed),
    ] {
        let routed = nobody(turn, ringing, busy);
        assert_eq!(routed.verdict, verdict);
        assert_eq!(routed.reason.is_some(), verdict == Verdict::Closed);
    }
}

proptest! {
    /// However long people are to ring: the whole ringing of a call ends in time.
    #[test]
    fn all_the_ringing_of_a_call_ends(times in prop::collection::vec(RING_MIN_S..=RING_MAX_S, 1..40)) {
        let mut call = call(Vec::new(), false);
        call.view.ringing_at = Some(clock::text(now()));
        let mut spent = 0;
        for ring_s in times {
            let stage = plan::of_person(candidate(0), ring_s);
            let at = now() + SignedDuration::from_secs(spent.into());
            let given = time_of(&stage, &call.view, at);
            prop_assert!(given <= ring_s);
            spent += given;
        }
        prop_assert!(spent <= RING_TOTAL_S);
    }

    /// Whatever happens, exactly those who ring are engaged.
    #[test]
    fn who_rings_is_who_is_engaged(steps in prop::collection::vec((0..3_u8, 0..4_usize), 0..30)) {
        let mut call = call((0..4).map(|n| stage(n..n + 2)).collect(), false);
        for (turn, (what, n)) in (0..).zip(steps) {
            match what {
                0 => rings(&mut call, n, &[n, n + 1], turn),
                1 => decline(&mut call, &format!("p-{n}").into()),
                _ => record::stop_ringing(&mut call),
            }
            let rung = call.view.rung.iter().filter(|rung| rung.status == Rang::Ringing);
            let mut ringing: Vec<_> = rung.map(|rung| rung.person.as_str()).collect();
            ringing.sort_unstable();
            prop_assert_eq!(ringing, engaged(&call));
        }
    }
}
