//! Decisions about port-outs that are written down before their carrier is asked, and functions that die before they know that it heard.
use super::signals::done;
use super::town::{Town, number};
use crate::porting::out;
use crate::ports::porting::{CarrierPortOut, OutRefusal, OutStatus};
use contract::port::{OutAnswer, OutError, OutInput, OutVerdict, OutView};
use contract::request::signal::RequestSignal;
use serde_json::json;

const OURS: &str = "+41445552000";
const ID: &str = "po-telnyx-x-1";
/// Two working days and more after the carrier asked.
const OVER: &str = "2026-12-23T08:00:00Z";

/// A gaining carrier asks for a number, and it was looked at.
async fn asked() -> Town {
    let town = Town::new().await;
    town.keep(OURS, crate::seed::sample::TENANT, "no-1").await;
    town.carrier().outs.push(CarrierPortOut {
        id: "x-1".to_owned(),
        status: OutStatus::Pending,
        numbers: vec![number(OURS)],
        gaining: "Other Telecom".to_owned(),
        pin: None,
        authorised_by: None,
        end_user: None,
        account: None,
        requested_foc: None,
        foc: None,
        since: Some("2026-11-23T08:00:00Z".parse().unwrap()),
    });
    out::find(&town).await.unwrap();
    out::check(&town, input(None)).await.unwrap();
    town
}

/// What Anna decides.
fn input(decision: Option<&str>) -> OutInput {
    let signal = decision.map(|decision| RequestSignal {
        at: "2026-11-23T08:30:00.000Z".to_owned(),
        person: Some("p-anna".into()),
        ..done(
            "port-out-answer",
            json!({ "decision": decision, "reason": "wrong_name", "overrides": true }),
        )
    });
    OutInput {
        request: ID.into(),
        signal,
    }
}

async fn view(town: &Town) -> OutView {
    let details = town.record(ID).await.unwrap().view.details;
    serde_json::from_value(details).unwrap()
}

const DECISIONS: [(&str, OutAnswer, Option<OutRefusal>); 2] = [
    ("authorise", OutAnswer::Authorise, None),
    ("reject", OutAnswer::Reject, Some(OutRefusal::WrongName)),
];

#[tokio::test]
async fn what_was_decided_is_written_down_though_the_carrier_cannot_be_asked() {
    for (said, answer, told) in DECISIONS {
        let town = asked().await;
        town.carrier().away = true;
        let failed = out::answer(&town, input(Some(said))).await;
        assert!(matches!(failed, Err(OutError::Carrier(_))), "{failed:?}");
        let decision = view(&town).await.decision.unwrap();
        assert_eq!(decision.answer, answer);
        assert_eq!(decision.by, Some("p-anna".into()));
        assert_eq!(decision.at.as_deref(), Some("2026-11-23T08:30:00.000Z"));
        // Silence decides nothing of it any more, and no other word does.
        town.carrier().away = false;
        town.set_now(OVER).await;
        out::answer(&town, input(None)).await.unwrap();
        assert_eq!(town.carrier().answered, [told]);
        let view = view(&town).await;
        assert_eq!((view.answer, view.by_silence), (Some(answer), false));
        assert_eq!(view.decided_by, Some("p-anna".into()));
        assert_eq!(view.decided_at.as_deref(), Some("2026-11-23T08:30:00.000Z"));
        assert_eq!(view.decision, None);
    }
}

#[tokio::test]
async fn what_was_told_and_not_marked_is_told_again_as_it_was() {
    let town = asked().await;
    town.carrier().unheard = 1;
    out::answer(&town, input(Some("reject"))).await.unwrap_err();
    // Another word changes nothing of what the carrier may have heard.
    out::answer(&town, input(Some("authorise"))).await.unwrap();
    let told = [Some(OutRefusal::WrongName), Some(OutRefusal::WrongName)];
    assert_eq!(town.carrier().answered, told);
    assert_eq!(view(&town).await.answer, Some(OutAnswer::Reject));
}

#[tokio::test]
async fn what_the_carrier_has_heard_is_marked_by_whoever_looks_next() {
    for (said, answer, told) in DECISIONS {
        let (status, verdict) = match answer {
            OutAnswer::Authorise => (OutStatus::Authorised, OutVerdict::Authorised),
            OutAnswer::Reject => (OutStatus::RejectedPending, OutVerdict::RejectedPending),
        };
        for next in ["ask_again", "check", "end", "again"] {
            let town = asked().await;
            town.carrier().unheard = 1;
            out::answer(&town, input(Some(said))).await.unwrap_err();
            town.carrier().outs[0].status = status;
            let looked = match next {
                "check" => out::check(&town, input(None)).await,
                "end" => out::end::end(&town, input(None)).await,
                "again" => out::answer(&town, input(Some(said))).await,
                _ => out::look(&town, input(Some(next))).await,
            };
            assert_eq!(looked.unwrap().verdict, verdict, "{said}, {next}");
            let view = view(&town).await;
            assert_eq!(
                (view.answer, view.decision),
                (Some(answer), None),
                "{said}, {next}"
            );
            assert_eq!(town.carrier().answered.len(), 1, "{told:?}, {next}");
        }
    }
}

#[tokio::test]
async fn a_carrier_that_waits_for_no_answer_any_more_has_heard_it_or_decided_meanwhile() {
    for (status, verdict, says) in [
        (
            OutStatus::RejectedPending,
            OutVerdict::RejectedPending,
            "Refused",
        ),
        (
            OutStatus::Authorised,
            OutVerdict::Authorised,
            "The refusal came too late",
        ),
    ] {
        let town = asked().await;
        town.carrier().refuses = 1;
        town.carrier().meanwhile = Some(status);
        let told = out::answer(&town, input(Some("reject"))).await.unwrap();
        assert_eq!(told.verdict, verdict);
        let told = told.says.unwrap();
        assert!(told.starts_with(says), "{told}");
    }
}

#[tokio::test]
async fn what_the_carrier_has_refused_meanwhile_is_not_called_authorised() {
    let town = asked().await;
    town.carrier().outs[0].status = OutStatus::Rejected;
    let told = out::answer(&town, input(Some("authorise"))).await.unwrap();
    assert_eq!(told.verdict, OutVerdict::Rejected);
    let says = told.says.unwrap();
    assert!(says.starts_with("At the carrier it is refused"), "{says}");
}

#[tokio::test]
async fn ending_it_writes_down_what_silence_decides_before_the_carrier_hears_it() {
    let town = asked().await;
    town.set_now(OVER).await;
    town.carrier().unheard = 1;
    out::end::end(&town, input(None)).await.unwrap_err();
    let decision = view(&town).await.decision.unwrap();
    assert_eq!(
        (decision.answer, decision.by_silence),
        (OutAnswer::Authorise, true)
    );
    town.carrier().outs[0].status = OutStatus::Authorised;
    let told = out::end::end(&town, input(None)).await.unwrap();
    let says = told.says.unwrap();
    assert!(
        says.starts_with("At the carrier it is authorised"),
        "{says}"
    );
    let view = view(&town).await;
    assert!(view.by_silence && view.answer == Some(OutAnswer::Authorise));
    assert_eq!(town.carrier().answered, [None]);
}
