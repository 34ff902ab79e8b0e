//! The stages of an onboarding, told from its request. Pure.
use super::api::{Stage, StageState};
use crate::request::{Kind, Outcome, RequestView};

/// Stages in their order, each with the statuses in which the onboarding is there.
const TENANT: [(&str, &[&str]); 9] = [
    ("opened", &["begun"]),
    ("email", &["email_wanted"]),
    ("dossier", &["dossier_wanted"]),
    ("review", &["in_review"]),
    ("numbers", &["numbers_ordered"]),
    ("ports", &["porting"]),
    ("emergency", &["emergency_address_wanted"]),
    ("test", &["testing"]),
    ("closed", &["closing", "closed"]),
];
/// A state of the definitions by stage: where an onboarding was that has ended.
const STATES: [(&str, &str); 12] = [
    ("Verify address", "email"),
    ("Complete dossier", "dossier"),
    ("In review", "review"),
    ("Numbers ordered", "numbers"),
    ("Ports under way", "ports"),
    ("Emergency address", "emergency"),
    ("Testing", "test"),
    ("Try again", "test"),
    ("Test by hand", "test"),
    ("Close by hand", "closed"),
    ("Undoing", ""),
    ("Undo by hand", ""),
];

/// The stages of an onboarding as it is now.
pub fn progress(view: &RequestView) -> Vec<Stage> {
    let ported = Porting::of(view);
    let stages: Vec<_> = TENANT
        .into_iter()
        .filter(|(stage, _)| view.kind == Kind::OnboardTenant || !is_of_dossier(stage))
        .filter(|(stage, _)| match *stage {
            "numbers" => !ported.only,
            "ports" => ported.waits,
            _ => true,
        })
        .collect();
    let at = place(&stages, view);
    let closed = matches!(view.outcome, Some(Outcome::Done | Outcome::Partial));
    let stopped = !closed && (view.outcome.is_some() || view.status == "undoing");
    let last = view.timeline.last().map(|entry| entry.text.clone());
    let told = stages.iter().enumerate().map(|(index, (stage, _))| {
        let state = match () {
            () if closed || index < at => StageState::Done,
            () if index > at && stopped => StageState::Skipped,
            () if index > at => StageState::Waiting,
            () if stopped => StageState::Failed,
            () => StageState::Running,
        };
        let here = index == at && !closed;
        let runs = state == StageState::Running;
        Stage {
            stage: (*stage).to_owned(),
            state,
            owner: runs.then_some(view.owner),
            next_action: runs.then(|| view.next_action.clone()),
            deadline: view.deadline.clone().filter(|_| runs),
            reason: last
                .clone()
                .filter(|_| here || (closed && *stage == "closed")),
        }
    });
    told.collect()
}

/// What an onboarding has to do with ports.
#[derive(Debug, Clone, Copy)]
struct Porting {
    /// No number is ordered: they all come by ports.
    only: bool,
    /// It waits for ports, or has waited: one that has other numbers does not.
    waits: bool,
}

impl Porting {
    fn of(view: &RequestView) -> Self {
        let some = |field: &str| {
            let list = view.details[field].as_array();
            list.is_some_and(|list| !list.is_empty())
        };
        let only = some("portWishes") && !some("wishes");
        let mut steps = view.steps.iter();
        let waited = steps.any(|step| step.state == "Ports under way");
        Self {
            only,
            waits: only || waited || view.status == "porting",
        }
    }
}

fn is_of_dossier(stage: &str) -> bool {
    matches!(stage, "dossier" | "review")
}

