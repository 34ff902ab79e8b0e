//! Who may see and do what, as tables.
use super::*;
use contract::Role;
use contract::view::{Leg, LegStatus, Workflow};
use contract::{PersonId, TenantId};

fn leg(id: &str, kind: LegKind, person: Option<&str>, device: Option<&str>) -> Leg {
    Leg {
        id: id.into(),
        kind,
        status: LegStatus::Waiting,
        name: String::new(),
        number: None,
        person: person.map(PersonId::from),
        device: device.map(DeviceId::from),
    }
}

fn call(phase: Phase, legs: Vec<Leg>) -> CallView {
    let mut record = crate::call::record::new(
        "c-1".into(),
        "t-1".into(),
        Workflow::InboundCall,
        legs,
        jiff::Timestamp::UNIX_EPOCH,
    );
    record.view.phase = phase;
    record.view
}

fn inbound(phase: Phase, device: Option<&str>) -> CallView {
    call(
        phase,
        vec![
            leg("caller", LegKind::Phone, None, None),
            leg("callee", LegKind::Client, Some("p-anna"), device),
        ],
    )
}

fn outbound(phase: Phase) -> CallView {
    call(
        phase,
        vec![
            leg("caller", LegKind::Client, Some("p-anna"), Some("tab-1234")),
            leg("callee", LegKind::Phone, None, None),
        ],
    )
}

fn who(tenant: &str, person: &str, role: Role) -> Caller {
    Caller {
        tenant: TenantId::from(tenant),
        person: person.into(),
        role,
        session: "s".into(),
    }
}

fn anna() -> Caller {
    who("t-1", "p-anna", Role::Person)
}

fn operator() -> Caller {
    who("t-1", "p-lucia", Role::Operator)
}

fn answer(device: &str) -> Command {
    Command::Answer {
        device: device.into(),
    }
}

fn digits(text: &str) -> Command {
    Command::Digits {
        digits: text.into(),
    }
}

const PHASES: [Phase; 6] = [
    Phase::Starting,
    Phase::Ringing,
    Phase::Connecting,
    Phase::Talking,
    Phase::Ending,
    Phase::Ended,
];

#[test]
fn a_call_is_seen_by_its_parties_and_its_tenants_operators_only() {
    for phase in PHASES {
        let call = inbound(phase, None);
        assert!(may_see(&anna(), &call) && may_see(&operator(), &call));
        assert!(
            !may_see(&who("t-1", "p-wei", Role::Person), &call),
            "not a party"
        );
        assert!(
            !may_see(&who("t-2", "p-anna", Role::Person), &call),
            "the same id in another tenant"
        );
        assert!(
            !may_see(&who("t-2", "p-eve", Role::Operator), &call),
            "an operator of another tenant"
        );
    }
}

#[test]
fn what_a_dossier_says_is_shown_to_those_who_work_with_dossiers() {
    let task = |owner: &str| {
        serde_json::json!({
            "id": "pi-1.1", "form": "port-order", "title": "Go on", "owner": owner, "about": { "failures": ["secret"] },
        })
    };
    let request = |owner: &str| -> RequestView {
        let view = serde_json::json!({
            "id": "pi-1", "kind": "port-in", "tenant": "t-1", "title": "A port", "status": "collecting", "owner": owner,
            "nextAction": "Go on", "rev": 1, "begunAt": "2026-11-20T10:00:00.000Z", "changedAt": "2026-11-20T10:00:00.000Z",
            "task": task(owner), "details": {
                "form": { "portType": "full", "dossier": { "id": "secret" } }, "order": "collecting", "evaluation": "secret",
                "prepared": "secret", "reasons": "secret", "failures": "secret",
            },
        });
        serde_json::from_value(view).unwrap()
    };
    for owner in ["customer", "operator"] {
        for role in [Role::Person, Role::Operator] {
            let shown = serde_json::json!(shown_to(role, request(owner)));
            assert!(!shown.to_string().contains("secret"), "{shown}");
            let left = serde_json::json!({ "form": { "portType": "full" }, "order": "collecting" });
            assert_eq!(shown["details"], left);
            assert_eq!(shown["task"]["title"], "Go on");
        }
        assert_eq!(shown_to(Role::Staff, request(owner)), request(owner));
    }
    let own = shown_to(Role::Administrator, request("customer"));
    assert_eq!(own, request("customer"));
    let theirs = shown_to(Role::Administrator, request("operator"));
    assert_eq!(theirs.details, request("operator").details);
    assert_eq!(theirs.task.unwrap().about, Value::Null);
}

