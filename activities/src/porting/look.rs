//! What follows from what the carrier says: the steps of the order and of its numbers. Pure: facts, a signal and the time go in.
use super::calendar::{self, Time};
use super::record::Port;
use super::{hand_in, snapback, spared, standing};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use crate::rules;
use compliance::porting::{Mend, number};
use contract::E164;
use contract::dossier::{
    NumberStatus as Here, NumberStep as Num, OrderStatus as At, OrderStep as Do,
};
use contract::port::{PortError, PortVerdict as Next, RejectionMend, RejectionView};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use jiff::{SignedDuration, Timestamp};

/// A date this close to the one asked for needs no question.
const SUITS: SignedDuration = SignedDuration::from_hours(24);
/// Most steps that one look takes: the machine has no circle without waiting.
const STEPS_MAX: usize = 16;
/// Most refusals that are kept, the newest.
const REJECTIONS_MAX: usize = 60;

/// How many numbers are named.
const NAMED_MAX: usize = 5;

/// What is known of the order now.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// What the carrier says; none if nothing was heard.
    pub carrier: Option<&'a CarrierPort>,
    /// Whose refusal codes it uses.
    pub scheme: &'a str,
    /// Whether an operator says it in the carrier's name.
    pub declared: bool,
}

impl<'a> Facts<'a> {
    /// What counts of it for a port as it is now.
    fn news(&self, port: &Port) -> Option<&'a CarrierPort> {
        let counts = |known: &&CarrierPort| {
            self.declared || !port.view.by_hand || hand_in::is_news(port, known)
        };
        self.carrier.filter(counts)
    }
}

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// What the workflow does next.
    pub next: Next,
    /// What happened, for the timeline.
    pub says: Option<String>,
}

/// Takes every step that follows from the facts, the signal and the time.
///
/// # Errors
/// [`PortError::NotPossible`] if the machine refuses a step that this module takes: a fault of ours.
pub fn look(
    port: &mut Port,
    facts: &Facts<'_>,
    signal: Option<&RequestSignal>,
    time: Time,
) -> Result<Looked, PortError> {
    let mut says = Vec::new();
    let mut next = None;
    if let Some(signal) = signal {
        heard(port, signal, facts, time, &mut says)?;
    }
    for _ in 0..STEPS_MAX {
        let before = port.view.order;
        let lines = port.lines.clone();
        next = one(port, facts, time, &mut says)?;
        if next.is_some() || (port.view.order == before && port.lines == lines) {
            break;
        }
    }
    hand_in::without_date(port);
    says.dedup();
    Ok(Looked {
        next: next.unwrap_or_else(|| standing::verdict(port)),
        says: (!says.is_empty()).then(|| says.join(". ")),
    })
}