/// Where the onboarding is, or was when it stopped.
fn place(stages: &[(&str, &[&str])], view: &RequestView) -> usize {
    let by_status = stages
        .iter()
        .position(|(_, statuses)| statuses.contains(&view.status.as_str()));
    let by_state = || {
        let mut newest = view.steps.iter().rev();
        newest.find_map(|step| {
            let (_, stage) = STATES.iter().find(|(state, _)| *state == step.state)?;
            stages.iter().position(|(known, _)| known == stage)
        })
    };
    by_status.or_else(by_state).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Party, Step};
    use serde_json::Value;

    const STATUSES: [&str; 11] = [
        "begun",
        "email_wanted",
        "dossier_wanted",
        "in_review",
        "numbers_ordered",
        "porting",
        "emergency_address_wanted",
        "testing",
        "closing",
        "undoing",
        "closed",
    ];

    fn view(kind: Kind, status: &str, states: &[&str], outcome: Option<Outcome>) -> RequestView {
        let step = |state: &&str| Step {
            state: (*state).to_owned(),
            at: String::new(),
        };
        RequestView {
            id: "ot-1".into(),
            kind,
            tenant: "t-1".into(),
            rev: 1,
            execution: None,
            title: String::new(),
            status: status.to_owned(),
            owner: Party::Platform,
            next_action: String::new(),
            deadline: None,
            escalated: None,
            begun_at: String::new(),
            changed_at: String::new(),
            ended_at: None,
            outcome,
            numbers: Vec::new(),
            task: None,
            actions: Vec::new(),
            steps: states.iter().map(step).collect(),
            timeline: Vec::new(),
            details: Value::Null,
        }
    }

    fn states(view: &RequestView) -> Vec<(String, StageState)> {
        progress(view)
            .into_iter()
            .map(|stage| (stage.stage, stage.state))
            .collect()
    }

    #[test]
    fn a_request_that_was_taken_back_says_where() {
        let view = view(
            Kind::OnboardTenant,
            "cancelled",
            &["Verify address", "Complete dossier", "Undoing"],
            Some(Outcome::Cancelled),
        );
        let told = states(&view);
        assert_eq!(told[1], ("email".to_owned(), StageState::Done));
        assert_eq!(told[2], ("dossier".to_owned(), StageState::Failed));
        assert_eq!(told[3], ("review".to_owned(), StageState::Skipped));
    }

    #[test]
    fn what_cannot_be_closed_has_come_to_its_last_stage() {
        let steps = ["Verify address", "Testing", "Close by hand"];
        let waiting = states(&view(Kind::OnboardUser, "closing", &steps, None));
        let (last, before) = waiting.split_last().unwrap();
        assert_eq!(*last, ("closed".to_owned(), StageState::Running));
        assert!(before.iter().all(|(_, state)| *state == StageState::Done));
        let left = view(Kind::OnboardUser, "closed", &steps, Some(Outcome::Partial));
        let left = states(&left);
        assert!(left.iter().all(|(_, state)| *state == StageState::Done));
        let back = view(
            Kind::OnboardUser,
            "cancelled",
            &steps,
            Some(Outcome::Cancelled),
        );
        let last = states(&back).pop().unwrap();
        assert_eq!(last, ("closed".to_owned(), StageState::Failed));
    }

    #[test]
    fn ports_are_a_stage_of_whoever_waits_for_them() {
        let names = |view: &RequestView| {
            let stages = progress(view).into_iter();
            stages.map(|stage| stage.stage).collect::<Vec<_>>()
        };
        let mut both = view(Kind::OnboardTenant, "numbers_ordered", &[], None);
        both.details = serde_json::json!({ "wishes": [{}], "portWishes": [{}] });
        assert!(!names(&both).contains(&"ports".to_owned()));
        let mut only = view(Kind::OnboardTenant, "porting", &["Ports under way"], None);
        only.details = serde_json::json!({ "wishes": [], "portWishes": [{}] });
        let told = names(&only);
        assert!(told.contains(&"ports".to_owned()) && !told.contains(&"numbers".to_owned()));
        let running = progress(&only)
            .into_iter()
            .find(|stage| stage.state == StageState::Running);
        assert_eq!(running.map(|stage| stage.stage), Some("ports".to_owned()));
        // None of those that were ordered could be had: it waits for the others.
        both.status = "porting".to_owned();
        let told = names(&both);
        assert!(told.contains(&"ports".to_owned()) && told.contains(&"numbers".to_owned()));
    }

    /// Every list of at most two states of the definitions.
    fn steps() -> Vec<Vec<&'static str>> {
        let names = || STATES.iter().map(|(state, _)| *state);
        let pairs = names().flat_map(|one| names().map(move |two| vec![one, two]));
        let ones = names().map(|one| vec![one]);
        std::iter::once(Vec::new())
            .chain(ones)
            .chain(pairs)
            .collect()
    }

    #[test]
    fn stages_go_from_done_over_one_to_those_that_wait() {
        let rank = |state: StageState| match state {
            StageState::Done => 0,
            StageState::Running | StageState::Failed => 1,
            StageState::Waiting | StageState::Skipped => 2,
        };
        for (kind, always) in [(Kind::OnboardTenant, 8), (Kind::OnboardUser, 6)] {
            for (status, steps) in STATUSES
                .into_iter()
                .flat_map(|status| steps().into_iter().map(move |steps| (status, steps)))
            {
                let told = progress(&view(kind, status, &steps, None));
                let waits = status == "porting" || steps.contains(&"Ports under way");
                assert_eq!(
                    told.len(),
                    always + usize::from(waits),
                    "{status} {steps:?}"
                );
                assert!(told.is_sorted_by_key(|stage| rank(stage.state)));
                assert_eq!(
                    told.iter().filter(|stage| rank(stage.state) == 1).count(),
                    1
                );
                let done = progress(&view(kind, "closed", &steps, Some(Outcome::Done)));
                assert!(done.iter().all(|stage| stage.state == StageState::Done));
            }
        }
    }
}