#[test]
fn only_a_ringing_call_is_answered_and_by_one_device() {
    for phase in PHASES {
        let free = act(&anna(), &inbound(phase, None), &answer("tab-1234"));
        let expected = match phase {
            Phase::Ringing => Ok(Act::Answer("callee".into(), "tab-1234".into())),
            Phase::Ended => Err(Denied::Ended),
            Phase::Starting | Phase::Connecting | Phase::Talking | Phase::Ending => {
                Err(Denied::NotRinging)
            }
        };
        assert_eq!(free, expected, "{phase:?}");
    }
    let taken = inbound(Phase::Connecting, Some("tab-1234"));
    assert!(
        act(&anna(), &taken, &answer("tab-1234")).is_ok(),
        "the same device again"
    );
    assert_eq!(
        act(&anna(), &taken, &answer("tab-9999")),
        Err(Denied::AnsweredElsewhere)
    );
    assert_eq!(
        act(&anna(), &taken, &Command::Decline),
        Err(Denied::AnsweredElsewhere)
    );
}

#[test]
fn only_the_called_person_answers_or_declines() {
    for command in [answer("tab-1234"), Command::Decline] {
        assert_eq!(
            act(&anna(), &outbound(Phase::Ringing), &command),
            Err(Denied::NotCalled),
            "the caller"
        );
        assert_eq!(
            act(&operator(), &inbound(Phase::Ringing, None), &command),
            Err(Denied::NotCalled),
            "an operator"
        );
    }
}

#[test]
fn parties_and_operators_end_a_call_in_any_phase_but_the_last() {
    for phase in PHASES {
        let live = phase != Phase::Ended;
        let own = act(&anna(), &inbound(phase, None), &Command::HangUp);
        assert_eq!(
            own,
            if live {
                Ok(Act::HangUp(Some("callee".into())))
            } else {
                Err(Denied::Ended)
            }
        );
        let theirs = act(&operator(), &inbound(phase, None), &Command::HangUp);
        assert_eq!(
            theirs,
            if live {
                Ok(Act::HangUp(None))
            } else {
                Err(Denied::Ended)
            }
        );
    }
    let stranger = who("t-1", "p-wei", Role::Person);
    assert_eq!(
        act(&stranger, &inbound(Phase::Talking, None), &Command::HangUp),
        Err(Denied::NotParty)
    );
}

#[test]
fn keys_go_to_a_phone_that_hears() {
    for phase in PHASES {
        let pressed = act(&anna(), &outbound(phase), &digits("1*#,A"));
        let expected = match phase {
            Phase::Connecting | Phase::Talking => Ok(Act::Digits("caller".into(), "1*#,A".into())),
            Phase::Ended => Err(Denied::Ended),
            Phase::Starting | Phase::Ringing | Phase::Ending => Err(Denied::NotConnected),
        };
        assert_eq!(pressed, expected, "{phase:?}");
    }
    let browsers = call(
        Phase::Talking,
        vec![
            leg("caller", LegKind::Client, Some("p-anna"), None),
            leg("callee", LegKind::Client, Some("p-wei"), None),
        ],
    );
    assert_eq!(act(&anna(), &browsers, &digits("1")), Err(Denied::NoPhone));
    assert_eq!(
        act(&operator(), &outbound(Phase::Talking), &digits("1")),
        Err(Denied::NotParty)
    );
}

#[test]
fn bad_keys_are_refused_whatever_the_call_does() {
    for bad in ["", "E", "a", "1 2", "+", &"1".repeat(51)] {
        for phase in PHASES {
            assert_eq!(
                act(&anna(), &outbound(phase), &digits(bad)),
                Err(Denied::BadKeys),
                "{bad}"
            );
        }
    }
}
