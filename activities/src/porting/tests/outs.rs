//! Port-outs of numbers that are several customers', or whose deadline nobody knows.
use super::signals::done;
use super::town::{CARRIER, Town, number};
use crate::porting::out;
use crate::ports::porting::{CarrierPortOut, OutRefusal, OutStatus};
use contract::port::{OutError, OutInput, OutTold, OutVerdict};
use contract::request::Party;
use contract::request::signal::SignalName;
use serde_json::{Value, json};

const OURS: &str = "+41445552000";
const THEIRS: &str = "+41445552001";
const NOBODYS: &str = "+41445552009";
const A: &str = crate::seed::sample::TENANT;
const B: &str = "t-other";
/// Whom the gaining carrier names: A, and who allowed it there.
const NAMED: [&str; 2] = ["Isthmus Trading", "Lucía Méndez"];

/// A gaining carrier asks for these numbers, of which A has one and B another.
async fn asked_for(numbers: &[&str]) -> Town {
    let town = Town::new().await;
    town.keep(OURS, A, "no-1").await;
    town.keep(THEIRS, B, "no-2").await;
    town.carrier().outs.push(CarrierPortOut {
        id: "x-1".to_owned(),
        status: OutStatus::Pending,
        numbers: numbers.iter().map(|text| number(text)).collect(),
        gaining: "Other Telecom".to_owned(),
        pin: None,
        authorised_by: Some(NAMED[1].to_owned()),
        end_user: Some(NAMED[0].to_owned()),
        account: None,
        requested_foc: None,
        foc: None,
        since: Some("2026-11-23T08:00:00Z".parse().unwrap()),
    });
    out::find(&town).await.unwrap();
    town
}

/// What an operator decides, who may refuse for what was not found.
fn input(request: &str, decision: Option<&str>) -> OutInput {
    OutInput {
        request: request.into(),
        signal: decision.map(|decision| {
            let data = json!({
                "decision": decision, "reason": "wrong_name", "note": "Reported as a fraud", "overrides": true,
            });
            done("port-out-answer", data)
        }),
    }
}

async fn check(town: &Town, request: &str) -> OutTold {
    out::check(town, input(request, None)).await.unwrap()
}

async fn answer(town: &Town, request: &str, decision: Option<&str>) -> OutTold {
    out::answer(town, input(request, decision)).await.unwrap()
}

async fn lines(town: &Town, request: &str) -> Vec<String> {
    let record = town.record(request).await.unwrap();
    let lines = record.view.numbers.iter();
    lines.map(|line| line.number.to_string()).collect()
}

#[tokio::test]
async fn each_tenant_sees_its_own_numbers_and_none_can_let_the_others_go() {
    let town = asked_for(&[OURS, THEIRS, NOBODYS]).await;
    let (ours, theirs) = ("po-telnyx-x-1", "po-telnyx-x-1-2");
    // Found again, they are the same requests.
    assert_eq!(out::find(&town).await.unwrap().open, 1);
    for (request, tenant, own) in [(ours, A, OURS), (theirs, B, THEIRS)] {
        let view = town.record(request).await.unwrap().view;
        assert_eq!(
            (view.tenant.as_str(), view.title.as_str()),
            (tenant, "1 numbers to Other Telecom")
        );
        assert_eq!(lines(&town, request).await, [own]);
        assert!(town.record("po-telnyx-x-1-3").await.is_none());
        check(&town, request).await;
        let told = answer(&town, request, Some("authorise")).await;
        assert_eq!(told.verdict, OutVerdict::Decide);
        assert!(told.says.unwrap().starts_with("It cannot be authorised"));
        let view = town.record(request).await.unwrap().view;
        let text = json!(view).to_string();
        let others = if own == OURS { THEIRS } else { OURS };
        assert!(!text.contains(others) && !text.contains(NOBODYS), "{text}");
        // Nobody knows whose of them the name is: neither reads it. It is compared all the same.
        for name in NAMED {
            assert!(!text.contains(name), "{name}: {text}");
        }
        if tenant == A {
            assert_eq!(view.details["compared"]["name"], "fits");
        }
    }
    assert!(town.carrier().answered.is_empty(), "nothing was let go");
    town.set_now("2026-12-23T08:00:00Z").await;
    answer(&town, ours, None).await;
    assert_eq!(
        town.carrier().answered,
        [Some(OutRefusal::WrongAccount)],
        "silence refuses it"
    );
    let ids = out::requests_of(&town, &CARRIER.into(), "x-1")
        .await
        .unwrap();
    assert_eq!(ids, [ours.into(), theirs.into()]);
}

