//! Refusals of the losing side: what their codes mean, and who mends what was refused. Pure.
use crate::porting::calendar::{self, Time};
use crate::porting::record::Port;
use crate::porting::spared;
use crate::ports::porting::CarrierPort;
use crate::rules;
use compliance::porting::{Mend, Rejection};
use contract::E164;
use contract::dossier::{NumberStep as Num, OrderStep as Do};
use contract::port::{PortError, PortVerdict as Next, RejectionMend, RejectionView};
use contract::request::Party;

/// Most refusals that are kept, the newest.
const REJECTIONS_MAX: usize = 60;

/// Takes down a refusal: what each code means and what corrects it.
pub(super) fn rejected(
    port: &mut Port,
    carrier: &CarrierPort,
    scheme: &str,
    time: Time,
    says: &mut Vec<String>,
) -> Result<(), PortError> {
    port.step(Do::Reject, Party::Carrier, time.now)?;
    port.step_numbers(Num::Reject, Party::Carrier, time.now, None);
    take_down(port, &carrier.codes, scheme, &carrier.named, None);
    customer_is_asked(port, time);
    says.push(if carrier.codes.is_empty() {
        "Refused by the losing side; the carrier does not say why".to_owned()
    } else {
        format!("Refused by the losing side: {}", carrier.codes.join(", "))
    });
    Ok(())
}

pub(super) fn customer_is_asked(port: &mut Port, time: Time) {
    calendar::date_gone(port);
    calendar::customer_asked(port, time);
    port.view.moments.donor_answer = None;
}

/// The codes that an operator read in the carrier's case.
pub(super) fn codes(data: &serde_json::Value) -> Vec<String> {
    let codes = data["codes"].as_array().into_iter().flatten();
    codes
        .filter_map(|code| Some(code.as_str()?.to_owned()))
        .collect()
}

/// Writes down what each code of a refusal means and what corrects it. An operator may say that the customer mends it, in these words
/// where the tables have none.
pub(super) fn take_down(
    port: &mut Port,
    codes: &[String],
    scheme: &str,
    named: &[(String, E164)],
    to_customer: Option<&str>,
) {
    let before = port.hidden.spared;
    for code in codes {
        let row = known(port, scheme, code);
        let mut view = RejectionView {
            scheme: row.map_or(scheme, |row| row.scheme.as_str()).to_owned(),
            code: code.clone(),
            words: row.map_or_else(
                || "The losing provider gives a reason that is not in our tables; an operator looks.".to_owned(),
                |row| row.words.clone(),
            ),
            fields: row.map(|row| row.fields.clone()).unwrap_or_default(),
            mend: match row.map(|row| row.mend) {
                Some(Mend::Correct) => RejectionMend::Correct,
                Some(Mend::AtOldProvider) => RejectionMend::AtOldProvider,
                Some(Mend::Never) => RejectionMend::Never,
                Some(Mend::Ours) | None if to_customer.is_some() => RejectionMend::Correct,
                Some(Mend::Ours) | None => RejectionMend::Ours,
            },
            submission: port.view.submissions,
        };
        let told = to_customer.filter(|words| !words.is_empty());
        if let Some(words) = told
            && row.is_none_or(|row| row.mend == Mend::Ours)
        {
            view.words = words.to_owned();
        }
        if spared::spare(port, &mut view, named, told, before) {
            port.hidden.spared = Some(spared::asked(port));
        }
        port.view.rejections.push(view);
    }
    let many = port.view.rejections.len().saturating_sub(REJECTIONS_MAX);
    port.view.rejections.drain(..many);
}

/// What a code means: by the carrier's own list, else by that of the numbers' country, whose codes people read in a carrier's case.
fn known(port: &Port, scheme: &str, code: &str) -> Option<&'static Rejection> {
    let rows = rules::rejections();
    let of_country = || {
        let country = port.view.country.as_deref()?;
        let refusals = &rules::porting().country(country)?.refusals;
        rows.find(refusals.as_deref()?, code)
    };
    rows.find(scheme, code).or_else(of_country)
}

/// What follows from the refusals of the last submission: the customer mends, we do, or it is over.
pub(super) fn after_rejection(port: &mut Port, time: Time) -> Result<Next, PortError> {
    let last = port.view.submissions;
    let mends: Vec<RejectionMend> = port
        .view
        .rejections
        .iter()
        .filter(|rejection| rejection.submission == last)
        .map(|rejection| rejection.mend)
        .collect();
    if mends.contains(&RejectionMend::Never) {
        port.step(Do::Cancel, Party::Operator, time.now)?;
        port.step_numbers(
            Num::Cancel,
            Party::Platform,
            time.now,
            Some("the losing side refuses for good"),
        );
        return Ok(Next::Refused);
    }
    let customers = mends
        .iter()
        .any(|mend| matches!(mend, RejectionMend::Correct | RejectionMend::AtOldProvider));
    Ok(if customers {
        Next::Correct
    } else {
        Next::Resolve
    })
}
