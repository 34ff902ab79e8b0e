//! What an operator sends to a carrier that takes ports as support cases: <https://docs.aws.amazon.com/chime-sdk/latest/ag/porting.html>
//! lists what a case has to say.
use super::case::{NONE, PRODUCT, row};
use super::papers;
use super::record::{Port, word};
use contract::RequestId;
use contract::line::unbroken;
use contract::port::{HandIn, PortType, PreparedText, Remaining};
use std::fmt::Write;

/// The text of what is to be told.
pub fn text(request: &RequestId, port: &Port, gaining: &str, what: HandIn) -> PreparedText {
    let count = port.lines.len();
    let (subject, body, sends_papers) = match what {
        HandIn::Submission => (
            format!("Port {count} numbers in ({request})"),
            format!(
                "Please port the following numbers to {gaining}.\n\n{}",
                order(request, port)
            ),
            true,
        ),
        HandIn::Correction => (
            format!("Correction: port {count} numbers in ({request})"),
            format!(
                "Please submit this port to the losing carrier again, with what follows and the letter attached in place of what you have.\n\n{}{}{}",
                known_as(port),
                refused(port),
                order(request, port)
            ),
            true,
        ),
        HandIn::NewDate => (
            format!("Another date for the port of {count} numbers ({request})"),
            format!(
                "Please ask the losing carrier for another date, and tell us in the case what it says.\n\n{}{}Date named so far: {}\nWished date: {}\n\n{}",
                known_as(port),
                row("Reference", request.as_str()),
                at(port
                    .hidden
                    .foc_declined
                    .map(crate::ports::clock::text)
                    .as_deref()),
                at(port.view.form.requested_foc.as_deref()),
                numbers(port),
            ),
            false,
        ),
        HandIn::AgreedDate => (
            format!("The date for the port of {count} numbers is agreed ({request})"),
            format!(
                "We agree to the date below. Please confirm it to the losing carrier, and tell us in the case if it changes.\n\n{}{}Agreed date: {}\n\n{}",
                known_as(port),
                row("Reference", request.as_str()),
                port.view.moments.foc.as_deref().unwrap_or(NONE),
                numbers(port),
            ),
            false,
        ),
        HandIn::Withdrawal => (
            format!("Cancel the port of {count} numbers ({request})"),
            format!(
                "Please cancel this port, and tell us in the case whether that is still possible.\n\n{}{}\n{}",
                known_as(port),
                row("Reference", request.as_str()),
                numbers(port),
            ),
            false,
        ),
    };
    let mut attach = Vec::new();
    if sends_papers {
        attach.push("letter.pdf".to_owned());
        let documents = port.view.form.dossier.iter();
        let documents = documents.flat_map(|dossier| &dossier.documents);
        attach.extend(documents.map(|document| unbroken(&document.file_name)));
    }
    PreparedText {
        subject,
        body,
        attach,
    }
}

fn at(moment: Option<&str>) -> &str {
    moment.unwrap_or("as soon as possible")
}

/// The case and the order, as far as they are known.
fn known_as(port: &Port) -> String {
    let mut text = String::new();
    for (name, value) in [
        ("Case", &port.view.case_id),
        ("Order", &port.view.external_id),
    ] {
        if let Some(value) = value {
            text.push_str(&row(name, value));
        }
    }
    text
}

/// What the submission before was refused for.
fn refused(port: &Port) -> String {
    let last = port.view.submissions.saturating_sub(1);
    let reasons = port.view.rejections.iter();
    let reasons = reasons.filter(|rejection| rejection.submission == last);
    let codes: Vec<&str> = reasons.map(|rejection| rejection.code.as_str()).collect();
    if codes.is_empty() {
        return String::new();
    }
    row("Refused before", &codes.join(", "))
}

/// Everything about the port that the losing carrier compares.
fn order(request: &RequestId, port: &Port) -> String {
    let form = &port.view.form;
    let dossier = form.dossier.as_ref();
    let service = dossier
        .and_then(|dossier| dossier.previous_service.clone())
        .unwrap_or_default();
    let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
    let country = port.view.country.as_deref();
    // The text is in the port, which its customer sees too: the PIN is not.
    let pin = match &port.hidden.pin {
        Some(_) => "PUT IN HERE (the port's page shows it to the phone company's people)",
        None => NONE,
    };
    let mut text = row("Reference", request.as_str());
    for (name, value) in [
        ("Product type", PRODUCT.to_owned()),
        ("Country", or_none(country.map(str::to_owned))),
        ("Number type", or_none(port.view.number_type.map(word))),
        ("Losing carrier", or_none(service.provider)),
        ("Account number", or_none(service.account_number)),
        ("PIN or passcode", pin.to_owned()),
        (
            "Billing telephone number",
            or_none(service.billing_number.map(|number| number.to_string())),
        ),
        (
            "Customer name, as the losing carrier has it",
            or_none(dossier.map(papers::account_name)),
        ),
        ("Authorised person", or_none(dossier.map(papers::signer))),
        (
            "Service address, as the losing carrier has it",
            or_none(dossier.and_then(papers::service_address_line)),
        ),
        ("Port", extent(port).to_owned()),
        (
            "Requested date",
            at(form.requested_foc.as_deref()).to_owned(),
        ),
    ] {
        text.push_str(&row(name, &value));
    }
    if let Some(number) = &form.new_billing_number {
        text.push_str(&row(
            "New billing telephone number of the rest",
            number.as_str(),
        ));
    }
    if country.is_some_and(|country| country != "US") {
        text.push_str(&row(
            "Estimated volume",
            "PUT IN HERE (calls and minutes a month)",
        ));
    }
    let _ = write!(text, "\n{}", numbers(port));
    text
}

/// Which of the account's numbers come.
fn extent(port: &Port) -> &'static str {
    match (port.view.form.port_type, port.view.form.remaining) {
        (PortType::Full, _) => "full: all numbers of the account, which ends",
        (PortType::Partial, Some(Remaining::Disconnect)) => {
            "partial: the other numbers of the account are switched off"
        }
        (PortType::Partial, Some(Remaining::Keep) | None) => {
            "partial: the other numbers of the account stay in service"
        }
    }
}

fn numbers(port: &Port) -> String {
    let numbers = port.lines.iter();
    // Those that were found not to be portable are not asked for.
    let numbers = numbers.filter(|line| line.status != "not_portable");
    let mut text = String::new();
    for line in numbers {
        text.push_str(line.number.as_str());
        text.push('\n');
    }
    text
}
