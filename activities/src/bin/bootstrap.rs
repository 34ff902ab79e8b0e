//! The one program of all functions: serves the function that `_HANDLER` names, over the Lambda Runtime API.
#![recursion_limit = "256"]

use activities::aws::Aws;
use activities::ports::webhooks::Webhooks as _;
use activities::webhooks::post::Poster;
use activities::{
    call, dossier, http, mails, meeting, number, onboarding, porting, request, rules, seed, shell,
    sma, stream, sweep, turn, webhooks, ws,
};
use anyhow::{Context, bail};
use contract::call::{Authorise, End, Place, Route};
use contract::dossier::review::{DossierDecide, DossierEvaluate, DossierRelease, DossierScreen};
use contract::mail::MailSend;
use contract::meeting::Open;
use contract::number::{
    NumberAnswer, NumberAssign, NumberCancel, NumberCasePrepare, NumberCaseRecall, NumberCaseTake,
    NumberCheck, NumberEmergency, NumberFill, NumberPlace, NumberRecall, NumberRelease,
    NumberRequirements, NumberReserve, NumberTest, NumberWithdraw,
};
use contract::onboarding::{
    OnboardingClose, OnboardingDossier, OnboardingEmergency, OnboardingInvite, OnboardingLook,
    OnboardingOpen, OnboardingOrder, OnboardingPort, OnboardingPorted, OnboardingUndo,
    OnboardingVerify,
};
use contract::port;
use contract::request::deadline::RequestDeadline;
use contract::request::end::RequestEnd;
use contract::request::turn::RequestTurn;
use contract::turn::Turn;
use contract::webhook::{WebhookGiveUp, WebhookSend};
use std::sync::Arc;

/// Runs one activity over the shared clients.
macro_rules! task {
    ($aws:expr, $activity:ty, $run:path) => {
        shell::serve_task::<$activity, _, _>({
            let aws = $aws;
            move |input| {
                let aws = aws.clone();
                async move { $run(&*aws, input).await }
            }
        })
        .await
    };
}

fn main() -> anyhow::Result<()> {
    shell::start_log();
    let function =
        std::env::var("_HANDLER").context("_HANDLER does not say which function this is")?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(serve(&function))
}

