//! Onboardings as a list: those that run by their deadlines, then those that have ended; and where a stage is seen to.

use super::queue::by_deadline;
use super::requests::{Shelf, dossier_of};
use crate::route::Route;
use contract::onboarding::api::{BegunPort, Stage, StageState};
use contract::request::{Kind, RequestView};
use contract::{RequestId, Role, api::Me};
use std::rc::Rc;

/// The lists of those that run.
pub(crate) const RUNNING: [Shelf; 2] = [
    Shelf::LiveOf(Kind::OnboardTenant),
    Shelf::LiveOf(Kind::OnboardUser),
];
/// The lists of those that have ended.
pub(crate) const ENDED: [Shelf; 2] = [
    Shelf::EndedOf(Kind::OnboardTenant),
    Shelf::EndedOf(Kind::OnboardUser),
];

/// Onboardings that somebody follows, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Listed {
    /// Those that run, the nearest deadline first.
    pub(crate) running: Vec<Rc<RequestView>>,
    /// Those that have ended, the newest first.
    pub(crate) ended: Vec<Rc<RequestView>>,
}

/// What of the requests that are known the one who looks follows: customers, and people of their own tenant.
pub(crate) fn listed<'a>(all: impl Iterator<Item = &'a Rc<RequestView>>, me: &Me) -> Listed {
    let follows = |view: &&Rc<RequestView>| match view.kind {
        Kind::OnboardTenant => true,
        Kind::OnboardUser => view.tenant == me.tenant,
        Kind::VerifyDossier
        | Kind::NumberOrder
        | Kind::NumberRelease
        | Kind::PortIn
        | Kind::PortOut => false,
    };
    let all = all.filter(follows).cloned();
    let (mut running, mut ended): (Vec<Rc<RequestView>>, Vec<Rc<RequestView>>) =
        all.partition(|view| view.is_open());
    by_deadline(&mut running);
    ended.sort_by(|a, b| {
        let newest = b.begun_at.cmp(&a.begun_at);
        newest.then_with(|| a.id.cmp(&b.id))
    });
    Listed { running, ended }
}

/// The onboarding of the last part of an invitation's link, which goes on with the secret.
fn invited_to(link: &str) -> Option<RequestId> {
    let (request, _) = link.rsplit_once('.')?;
    (!request.is_empty()).then(|| RequestId::from(request))
}

/// Where somebody goes who has accepted an invitation: who follows onboardings to their own, everybody else to the phone.
pub(crate) fn after_invitation(role: Role, link: &str) -> Route {
    let followed = invited_to(link).filter(|_| role.makes_requests());
    followed.map_or(Route::Phone, |id| Route::Onboarding { id: id.0 })
}

