//! What an operator writes into the case of a port-out. Pure.
use super::record::Out;
use contract::RequestId;
use contract::port::{OutFault, PreparedText};
use std::fmt::Write;

/// The text of an answer: the numbers may go, or may not for this reason. Its customer sees it too: only the numbers that are theirs
/// are in it, no PIN, and no name or account that was told with other customers' numbers.
pub(super) fn of(
    request: &RequestId,
    out: &Out,
    fault: Option<OutFault>,
    note: &str,
) -> PreparedText {
    let view = &out.view;
    let (count, case) = (out.lines.len(), &view.external_id);
    let (subject, asks) = match fault {
        None => (
            format!("Port-out {case}: {count} numbers may go"),
            "We authorise this port-out. Please tell us in the case on which date the numbers go, and when they are gone.",
        ),
        Some(_) => (
            format!("Port-out {case}: refused"),
            "We refuse this port-out for the reason below. Please tell us in the case whether the gaining carrier accepts that.",
        ),
    };
    let mut body = format!("{asks}\n\n");
    let note = Some(note.trim()).filter(|note| !note.is_empty());
    for (name, value) in [
        ("Case", Some(case.as_str())),
        ("Reference", Some(request.as_str())),
        ("Gaining carrier", Some(view.gaining.as_str())),
        ("Customer there", view.end_user.as_deref()),
        ("Account number told", view.account_number.as_deref()),
        ("Date asked for", view.requested_foc.as_deref()),
        ("Reason", fault.map(reason)),
        ("Note", note),
    ] {
        if let Some(value) = value {
            let _ = writeln!(body, "{name}: {value}");
        }
    }
    body.push('\n');
    for line in &out.lines {
        body.push_str(line.number.as_str());
        body.push('\n');
    }
    PreparedText {
        subject,
        body,
        attach: Vec::new(),
    }
}

/// A lawful reason as people write it.
pub(super) fn reason(fault: OutFault) -> &'static str {
    match fault {
        OutFault::WrongPin => "the PIN that was named is wrong",
        OutFault::PinNotTold => "the customer has set a PIN, and none was named",
        OutFault::NotTheirNumber => "not all of the numbers are this customer's",
        OutFault::WrongName => "the name that was given is not the customer's",
        OutFault::WrongAccount => "the account number that was given is not the customer's",
    }
}