async fn serve(function: &str) -> anyhow::Result<()> {
    let aws = Arc::new(Aws::from_env().await);
    rules::load(&*aws).await;
    match function {
        "call-authorise" => task!(aws, Authorise, call::authorise::authorise),
        "call-end" => task!(aws, End, call::end::end),
        "call-place" => task!(aws, Place, call::place::place),
        "call-route" => task!(aws, Route, call::route::route),
        "dossier-decide" => task!(aws, DossierDecide, dossier::decide::decide),
        "dossier-evaluate" => task!(aws, DossierEvaluate, dossier::evaluate::evaluate),
        "dossier-release" => task!(aws, DossierRelease, dossier::release::release),
        "dossier-renew" => dossier::renew::run(aws).await,
        "dossier-screen" => task!(aws, DossierScreen, dossier::screen::screen),
        "http-api" => http::run(aws).await,
        "mail-send" => task!(aws, MailSend, mails::send),
        "meeting-event" => meeting::event::run(aws).await,
        "meeting-open" => task!(aws, Open, meeting::open::open),
        "request-deadline" => task!(aws, RequestDeadline, request::deadline::deadline),
        "number-assign" => task!(aws, NumberAssign, number::assign::assign),
        "number-case-prepare" => {
            task!(aws, NumberCasePrepare, number::case_prepare::prepare)
        }
        "number-case-recall" => task!(aws, NumberCaseRecall, number::case_recall::recall),
        "number-case-take" => task!(aws, NumberCaseTake, number::case_take::take),
        "number-emergency" => task!(aws, NumberEmergency, number::emergency::emergency),
        "number-order-answer" => task!(aws, NumberAnswer, number::answer::answer),
        "number-order-cancel" => task!(aws, NumberCancel, number::order::cancel),
        "number-order-check" => task!(aws, NumberCheck, number::order::check),
        "number-order-fill" => task!(aws, NumberFill, number::fill::fill),
        "number-order-place" => task!(aws, NumberPlace, number::order::place),
        "number-order-recall" => task!(aws, NumberRecall, number::recall::recall),
        "number-release" => task!(aws, NumberRelease, number::release::release),
        "number-requirements" => {
            task!(aws, NumberRequirements, number::requirements::requirements)
        }
        "number-reserve" => task!(aws, NumberReserve, number::reserve::reserve),
        "number-test" => task!(aws, NumberTest, number::test_call::test),
        "number-withdraw" => task!(aws, NumberWithdraw, number::withdraw::withdraw),
        "port-activate" => task!(aws, port::Activate, porting::cutover::activate),
        "port-cancel" => task!(aws, port::Cancel, porting::cancel::cancel),
        "port-check" => task!(aws, port::Check, porting::check::check),
        "port-date" => task!(aws, port::ChangeDate, porting::date::change_date),
        "port-evaluate" => task!(aws, port::Evaluate, porting::evaluate::evaluate),
        "port-lapse" => task!(aws, port::Lapse, porting::cancel::lapse),
        "port-look" => task!(aws, port::Look, porting::look_up::look_up),
        "port-prepare" => task!(aws, port::Prepare, porting::cutover::prepare),
        "port-review" => task!(aws, port::Review, porting::review::review),
        "port-split" => task!(aws, port::SplitUp, porting::split::split_up),
        "port-submit" => task!(aws, port::Submit, porting::submit::submit),
        "port-verify" => task!(aws, port::Verify, porting::verify::verify),
        "port-out-answer" => task!(aws, port::OutAnswerTask, porting::out::answer),
        "port-out-check" => task!(aws, port::OutCheck, porting::out::check),
        "port-out-end" => task!(aws, port::OutEnd, porting::out::end::end),
        "port-out-leave" => task!(aws, port::OutLeave, porting::out::leave),
        "port-out-look" => task!(aws, port::OutLook, porting::out::look),
        "port-out-restore" => task!(aws, port::OutRestore, porting::out::restore),
        "port-out-find" => porting::out::run(aws).await,
        "onboarding-close" => task!(aws, OnboardingClose, onboarding::close::close),
        "onboarding-dossier" => task!(aws, OnboardingDossier, onboarding::dossier::dossier),
        "onboarding-emergency" => task!(aws, OnboardingEmergency, onboarding::emergency::emergency),
        "onboarding-invite" => task!(aws, OnboardingInvite, onboarding::invite::invite),
        "onboarding-look" => task!(aws, OnboardingLook, onboarding::look::look),
        "onboarding-open" => task!(aws, OnboardingOpen, onboarding::open::open),
        "onboarding-order" => task!(aws, OnboardingOrder, onboarding::order::order),
        "onboarding-port" => task!(aws, OnboardingPort, onboarding::port::port),
        "onboarding-ported" => task!(aws, OnboardingPorted, onboarding::ported::ported),
        "onboarding-undo" => task!(aws, OnboardingUndo, onboarding::undo::undo),
        "onboarding-verify" => task!(aws, OnboardingVerify, onboarding::verify::verify),
        "request-end" => task!(aws, RequestEnd, request::end::end),
        "request-turn" => {
            shell::serve::<RequestTurn, _, _>(move |input| {
                let aws = aws.clone();
                async move { request::turn::turn(&*aws, input).await }
            })
            .await
        }
        "seed" => seed::run(aws).await,
        "sma-event" => sma::run(aws).await,
        "stream" => stream::run(aws).await,
        "sweep" => sweep::run(aws).await,
        "turn" => {
            shell::serve::<Turn, _, _>(move |input| {
                let aws = aws.clone();
                async move { turn::turn(&*aws, input).await }
            })
            .await
        }
        "webhook-events" => webhooks::events::run(aws).await,
        "webhook-give-up" => task!(aws, WebhookGiveUp, webhooks::give_up::give_up),
        "webhook-send" => {
            let poster = Poster::new(aws.allowed_addresses().clone())?;
            shell::serve_task::<WebhookSend, _, _>(move |input| {
                let (aws, poster) = (aws.clone(), poster.clone());
                async move { webhooks::send::send(&*aws, &poster, input).await }
            })
            .await
        }
        "ws-api" => ws::run(aws).await,
        other => bail!("_HANDLER names `{other}`, which is no function of this program"),
    }
    .map_err(|error| anyhow::anyhow!(error))
}
