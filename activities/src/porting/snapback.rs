//! Numbers that were ported in error: they stay in service here until an operator has seen them leave. Pure.
//!
//! No carrier's interface sends a number back: the losing provider ports it in again, and somebody has to have that done.
use super::calendar::Time;
use super::record::Port;
use compliance::porting::{Limits, Moment, number};
use contract::E164;
use contract::dossier::{NumberStep as Num, OrderStep as Do};
use contract::request::Party;
use serde_json::Value;

/// The form by which an operator says which have left.
pub const FORM: &str = "port-snapback";
/// Most numbers that are named in a sentence.
const NAMED_MAX: usize = 3;

/// Numbers that are to go back, while the window is open. Gives what happened, in words.
pub fn ask(port: &mut Port, data: &Value, time: Time) -> String {
    if let Err(error) = port.step(Do::SnapBack, Party::Operator, time.now) {
        return format!("The numbers cannot go back: {error}");
    }
    let moment = Moment {
        now: time.now,
        limits: Limits::default(),
    };
    let may = |wanted: &E164| {
        let line = port.lines.iter().find(|line| line.number == *wanted);
        line.is_some_and(|line| {
            let status = Port::number_status(line);
            number::may(status, Num::SnapBack, Party::Operator, moment).is_ok()
        })
    };
    let mut new = named(data);
    new.sort();
    new.dedup();
    new.retain(|wanted| may(wanted) && !port.view.going_back.contains(wanted));
    if new.is_empty() {
        return "None of these numbers can go back".to_owned();
    }
    let says = format!("To go back to the old provider: {}", first_of(&new));
    port.view.going_back.append(&mut new);
    says
}

/// What an operator has seen: the numbers have left, or they stay. Gives what happened, in words.
pub fn done(port: &mut Port, data: &Value, time: Time) -> Option<String> {
    let named = named(data);
    let asked = port.view.going_back.clone();
    let meant: Vec<E164> = asked
        .into_iter()
        .filter(|number| named.is_empty() || named.contains(number))
        .collect();
    if meant.is_empty() {
        return None;
    }
    port.view
        .going_back
        .retain(|number| !meant.contains(number));
    if data["result"] != "left" {
        return Some(format!(
            "Not taken back, and here still: {}",
            first_of(&meant)
        ));
    }
    for number in &meant {
        let why = Some("ported in error");
        port.step_one(number, Num::SnapBack, Party::Operator, time.now, why);
    }
    let gone = first_of(&meant);
    Some(format!("Gone back to the old provider: {gone}"))
}

/// What an operator is to do about the numbers that are to go back; none if none are.
pub fn wanted(port: &Port) -> Option<String> {
    let numbers = &port.view.going_back;
    if numbers.is_empty() {
        return None;
    }
    Some(format!(
        "Have {} ported back to {}, then say which have left",
        first_of(numbers),
        old_provider(port)
    ))
}

/// Numbers in a sentence.
fn first_of(numbers: &[E164]) -> String {
    let first: Vec<&str> = numbers.iter().take(NAMED_MAX).map(E164::as_str).collect();
    match numbers.len().saturating_sub(NAMED_MAX) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn old_provider(port: &Port) -> &str {
    let told = port.view.donor.as_deref();
    let service = port.view.form.dossier.as_ref();
    let service = service.and_then(|dossier| dossier.previous_service.as_ref());
    told.or_else(|| service?.provider.as_deref())
        .unwrap_or("the old provider")
}

fn named(data: &Value) -> Vec<E164> {
    let numbers = data["numbers"].as_array().into_iter().flatten();
    numbers
        .filter_map(|text| E164::parse(text.as_str()?).ok())
        .collect()
}