#[tokio::test]
async fn numbers_of_which_one_went_to_another_tenant_meanwhile_are_not_let_go() {
    let town = asked_for(&[OURS]).await;
    let told = check(&town, "po-telnyx-x-1").await;
    assert_eq!(
        (told.verdict, told.owner),
        (OutVerdict::Decide, Party::Customer)
    );
    let details = town.record("po-telnyx-x-1").await.unwrap().view.details;
    assert_eq!(details["endUser"], NAMED[0], "of one customer it is shown");
    assert_eq!(details["authorisedBy"], NAMED[1]);
    town.carrier().outs[0].numbers.push(number(THEIRS));
    let told = answer(&town, "po-telnyx-x-1", Some("authorise")).await;
    assert_eq!(told.verdict, OutVerdict::Decide);
    assert!(town.carrier().answered.is_empty());
    answer(&town, "po-telnyx-x-1", Some("reject")).await;
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
}

#[tokio::test]
async fn one_of_numbers_that_are_nobodys_here_is_the_operators_to_answer() {
    let town = asked_for(&[NOBODYS]).await;
    assert!(town.record("po-telnyx-x-1").await.is_none());
    for _ in 0..2 {
        let found = out::find(&town).await.unwrap();
        assert_eq!((found.open, found.orphans.len()), (0, 1));
        assert!(found.orphans[0].answer_by.is_some());
        out::orphan::tell(&*town.house.aws, &found.orphans).await;
        let mails = town.house.mails();
        assert_eq!(mails.len(), 1, "each is told of once");
        assert_eq!(
            mails[0]["Destination"]["ToAddresses"][0],
            "ruth.amsler@strowger.example"
        );
        let text = &mails[0]["Content"]["Simple"]["Body"]["Text"]["Data"];
        let text = text.as_str().unwrap();
        for words in [NOBODYS, "x-1", "Other Telecom", "To be done by 2026-11-"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    // What is answered there needs nobody.
    town.carrier().outs[0].status = OutStatus::Authorised;
    assert_eq!(out::find(&town).await.unwrap(), out::Found::default());
}

#[tokio::test]
async fn silence_authorises_only_after_the_deadline_and_never_without_one() {
    let town = asked_for(&[OURS]).await;
    let told = check(&town, "po-telnyx-x-1").await;
    assert!(told.deadline.is_some());
    let early = answer(&town, "po-telnyx-x-1", None).await;
    assert_eq!(early.verdict, OutVerdict::Decide);
    crate::ports::requests::Requests::update(&town, &"po-telnyx-x-1".into(), |record| {
        record.view.details["answerBy"] = Value::Null;
    })
    .await
    .unwrap();
    town.set_now("2027-11-23T08:00:00Z").await;
    let unknown = answer(&town, "po-telnyx-x-1", None).await;
    assert_eq!(
        (unknown.verdict, unknown.owner),
        (OutVerdict::Decide, Party::Operator)
    );
    assert!(unknown.wait_s > 7 * 24 * 3_600, "{} s", unknown.wait_s);
    assert!(town.carrier().answered.is_empty());
    check(&town, "po-telnyx-x-1").await;
    answer(&town, "po-telnyx-x-1", None).await;
    assert_eq!(
        town.carrier().answered,
        [None],
        "over, and nothing speaks against it"
    );
}

const OUT: &str = "po-telnyx-x-1";

/// The carrier refuses what was decided; then the operator says this.
async fn not_taken(decision: &str) -> Town {
    let town = asked_for(&[OURS]).await;
    check(&town, OUT).await;
    town.carrier().refuses = 1;
    let failed = out::answer(&town, input(OUT, Some(decision))).await;
    assert!(matches!(failed, Err(OutError::Refused(_))), "{failed:?}");
    town
}

async fn ended(town: &Town) -> String {
    let told = out::end::end(town, input(OUT, None)).await.unwrap();
    told.says.unwrap()
}

#[tokio::test]
async fn a_decision_that_the_carrier_did_not_take_is_not_lost_to_silence() {
    let town = not_taken("reject").await;
    town.set_now("2027-11-23T08:00:00Z").await;
    // Trying again, the operator's answer decides nothing.
    answer(&town, OUT, Some("again")).await;
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
    let view = town.record(OUT).await.unwrap().view;
    assert_eq!(
        (&view.details["answer"], &view.details["decision"]),
        (&json!("reject"), &Value::Null)
    );
}

#[tokio::test]
async fn what_is_decided_anew_takes_the_place_of_what_was_not_taken() {
    let town = not_taken("reject").await;
    let anew = out::look(&town, input(OUT, Some("ask_again")))
        .await
        .unwrap();
    assert_eq!(anew.verdict, OutVerdict::Decide);
    let waits = answer(&town, OUT, None).await;
    assert_eq!(waits.verdict, OutVerdict::Decide);
    assert!(town.carrier().answered.is_empty());
    answer(&town, OUT, Some("authorise")).await;
    assert_eq!(town.carrier().answered, [None]);
}

#[tokio::test]
async fn who_takes_it_over_tells_at_once_what_was_decided() {
    let town = not_taken("reject").await;
    let told = check(&town, OUT).await;
    assert_ne!(told.verdict, OutVerdict::Decide);
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
}

#[tokio::test]
async fn ending_it_tells_the_carrier_what_was_decided() {
    let town = not_taken("reject").await;
    assert_eq!(
        ended(&town).await,
        "The carrier was told that it is refused"
    );
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
    // Done again, as after a lost answer, it tells nothing twice.
    assert_eq!(ended(&town).await, "The carrier has the answer");
    assert_eq!(town.carrier().answered.len(), 1);
}

#[tokio::test]
async fn ending_it_undecided_says_that_the_other_carrier_waits_and_never_consents_early() {
    let town = asked_for(&[OURS]).await;
    let until = check(&town, OUT).await.deadline.unwrap();
    let says = ended(&town).await;
    assert!(says.starts_with("Ended without the carrier"), "{says}");
    assert!(says.contains(&until) && says.contains("silence"), "{says}");
    assert!(town.carrier().answered.is_empty());
    town.set_now("2027-11-23T08:00:00Z").await;
    assert_eq!(
        ended(&town).await,
        "The carrier was told that it is authorised"
    );
    assert_eq!(
        town.carrier().answered,
        [None],
        "the law takes silence for consent"
    );
}

#[tokio::test]
async fn ending_it_when_the_numbers_are_gone_there_and_not_here_says_so() {
    let town = asked_for(&[OURS]).await;
    town.carrier().outs[0].status = OutStatus::Ported;
    let found = check(&town, OUT).await;
    assert_eq!(
        found.verdict,
        OutVerdict::Ported,
        "it is over before anybody looked"
    );
    let says = ended(&town).await;
    assert!(says.contains("in service here"), "{says}");
    out::leave(&town, input(OUT, None)).await.unwrap();
    assert_eq!(ended(&town).await, "The numbers have gone");
}

#[tokio::test]
async fn numbers_that_have_gone_are_nobodys_here_though_the_carrier_leads_them_here_still() {
    let town = asked_for(&[OURS]).await;
    town.carrier().outs[0].status = OutStatus::Ported;
    check(&town, OUT).await;
    town.carrier().leads_on = true;
    let refused = out::leave(&town, input(OUT, None)).await;
    assert!(matches!(refused, Err(OutError::Refused(_))), "{refused:?}");
    assert_eq!(town.owner(OURS).await, None);
    assert_eq!(ended(&town).await, "The numbers have gone");
    // An operator has seen to it at the carrier, or not: the port-out goes on.
    let told = out::leave(&town, input(OUT, None)).await.unwrap();
    assert_eq!(told.verdict, OutVerdict::Snapback);
    let timeline = town.record(OUT).await.unwrap().view.timeline;
    let told: Vec<_> = timeline
        .iter()
        .filter(|entry| entry.text.contains("here still"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.contains(OURS), "{}", told[0].text);
}

#[tokio::test]
async fn a_carrier_that_cannot_be_told_is_no_end() {
    let town = not_taken("authorise").await;
    town.carrier().refuses = 1;
    let failed = out::end::end(&town, input(OUT, None)).await;
    assert!(matches!(failed, Err(OutError::Refused(_))), "{failed:?}");
}

/// What an operator writes down of a carrier with an interface.
fn heard(status: &str) -> OutInput {
    let mut input = input(OUT, Some("heard"));
    let signal = input.signal.as_mut().unwrap();
    signal.topic = Some("port-out-standing".to_owned());
    signal.data = json!({ "status": status, "note": "Called them" });
    input
}

/// Answered with this, which the carrier takes in and then forgets.
async fn forgotten(decision: &str, status: OutStatus) -> Town {
    let town = asked_for(&[OURS]).await;
    check(&town, OUT).await;
    town.carrier().outs[0].status = status;
    answer(&town, OUT, Some(decision)).await;
    town
}

async fn looked(town: &Town, input: OutInput) -> OutTold {
    out::look(town, input).await.unwrap()
}

#[tokio::test]
async fn a_carrier_that_forgets_numbers_that_were_to_go_is_asked_by_an_operator() {
    let town = forgotten("authorise", OutStatus::Authorised).await;
    let waits = looked(&town, input(OUT, None)).await;
    assert_eq!(
        (waits.verdict, waits.owner, waits.form.as_deref()),
        (OutVerdict::Authorised, Party::Carrier, None)
    );
    let until = waits.deadline.unwrap();
    assert!(until.starts_with("2026-11-25T"), "{until}");
    // A date that the carrier names gives it time until after it.
    town.carrier().outs[0].foc = Some("2026-12-10T09:00:00Z".parse().unwrap());
    let dated = looked(&town, input(OUT, None)).await.deadline.unwrap();
    assert!(dated.starts_with("2026-12-14T"), "{dated}");
    town.set_now("2026-12-15T08:00:00Z").await;
    let late = looked(&town, input(OUT, None)).await;
    assert_eq!(
        (late.verdict, late.owner, late.form.as_deref()),
        (
            OutVerdict::Authorised,
            Party::Operator,
            Some("port-out-standing")
        )
    );
    assert!(late.wait_s >= 3_600, "{} s", late.wait_s);
    let on = looked(&town, heard("authorised")).await;
    assert_eq!((on.owner, on.form), (Party::Carrier, None));
    town.set_now("2026-12-20T08:00:00Z").await;
    assert_eq!(looked(&town, input(OUT, None)).await.owner, Party::Operator);
    // What they have heard counts where the carrier's interface is behind.
    let gone = looked(&town, heard("ported")).await;
    assert_eq!(gone.verdict, OutVerdict::Ported);
}

#[tokio::test]
async fn a_carrier_that_forgets_a_refusal_is_asked_by_an_operator() {
    let town = forgotten("reject", OutStatus::RejectedPending).await;
    let waits = looked(&town, input(OUT, None)).await;
    assert_eq!(
        (waits.verdict, waits.owner),
        (OutVerdict::RejectedPending, Party::Carrier)
    );
    assert!(waits.deadline.is_some());
    town.set_now("2026-12-15T08:00:00Z").await;
    let late = looked(&town, input(OUT, None)).await;
    assert_eq!(late.form.as_deref(), Some("port-out-standing"));
    assert_eq!(
        looked(&town, heard("rejected")).await.verdict,
        OutVerdict::Rejected
    );
    // What nobody was asked about is what the interface shows.
    let mut notice = heard("ported");
    notice.signal.as_mut().unwrap().name = SignalName::CarrierNotice;
    notice.signal.as_mut().unwrap().topic = Some("standing".to_owned());
    assert_eq!(looked(&town, notice).await.verdict, OutVerdict::Rejected);
}

/// Answered with this; the carrier's interface shows nothing of it.
async fn lags(decision: &str) -> (Town, OutTold) {
    let town = asked_for(&[OURS]).await;
    check(&town, OUT).await;
    let told = answer(&town, OUT, Some(decision)).await;
    (town, told)
}

#[tokio::test]
async fn an_interface_that_shows_nothing_of_the_answer_yet_is_behind() {
    let (town, told) = lags("reject").await;
    assert_eq!(
        (told.verdict, told.owner),
        (OutVerdict::RejectedPending, Party::Carrier)
    );
    let says = told.says.unwrap();
    assert!(says.starts_with("Refused"), "{says}");
    let record = town.record(OUT).await.unwrap();
    assert_eq!(record.view.numbers[0].status, "requested");
    // Tried again after a lost answer, it is told once.
    let again = answer(&town, OUT, Some("reject")).await;
    assert_eq!(again.verdict, OutVerdict::RejectedPending);
    assert_eq!(town.carrier().answered.len(), 1);
    let told = looked(&town, heard("rejected")).await;
    assert_eq!(told.verdict, OutVerdict::Rejected);
    // An operator has heard what it does not show.
    for (decision, said, next) in [
        ("reject", "authorised", OutVerdict::Authorised),
        ("reject", "cancelled", OutVerdict::Cancelled),
        ("authorise", "authorised", OutVerdict::Authorised),
        ("authorise", "ported", OutVerdict::Ported),
    ] {
        let (town, _) = lags(decision).await;
        let told = looked(&town, heard(said)).await;
        assert_eq!(told.verdict, next, "{decision}: {said}");
    }
}
