//! `port-submit`: the carrier's order, from what was signed.
use super::calendar::place;
use super::record::Port;
use super::replace::{self, Old};
use super::review::submitted;
use super::{PortWorld, change, desk, hand_in, load, papers, standing};
use crate::dossier::answers;
use crate::ports::carriers::{CarrierError, NeedForm, Reason, Refusal, Upload};
use crate::ports::porting::{CarrierPort, CarrierStatus, NewPort, PortFill, PortNeed, Porting};
use axum::http::StatusCode;
use contract::dossier::{Document, DocumentKind, NumberStep, OrderStatus as At, OrderStep as Do};
use contract::port::{
    PortAnswer, PortError, PortInput, PortType, PortVerdict, RejectionMend, RejectionView,
    Remaining,
};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use contract::{E164, RequestId, TenantId};

/// Brings the carrier's order up to date and submits it. What may have been done before is looked up first.
///
/// # Errors
/// [`PortError`].
pub async fn submit<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    if let Some(stands) = resubmitted(d, &input).await? {
        return Ok(stands);
    }
    let loaded = load(d, &input.request).await?;
    let mut port = loaded.port;
    let (_, desk) = desk(d, &port)?;
    if desk.by_hand() {
        let gaining = desk.legal_name();
        return change(d, &input.request, |port, time| {
            if matches!(port.view.order, At::Submitted | At::DonorReview) {
                hand_in::ask_to_submit(port, &input.request, &gaining);
            }
            Ok(standing::answer(port, standing::verdict(port), time, None))
        })
        .await;
    }
    if let Some(old) = port.replaced() {
        match replace::take_back(desk, old).await? {
            Old::Gone => {}
            Old::Stays => {
                return replace::stands(d, &input.request, PortVerdict::DonorReview).await;
            }
            Old::Ported => {
                replace::keep(d, &input.request).await?;
                port.hidden.replaces = false;
            }
        }
    }
    let port = &port;
    let id = match order_of(desk, &input.request, port).await? {
        Ok(id) => id,
        Err(refusal) => return refused(d, &input.request, &refusal).await,
    };
    if port.replaced().is_some() {
        replaced_by(d, &input.request, &id).await?;
    }
    let known = desk.port_state(&id).await?;
    if matches!(known.status, CarrierStatus::Draft | CarrierStatus::Refused) {
        let done = match fill(d, desk, &loaded.tenant, &input.request, port, &known).await {
            Ok(fill) => match desk.fill_port(&id, &fill).await {
                Ok(()) => desk.submit_port(&id).await,
                Err(error) => Err(error),
            },
            Err(Failed::Port(error)) => return Err(error),
            Err(Failed::Carrier(error)) => Err(error),
        };
        match done {
            Ok(()) => {}
            Err(CarrierError::Refused(refusal)) => {
                return refused(d, &input.request, &refusal).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    change(d, &input.request, |port, time| {
        port.view.external_id = Some(id.clone());
        let says = "Submitted to the carrier".to_owned();
        Ok(standing::answer(
            port,
            standing::verdict(port),
            time,
            Some(says),
        ))
    })
    .await
}

/// The order that has the numbers which are left is the port's from now on.
async fn replaced_by<D: PortWorld>(d: &D, request: &RequestId, id: &str) -> Result<(), PortError> {
    change(d, request, |port, time| {
        port.view.external_id = Some(id.to_owned());
        port.hidden.replaces = false;
        super::calendar::donor_asked(port, time);
        Ok(())
    })
    .await
}

/// An operator sends it again as it is: the way back through correction and review is theirs, and is gone once for each time that they say
/// so. What was refused in an attempt before this one, whose answer was lost, is not submitted once more by that: then this is where it stands.
async fn resubmitted<D: PortWorld>(
    d: &D,
    input: &PortInput,
) -> Result<Option<PortAnswer>, PortError> {
    change(d, &input.request, |port, time| {
        port.hidden.resolving = false;
        let wish = resubmission(input.signal.as_ref()).map_or(0, |wish| wish.seq);
        let is_fresh = wish > port.hidden.seen;
        port.hidden.seen = port.hidden.seen.max(wish);
        if !matches!(port.view.order, At::Rejected | At::Correction) {
            return Ok(None);
        }
        if !is_fresh {
            let verdict = standing::verdict(port);
            return Ok(Some(standing::answer(port, verdict, time, None)));
        }
        if port.view.order == At::Rejected {
            port.step(Do::BeginCorrection, Party::Operator, time.now)?;
        }
        port.step(Do::Resubmit, Party::Operator, time.now)?;
        port.step(Do::ApproveReview, Party::Operator, time.now)?;
        submitted(port, time);
        Ok(None)
    })
    .await
}

/// An operator's word to submit it again; also that to try again what failed, which is all that a definition of before hands over.
fn resubmission(signal: Option<&RequestSignal>) -> Option<&RequestSignal> {
    signal.filter(|signal| match (signal.name, signal.topic.as_deref()) {
        (SignalName::TaskDone, Some("port-resolve")) => signal.data["action"] == "resubmit",
        (SignalName::TaskDone, Some("port-help")) => signal.data["decision"] == "again",
        (_, _) => false,
    })
}

/// The carrier's id of the order: the one that is known if it is still there, else the one that is found or made.
async fn order_of(
    desk: &impl Porting,
    request: &RequestId,
    port: &Port,
) -> Result<Result<String, Refusal>, PortError> {
    if let Some(id) = port.view.external_id.as_ref()
        && port.replaced().is_none()
    {
        match desk.port_state(id).await {
            Ok(known) => return Ok(Ok(known.id)),
            // A draft that nobody submitted for long is gone there.
            Err(CarrierError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let numbers = port
        .lines
        .iter()
        .filter(|line| line.status != "not_portable")
        .map(|line| line.number.clone());
    let wanted = NewPort {
        key: request.to_string(),
        numbers: numbers.collect(),
    };
    match desk.open_ports(&wanted).await {
        Ok(orders) => the_one(orders, &wanted).map(Ok),
        Err(CarrierError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error.into()),
    }
}

/// The order that has the numbers. Of several that have some each, one alone would leave the others' behind without a word.
fn the_one(orders: Vec<CarrierPort>, wanted: &NewPort) -> Result<String, PortError> {
    let has_all = |order: &CarrierPort| {
        let has = |number: &E164| order.lines.iter().any(|(known, _)| known == number);
        wanted.numbers.iter().all(has)
    };
    let count = orders.len();
    let one = orders
        .into_iter()
        .find(|order| count == 1 || has_all(order));
    match (one, count) {
        (Some(order), _) => Ok(order.id),
        (None, 0) => Err(PortError::Carrier("the carrier made no order".to_owned())),
        (None, _) => Err(PortError::NotPossible(format!(
            "the carrier has made {count} orders of these numbers: end the port, and begin one for each"
        ))),
    }
}

enum Failed {
    Port(PortError),
    Carrier(CarrierError),
}

impl From<PortError> for Failed {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// What the order says, with its papers uploaded.
async fn fill<D: PortWorld>(
    d: &D,
    desk: &D::Desk,
    tenant: &TenantId,
    request: &RequestId,
    port: &Port,
    known: &CarrierPort,
) -> Result<PortFill, Failed> {
    let no_dossier = || PortError::BadInput("the port has no dossier".to_owned());
    let dossier = port.view.form.dossier.as_ref().ok_or_else(no_dossier)?;
    let give = async |key: String, file_name: String, bytes: Vec<u8>| {
        let paper = Upload {
            key,
            file_name,
            bytes,
        };
        desk.give(&paper).await.map_err(Failed::Carrier)
    };
    let stored = async |papers: Vec<&Document>| -> Result<Option<String>, Failed> {
        for document in papers {
            let bytes = d
                .paper(tenant, &document.id)
                .await
                .map_err(PortError::from)?;
            let Some(bytes) = bytes else { continue };
            let key = format!("{request}/{}", document.id);
            return give(key, document.file_name.clone(), bytes).await.map(Some);
        }
        Ok(None)
    };
    let uploaded = port
        .view
        .letter
        .as_ref()
        .and_then(|letter| letter.signed.as_ref())
        .and_then(|signer| signer.upload.clone());
    let letter = match uploaded {
        Some(document) => d.paper(tenant, &document).await.map_err(PortError::from)?,
        None => Some(
            papers::letter_pdf(request, port, &desk.legal_name())
                .map_err(|error| PortError::NotPossible(error.to_string()))?,
        ),
    };
    let letter = match letter {
        Some(bytes) => Some(
            give(
                format!("{request}/letter-{}", port.view.submissions),
                "letter-of-authorisation.pdf".to_owned(),
                bytes,
            )
            .await?,
        ),
        None => None,
    };
    let invoice = answers::newest(dossier, DocumentKind::Invoice);
    let invoice = stored(invoice.into_iter().collect()).await?;
    let (mut filled, mut missing) = (Vec::new(), Vec::new());
    for need in &known.needs {
        let answer = match need.need.form {
            NeedForm::Document => stored(answers::documents(dossier, &need.name)).await?,
            NeedForm::Text => answers::text(dossier, &need.name),
            NeedForm::Address | NeedForm::Action => continue,
        };
        if answer.is_none() {
            missing.push(missing_for(need));
        }
        filled.extend(answer.map(|answer| (need.need.id.clone(), answer)));
    }
    if !missing.is_empty() {
        // The carrier would say which of its fields is empty; this says what goes into it.
        let refusal = Refusal {
            status: StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
            reasons: missing,
        };
        return Err(Failed::Carrier(CarrierError::Refused(refusal)));
    }
    let address = papers::service_address(dossier).ok_or_else(no_dossier)?;
    let service = dossier.previous_service.clone().unwrap_or_default();
    let (country, _) = place(port)?;
    let form = &port.view.form;
    Ok(PortFill {
        entity_name: papers::account_name(dossier),
        signer: papers::signer(dossier),
        account_number: service.account_number.unwrap_or_default(),
        billing_number: service.billing_number,
        pin: port.hidden.pin.clone(),
        street: address.street.clone(),
        extended: address.extended.clone(),
        city: address.city.clone(),
        region: address.region.clone(),
        // Countries without postal codes still have the carrier's field.
        postal_code: address
            .postal_code
            .clone()
            .unwrap_or_else(|| "0000".to_owned()),
        country: if address.country.is_empty() {
            country.to_owned()
        } else {
            address.country.clone()
        },
        is_full: form.port_type == PortType::Full,
        keeps_others: form.remaining == Some(Remaining::Keep),
        new_billing_number: form.new_billing_number.clone(),
        foc: form
            .requested_foc
            .as_ref()
            .and_then(|text| text.parse().ok()),
        letter,
        invoice,
        answers: filled,
    })
}

fn missing_for(need: &PortNeed) -> Reason {
    let field = match need.need.form {
        NeedForm::Document => "/documents",
        NeedForm::Text | NeedForm::Address | NeedForm::Action => "/endUser/registerIds",
    };
    Reason {
        code: "missing".to_owned(),
        title: "Missing".to_owned(),
        detail: format!("{} is needed in the dossier", need.name),
        source: Some(field.to_owned()),
    }
}

/// The carrier does not take the order as it is: back to the customer with its words.
async fn refused<D: PortWorld>(
    d: &D,
    request: &RequestId,
    refusal: &Refusal,
) -> Result<PortAnswer, PortError> {
    change(d, request, |port, time| {
        port.step(Do::Reject, Party::Carrier, time.now)?;
        port.step_numbers(NumberStep::Reject, Party::Carrier, time.now, None);
        super::calendar::customer_asked(port, time);
        port.view.moments.donor_answer = None;
        for reason in &refusal.reasons {
            port.view.rejections.push(RejectionView {
                scheme: "carrier".to_owned(),
                code: reason.code.clone(),
                words: if reason.detail.is_empty() {
                    reason.title.clone()
                } else {
                    reason.detail.clone()
                },
                fields: reason
                    .source
                    .iter()
                    .map(|source| format!("carrier:{source}"))
                    .collect(),
                mend: RejectionMend::Correct,
                submission: port.view.submissions,
            });
        }
        Ok(standing::answer(
            port,
            PortVerdict::Correct,
            time,
            Some(format!("The carrier does not take it: {refusal}")),
        ))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::porting::Activation;

    fn number(text: &str) -> E164 {
        E164::parse(text).unwrap()
    }

    fn order(id: &str, numbers: &[&str]) -> CarrierPort {
        CarrierPort {
            id: id.to_owned(),
            donor: None,
            status: CarrierStatus::Draft,
            changed: None,
            codes: Vec::new(),
            named: Vec::new(),
            foc: None,
            on_demand: false,
            lines: numbers
                .iter()
                .map(|text| (number(text), Activation::NotYet))
                .collect(),
            needs: Vec::new(),
        }
    }

    #[test]
    fn of_several_orders_the_one_that_has_every_number_is_the_ports_and_else_nobody_guesses() {
        let (one, two) = ("+41445552000", "+41445552001");
        let wanted = NewPort {
            key: "pi-1".to_owned(),
            numbers: vec![number(one), number(two)],
        };
        let id = |orders: Vec<CarrierPort>| the_one(orders, &wanted);
        let part = order("x-1", &[one]);
        let whole = order("x-2", &[one, two]);
        assert_eq!(id(vec![part.clone()]).unwrap(), "x-1");
        assert_eq!(id(vec![part.clone(), whole]).unwrap(), "x-2");
        let rest = order("x-3", &[two]);
        assert!(matches!(
            id(vec![part, rest]),
            Err(PortError::NotPossible(_))
        ));
        assert!(matches!(id(Vec::new()), Err(PortError::Carrier(_))));
    }
}