/// What a person said that is not the carrier's.
fn heard(
    port: &mut Port,
    signal: &RequestSignal,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<(), PortError> {
    let topic = signal.topic.as_deref();
    match (signal.name, topic, port.view.order) {
        (SignalName::TaskDone, Some("port-date"), At::FocProposed) => {
            port.step(Do::ConfirmFoc, Party::Customer, time.now)?;
            says.push("The date is agreed".to_owned());
        }
        (SignalName::TaskDone, Some("port-handin"), order) => {
            says.extend(hand_in::done(port, &signal.data, facts.carrier).map(str::to_owned));
            match order {
                At::Submitted | At::DonorReview => calendar::donor_asked(port, time),
                At::CancelPending => calendar::cancel_asked(port, time),
                _ => {}
            }
        }
        (SignalName::TaskDone, Some("port-donor"), _) => {
            hand_in::named(port, &signal.data);
            // What it says is looked at next; where it says nothing new, it is given time once more.
            calendar::waited_on(port, time);
        }
        (SignalName::TaskDone, Some("port-resolve"), order)
            if signal.data["action"] == "ask_customer" =>
        {
            if order != At::Rejected {
                port.step(Do::Reject, Party::Operator, time.now)?;
                port.step_numbers(Num::Reject, Party::Carrier, time.now, None);
            }
            let codes = codes(&signal.data);
            let note = signal.data["note"].as_str();
            let note = Some(note.unwrap_or_default());
            take_down(port, &codes, facts.scheme, &[], note);
            customer_is_asked(port, time);
            says.push(format!("Refused by the losing side: {}", codes.join(", ")));
        }
        (SignalName::TaskDone, Some("port-resolve"), _) => {
            calendar::donor_asked(port, time);
            says.push("The losing provider was asked again".to_owned());
        }
        (SignalName::RequestChange, Some("snapback"), At::SnapbackWindow) => {
            says.push(snapback::ask(port, &signal.data, time));
        }
        (SignalName::TaskDone, Some(snapback::FORM), _) => {
            says.extend(snapback::done(port, &signal.data, time));
        }
        _ => {}
    }
    Ok(())
}

/// One step, if one follows. Gives what the workflow does, if that does not follow from the status alone.
fn one(
    port: &mut Port,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    let carrier = facts.news(port);
    if let Some(known) = carrier {
        hand_in::overtaken(port, known);
        came_along(port, known, says);
    }
    if let Some(known) = carrier
        && let Some(next) = ended_there(port, known, time, says)?
    {
        return Ok(next);
    }
    match port.view.order {
        At::Submitted => submitted(port, carrier, facts, time, says),
        At::DonorReview => donor_review(port, carrier, facts, time, says),
        At::Rejected => Ok(Some(after_rejection(port, time)?)),
        At::FocProposed => proposed(port, carrier, facts, time, says),
        At::FocConfirmed => confirmed(port, carrier, facts, time, says),
        At::PreCutoverTest => tested(port, carrier, time),
        At::SyncWindow => sync(port, carrier, time),
        At::Activating => activating(port, carrier, time, says),
        At::Ported => {
            calendar::ported(port, time);
            port.step(Do::OpenSnapback, Party::Platform, time.now)?;
            Ok(None)
        }
        At::SnapbackWindow => {
            // What is to go back is here until it has left.
            let is_over = calendar::is_over(port.view.moments.snapback.as_ref(), time.now);
            if is_over && port.view.going_back.is_empty() {
                port.step(Do::Close, Party::Platform, time.now)?;
            }
            Ok(None)
        }
        At::CancelPending => cancel_pending(port, carrier, time, says),
        At::Draft
        | At::CheckingPortability
        | At::NotPortable
        | At::Split
        | At::Collecting
        | At::LetterDrafted
        | At::WaitingForSignature
        | At::InternalReview
        | At::Correction
        | At::Verifying
        | At::Closed
        | At::Cancelled
        | At::Expired => Ok(None),
    }
}

/// Numbers that were taken out of the port and are here with its order all the same: in no list, nobody would look after them.
fn came_along(port: &mut Port, carrier: &CarrierPort, says: &mut Vec<String>) {
    let here = carrier
        .lines
        .iter()
        .filter(|(_, activation)| *activation == Activation::Active)
        .map(|(number, _)| number.clone());
    let taken = port.take_in(here);
    if taken.is_empty() {
        return;
    }
    let named: Vec<_> = taken.iter().take(NAMED_MAX).map(E164::as_str).collect();
    let named = named.join(", ");
    let more = match taken.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    says.push(format!(
        "Came with the carrier's order although taken out, and is the port's again: {named}{more}"
    ));
}

/// The carrier ended the order by itself.
fn ended_there(
    port: &mut Port,
    carrier: &CarrierPort,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Option<Next>>, PortError> {
    let open = matches!(
        port.view.order,
        At::Submitted | At::DonorReview | At::FocProposed | At::FocConfirmed | At::PreCutoverTest
    );
    if carrier.status == CarrierStatus::Cancelled && open {
        port.follow(Do::Cancel, Party::Operator, time.now)?;
        says.push("The carrier has cancelled the order".to_owned());
        return Ok(Some(None));
    }
    Ok(None)
}

fn submitted(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| (carrier, carrier.status)) {
        None
        | Some((
            _,
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::CancelPending
            | CarrierStatus::Cancelled,
        )) => {
            if !is_late(port, time) {
                return Ok(None);
            }
            says.push("The carrier has not passed it on in time".to_owned());
            is_silent(port, time);
            Ok(None)
        }
        Some((carrier, CarrierStatus::Refused)) => {
            rejected(port, carrier, facts.scheme, time, says)?;
            Ok(None)
        }
        Some((
            _,
            CarrierStatus::AtDonor | CarrierStatus::DateConfirmed | CarrierStatus::Ported,
        )) => {
            port.step(Do::AcceptSubmission, Party::Carrier, time.now)?;
            calendar::donor_asked(port, time);
            says.push("The carrier has passed it to the losing provider".to_owned());
            Ok(None)
        }
    }
}

fn donor_review(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| (carrier, carrier.status)) {
        Some((carrier, CarrierStatus::Refused)) => {
            rejected(port, carrier, facts.scheme, time, says)?;
            Ok(None)
        }
        Some((carrier, CarrierStatus::DateConfirmed | CarrierStatus::Ported)) => {
            let foc = carrier.foc.unwrap_or(time.now);
            port.step(Do::ProposeFoc, Party::Carrier, time.now)?;
            port.step_numbers(Num::Confirm, Party::Carrier, time.now, None);
            port.hidden.foc_declined = None;
            calendar::date_proposed(port, time, foc);
            says.push(format!("The losing provider names {foc} as the date"));
            Ok(None)
        }
        Some((
            _,
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::CancelPending
            | CarrierStatus::Cancelled,
        ))
        | None => {
            if !is_late(port, time) {
                return Ok(None);
            }
            port.step(Do::Escalate, Party::Platform, time.now)?;
            says.push("The losing provider has not answered in time".to_owned());
            is_silent(port, time);
            Ok(None)
        }
    }
}

