//! Port-outs of numbers that a carrier has for us and that are nobody's here: no customer can answer them, so the phone company's own
//! people are written to, once each.
use crate::mails;
use crate::ports::clock::Clock;
use crate::ports::mails::Mails;
use crate::ports::onboardings::Onboardings;
use crate::ports::porting::CarrierPortOut;
use crate::shell::chain;
use contract::CarrierId;
use contract::mail::{MailSendInput, Template};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Most numbers that a mail names.
const NAMED: usize = 10;

/// Such a port-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The carrier that told us.
    pub carrier: CarrierId,
    /// As it has it.
    pub out: CarrierPortOut,
    /// Until when it waits; none if nobody knows.
    pub answer_by: Option<Timestamp>,
}

/// Writes to the operators about each, unless they have heard of it. What cannot be sent now is tried again by the next look.
pub(in crate::porting) async fn tell(d: &(impl Mails + Onboardings + Clock), orphans: &[Orphan]) {
    for orphan in orphans {
        if d.operators().is_empty() {
            tracing::warn!(
                port_out = orphan.out.id,
                "nobody hears of a port-out of numbers that are nobody's here: OPERATORS_MAIL names nobody"
            );
        }
        for (at, email) in d.operators().iter().enumerate() {
            let mail = mail(d.public_url(), orphan, at, email);
            if let Err(error) = mails::send(d, mail).await {
                tracing::warn!(
                    port_out = orphan.out.id,
                    error = chain(&error),
                    "an operator does not hear of a port-out"
                );
            }
        }
    }
}

fn mail(public_url: &str, orphan: &Orphan, at: usize, email: &str) -> MailSendInput {
    let Orphan {
        carrier,
        out,
        answer_by,
    } = orphan;
    let numbers = out.numbers.iter().take(NAMED);
    let numbers: Vec<_> = numbers.map(ToString::to_string).collect();
    let action = format!(
        "answer it at the carrier. {} asks for {} numbers that are nobody's here ({}): no customer is asked, and silence lets them go",
        out.gaining,
        out.numbers.len(),
        numbers.join(", ")
    );
    let until = answer_by.map_or_else(
        || "a moment that nobody here knows".to_owned(),
        |until| until.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    );
    let words = [
        ("action", action),
        ("link", format!("{public_url}/port-outs")),
        ("name", "operators".to_owned()),
        ("title", format!("Port-out {} of {carrier}", out.id)),
        ("until", until),
    ];
    let words = words.map(|(word, value)| (word.to_owned(), value));
    MailSendInput {
        key: format!("orphan/{carrier}/{}/{at}", out.id),
        to: email.to_owned(),
        template: Template::TaskWaiting,
        language: None,
        words: BTreeMap::from(words),
    }
}