/// Where a stage that has begun is seen to: the dossier, the numbers or their order, the port or the ports.
pub(crate) fn leads_to(
    part: &Stage,
    request: &RequestView,
    ports: &[BegunPort],
    me: &Me,
) -> Option<Route> {
    if matches!(part.state, StageState::Waiting | StageState::Skipped) {
        return None;
    }
    match part.stage.as_str() {
        "dossier" => dossier_of(request).map(|id| Route::Dossier { id }),
        "numbers" if request.tenant == me.tenant => Some(Route::Numbers),
        "numbers" => {
            let order = request.details["order"].as_str();
            let order = order.filter(|id| !id.is_empty());
            order.map(|id| Route::Request { id: id.to_owned() })
        }
        "ports" => match ports {
            [] => None,
            [port] => Some(Route::Port {
                id: port.port.to_string(),
            }),
            [_, ..] => Some(Route::Ports),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::request;
    use contract::request::Party;
    use serde_json::json;

    fn me(role: Role) -> Me {
        Me {
            person: "p-1".into(),
            tenant: "t-1".into(),
            tenant_name: "Isthmus Trading".into(),
            name: "Luc\u{ed}a".into(),
            email: String::new(),
            role,
            numbers: vec![],
        }
    }

    fn onboarding(id: &str, kind: Kind, tenant: &str, deadline: Option<&str>) -> Rc<RequestView> {
        Rc::new(RequestView {
            kind,
            tenant: tenant.into(),
            deadline: deadline.map(str::to_owned),
            ..request(id)
        })
    }

    #[test]
    fn those_that_run_come_by_deadline_before_those_that_have_ended() {
        let over = |id: &str, begun_at: &str| {
            Rc::new(RequestView {
                kind: Kind::OnboardTenant,
                begun_at: begun_at.to_owned(),
                ended_at: Some("2026-11-21T09:00:00.000Z".to_owned()),
                ..request(id)
            })
        };
        let all = [
            over("older", "2026-11-01T09:00:00.000Z"),
            over("newer", "2026-11-02T09:00:00.000Z"),
            onboarding("none", Kind::OnboardTenant, "t-2", None),
            onboarding(
                "later",
                Kind::OnboardTenant,
                "t-3",
                Some("2026-12-02T10:00:00Z"),
            ),
            onboarding(
                "near",
                Kind::OnboardUser,
                "t-1",
                Some("2026-12-01T10:00:00Z"),
            ),
            onboarding(
                "others",
                Kind::OnboardUser,
                "t-2",
                Some("2026-11-30T10:00:00Z"),
            ),
            onboarding("check", Kind::VerifyDossier, "t-1", None),
        ];
        let listed = listed(all.iter(), &me(Role::Staff));
        let ids = |list: &[Rc<RequestView>]| -> Vec<String> {
            list.iter().map(|view| view.id.to_string()).collect()
        };
        assert_eq!(ids(&listed.running), ["near", "later", "none"]);
        assert_eq!(ids(&listed.ended), ["newer", "older"]);
    }

    #[test]
    fn who_is_invited_as_administrator_comes_to_the_onboarding_and_others_to_the_phone() {
        let to = |role| after_invitation(role, "ot-1.secret");
        let id = "ot-1".to_owned();
        assert_eq!(to(Role::Administrator), Route::Onboarding { id });
        assert_eq!(to(Role::Person), Route::Phone);
        assert_eq!(to(Role::Operator), Route::Phone);
        for link in ["", ".secret", "no-secret"] {
            assert_eq!(after_invitation(Role::Administrator, link), Route::Phone);
        }
    }

    #[test]
    fn a_stage_that_has_begun_leads_to_where_it_is_seen_to() {
        let part = |stage: &str, state| Stage {
            stage: stage.to_owned(),
            state,
            owner: None,
            next_action: None,
            deadline: None,
            reason: None,
        };
        let view = RequestView {
            details: json!({ "dossier": "d-1", "order": "ot-1-n0-1" }),
            ..request("ot-1")
        };
        let (own, others) = (me(Role::Administrator), {
            let me = me(Role::Staff);
            Me {
                tenant: "t-strowger".into(),
                ..me
            }
        });
        let port = |id: &str| BegunPort {
            port: id.into(),
            status: "draft".to_owned(),
            owner: Party::Customer,
            next_action: String::new(),
            outcome: None,
            numbers: Vec::new(),
        };
        let running = |stage, ports: &[BegunPort], me: &Me| {
            leads_to(&part(stage, StageState::Running), &view, ports, me)
        };
        let id = |id: &str| id.to_owned();
        assert_eq!(
            running("dossier", &[], &own),
            Some(Route::Dossier { id: id("d-1") })
        );
        assert_eq!(running("numbers", &[], &own), Some(Route::Numbers));
        assert_eq!(
            running("numbers", &[], &others),
            Some(Route::Request {
                id: id("ot-1-n0-1")
            })
        );
        let ports = [port("pi-1"), port("pi-2")];
        assert_eq!(running("ports", &[], &own), None);
        assert_eq!(
            running("ports", &ports[..1], &own),
            Some(Route::Port { id: id("pi-1") })
        );
        assert_eq!(running("ports", &ports, &own), Some(Route::Ports));
        assert_eq!(running("test", &[], &own), None);
        let waits = part("dossier", StageState::Waiting);
        assert_eq!(leads_to(&waits, &view, &[], &own), None);
    }
}