/// Nobody answered in time: an operator asks, and says what came of it. One who has the carrier's case before them is asked already.
fn is_silent(port: &mut Port, time: Time) {
    calendar::donor_asked(port, time);
    port.hidden.resolving = !port.view.by_hand;
}

/// Whether an answer is overdue: of a carrier that was asked.
fn is_late(port: &Port, time: Time) -> bool {
    port.to_hand_in().is_none()
        && calendar::is_over(port.view.moments.donor_answer.as_ref(), time.now)
}

/// Whether the date needs no question: none was asked for, it is near it, or it is too late for another.
fn suits(port: &Port, now: Timestamp) -> bool {
    let at = |text: &Option<String>| {
        text.as_ref()
            .and_then(|text| text.parse::<Timestamp>().ok())
    };
    let near = match (
        at(&port.view.form.requested_foc),
        at(&port.view.moments.foc),
    ) {
        (Some(asked), Some(foc)) => foc.duration_since(asked).abs() <= SUITS,
        (None, _) | (_, None) => true,
    };
    near || calendar::is_over(port.view.moments.change.as_ref(), now)
}

fn proposed(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    if let Some(known) = carrier.filter(|carrier| carrier.status == CarrierStatus::Refused) {
        rejected(port, known, facts.scheme, time, says)?;
    } else if suits(port, time.now) || carrier.is_some_and(is_under_way) {
        port.follow(Do::ConfirmFoc, Party::Operator, time.now)?;
        says.push("The date stands".to_owned());
    }
    Ok(None)
}

fn is_under_way(carrier: &CarrierPort) -> bool {
    carrier.status == CarrierStatus::Ported
        || carrier
            .lines
            .iter()
            .any(|(_, activation)| match activation {
                Activation::UnderWay
                | Activation::Conflict
                | Activation::Active
                | Activation::Failed => true,
                Activation::NotYet => false,
            })
}

fn confirmed(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| (carrier, carrier.status)) {
        Some((known, CarrierStatus::Refused)) => {
            rejected(port, known, facts.scheme, time, says)?;
            return Ok(None);
        }
        // The donor or the carrier has taken the date back.
        Some((_, CarrierStatus::AtDonor)) => {
            port.follow(Do::ExpireFoc, Party::Carrier, time.now)?;
            calendar::date_gone(port);
            calendar::donor_asked(port, time);
            says.push("The date is no more".to_owned());
            return Ok(None);
        }
        Some((known, CarrierStatus::DateConfirmed)) if is_other_date(port, known) => {
            let foc = known.foc.unwrap_or(time.now);
            port.step(Do::ProposeFoc, Party::Carrier, time.now)?;
            calendar::date_proposed(port, time, foc);
            says.push(format!("The losing provider now names {foc} as the date"));
            return Ok(None);
        }
        _ => {}
    }
    let moments = &port.view.moments;
    let near = calendar::is_over(moments.sync.as_ref().or(moments.foc_due.as_ref()), time.now);
    if near || carrier.is_some_and(is_under_way) {
        port.step(Do::BeginTest, Party::Platform, time.now)?;
    }
    Ok(None)
}

fn is_other_date(port: &Port, carrier: &CarrierPort) -> bool {
    let known = port
        .view
        .moments
        .foc
        .as_ref()
        .and_then(|text| text.parse::<Timestamp>().ok());
    matches!((known, carrier.foc), (Some(known), Some(foc)) if known.duration_since(foc).abs() >= SignedDuration::from_secs(1))
}

fn tested(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
) -> Result<Option<Next>, PortError> {
    if carrier.is_some_and(|carrier| carrier.status == CarrierStatus::Refused) {
        port.follow(Do::ExpireFoc, Party::Carrier, time.now)?;
        calendar::date_gone(port);
        calendar::donor_asked(port, time);
        return Ok(None);
    }
    if !port.hidden.routes_made {
        return Ok(Some(Next::Prepare));
    }
    port.step(Do::Lock, Party::Platform, time.now)?;
    Ok(None)
}

fn sync(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
) -> Result<Option<Next>, PortError> {
    let refused = carrier.is_some_and(|carrier| carrier.status == CarrierStatus::Refused);
    let passed = calendar::is_over(port.view.moments.foc_ends.as_ref(), time.now);
    // The carrier says the same date still, though nobody looked in time: the cut-over begins late.
    let stands = carrier.is_some_and(|carrier| {
        is_under_way(carrier)
            || (carrier.status == CarrierStatus::DateConfirmed && !is_other_date(port, carrier))
    });
    if refused || (passed && !stands) {
        port.follow(Do::ExpireFoc, Party::Carrier, time.now)?;
        calendar::date_gone(port);
        calendar::donor_asked(port, time);
        return Ok(None);
    }
    let due = calendar::is_over(port.view.moments.foc_due.as_ref(), time.now);
    Ok((due || carrier.is_some_and(is_under_way)).then_some(Next::Activate))
}

fn activating(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    let Some(carrier) = carrier else {
        return Ok(None);
    };
    for (wanted, activation) in &carrier.lines {
        let (step, why) = match activation {
            Activation::NotYet => continue,
            Activation::UnderWay => (Num::SettleConflict, None),
            Activation::Conflict => (Num::RaiseConflict, Some("the losing side contests it")),
            Activation::Active => {
                port.step_one(wanted, Num::SettleConflict, Party::Carrier, time.now, None);
                (Num::EndActivation, None)
            }
            Activation::Failed => (Num::Fail, Some("the switch-over failed")),
        };
        port.step_one(wanted, step, Party::Carrier, time.now, why);
    }
    let over = carrier.status == CarrierStatus::Ported
        || carrier.status == CarrierStatus::Cancelled
        || carrier.status == CarrierStatus::Refused;
    if over {
        // What the carrier has not brought by then does not come with this order.
        let under_way = |line: &&contract::request::NumberLine| {
            matches!(Port::number_status(line), Here::Activating | Here::Conflict)
        };
        let left: Vec<E164> = port
            .lines
            .iter()
            .filter(under_way)
            .map(|line| line.number.clone())
            .collect();
        for number in left {
            let why = Some("not switched over when the order ended");
            port.step_one(&number, Num::Fail, Party::Carrier, time.now, why);
        }
    }
    if number::settled(&port.statuses()) {
        port.step(Do::EndActivation, Party::Carrier, time.now)?;
        let (here, all) = (port.arrived(), port.lines.len());
        says.push(format!("{here} of {all} numbers are switched over"));
    }
    Ok(None)
}

fn cancel_pending(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| carrier.status) {
        None | Some(CarrierStatus::CancelPending) => {
            if port.hidden.cancel_due.is_none() && port.to_hand_in().is_none() {
                calendar::cancel_asked(port, time);
            }
        }
        Some(CarrierStatus::Cancelled | CarrierStatus::Draft) => {
            port.step(Do::ConfirmCancel, Party::Carrier, time.now)?;
            port.step_numbers(Num::Cancel, Party::Platform, time.now, None);
            says.push("The carrier has cancelled the order".to_owned());
        }
        Some(
            CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::DateConfirmed
            | CarrierStatus::Ported,
        ) => {
            port.step(Do::RefuseCancel, Party::Carrier, time.now)?;
            port.hidden.cancel_due = None;
            hand_in::resume(port);
            says.push("The carrier does not cancel any more".to_owned());
        }
    }
    Ok(None)
}

/// Takes down a refusal: what each code means and what corrects it.
fn rejected(
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

fn customer_is_asked(port: &mut Port, time: Time) {
    calendar::date_gone(port);
    calendar::customer_asked(port, time);
    port.view.moments.donor_answer = None;
}

/// The codes that an operator read in the carrier's case.
fn codes(data: &serde_json::Value) -> Vec<String> {
    let codes = data["codes"].as_array().into_iter().flatten();
    codes
        .filter_map(|code| Some(code.as_str()?.to_owned()))
        .collect()
}

/// Writes down what each code of a refusal means and what corrects it. An operator may say that the customer mends it, in these words
/// where the tables have none.
fn take_down(
    port: &mut Port,
    codes: &[String],
    scheme: &str,
    named: &[(String, E164)],
    to_customer: Option<&str>,
) {
    let before = port.hidden.spared;
    for code in codes {
        let row = rules::rejections().find(scheme, code);
        let mut view = RejectionView {
            scheme: scheme.to_owned(),
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

/// What follows from the refusals of the last submission: the customer mends, we do, or it is over.
fn after_rejection(port: &mut Port, time: Time) -> Result<Next, PortError> {
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
