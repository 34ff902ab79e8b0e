//! The operator's page: plain HTML with forms, no scripts.

use super::form::{Form, Sent, button};
use super::{events_of, queue_of};
use crate::core::State;
use crate::core::port::ExceptionCode;
use crate::core::portout::{PortOut, PortOutStatus, REJECTIONS};
use crate::core::time::At;
use crate::view::portouts;
use serde_json::Value;
use std::fmt::Write as _;

/// Text as HTML shows it.
pub(super) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for each in text.chars() {
        match each {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(each),
        }
    }
    out
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => safe(text),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => safe(&other.to_string()),
    }
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem;color:#151515;background:#fff}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem;border-bottom:1px solid #8a8d90;vertical-align:top}\
form{margin:.3rem 0}button,input,select{font:inherit;padding:.3rem .6rem;min-height:2.2rem}fieldset{border:1px solid #8a8d90}\
:focus-visible{outline:3px solid #06c}.note{padding:.6rem;border-left:.4rem solid #06c}.bad{border-color:#c9190b}\
.note p{margin:0}.why{color:#c9190b}[aria-invalid]{border:2px solid #c9190b}";

/// The whole page; `sent` is a form that was refused just now, `done` whether one was taken.
pub(super) fn page(state: &State, now: At, sent: Option<&Sent>, done: bool) -> String {
    let mut html = String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    let title = if sent.is_some() {
        "Refused: Practice carrier"
    } else {
        "Practice carrier"
    };
    let _ = write!(
        html,
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><h1>Practice carrier: the donor's desk</h1>"
    );
    let mut below = String::new();
    settings(&mut below, state, sent);
    waiting(&mut below, state, now, sent);
    port_outs(&mut below, state, sent);
    notices(&mut below, state);
    // What came of a form has the focus, so that it is heard where the page is read aloud.
    if let Some(sent) = sent {
        sent.summary(&mut html, &below);
    } else if done {
        html.push_str("<p class=\"note\" role=\"status\" tabindex=\"-1\" autofocus>Done.</p>");
    }
    html.push_str(&below);
    html.push_str("</main></body></html>");
    html
}

fn settings(html: &mut String, state: &State, sent: Option<&Sent>) {
    let memory = state.memory();
    html.push_str("<section aria-labelledby=\"set\"><h2 id=\"set\">Settings</h2>");
    let rows = [
        (
            "manual_donor",
            memory.manual_donor,
            "Donors wait for a person",
            "Donors answer by their records",
        ),
        (
            "reliable_notices",
            memory.reliable,
            "Every notice arrives once",
            "Notices are lost, repeated or late now and then",
        ),
    ];
    for (name, on, yes, no) in rows {
        let (shown, other) = if on { (yes, no) } else { (no, yes) };
        Form::at("/practice/settings".to_owned(), sent).begin(html);
        let _ = write!(
            html,
            "<p>{shown}. <input type=\"hidden\" name=\"{name}\" value=\"{}\"><button>Change: {other}</button></p></form>",
            !on
        );
    }
    html.push_str("</section>");
}

fn waiting(html: &mut String, state: &State, now: At, sent: Option<&Sent>) {
    html.push_str(
        "<section aria-labelledby=\"ports\"><h2 id=\"ports\">Orders that wait for their donor</h2>",
    );
    let rows = queue_of(state, now);
    if rows.is_empty() {
        html.push_str("<p>None.</p></section>");
        return;
    }
    html.push_str("<table><thead><tr><th scope=\"col\">Order</th><th scope=\"col\">Customer</th><th scope=\"col\">Records say</th><th scope=\"col\">Answer</th></tr></thead><tbody>");
    for row in rows {
        let port = &row["port"];
        let id = cell(&port["id"]);
        let _ = write!(
            html,
            "<tr><th scope=\"row\" id=\"{}\">{}<br>{} numbers, {}</th><td>{}</td><td>{} {}</td><td>",
            about(&id),
            cell(&port["support_key"]),
            cell(&port["porting_phone_numbers_count"]),
            cell(&row["donor"]),
            cell(&port["end_user"]["admin"]["entity_name"]),
            cell(&row["records_say"]["answer"]),
            cell(&row["records_say"]["codes"]),
        );
        answers(html, &id, sent);
        html.push_str("</td></tr>");
    }
    html.push_str("</tbody></table></section>");
}

/// The id of the head of the row of an order or a port-out: its buttons are those of many others.
fn about(id: &str) -> String {
    format!("of-{id}")
}

fn answers(html: &mut String, id: &str, sent: Option<&Sent>) {
    let form = |answer: &str| Form::at(format!("/practice/ports/{id}/{answer}"), sent);
    let about = about(id);
    form("accept").begin(html);
    let _ = write!(html, "{}</form>", button("Accept", &about));
    let propose = form("foc");
    propose.begin(html);
    propose.input(html, "foc_datetime", "type=\"datetime-local\" required");
    let _ = write!(html, " {}</form>", button("Propose", &about));
    let reject = form("reject");
    reject.begin(html);
    let codes = ExceptionCode::ALL.map(|code| {
        let name = serde_json::to_value(code).unwrap_or_default();
        (
            name.as_str().unwrap_or_default().to_owned(),
            code.description(),
        )
    });
    reject.choice(html, "codes", &codes);
    html.push(' ');
    reject.input(html, "comment", "");
    let _ = write!(html, " {}</form>", button("Reject", &about));
    form("silent").begin(html);
    let _ = write!(html, "{}</form>", button("Say nothing", &about));
}

fn port_outs(html: &mut String, state: &State, sent: Option<&Sent>) {
    html.push_str("<section aria-labelledby=\"outs\"><h2 id=\"outs\">Port-outs</h2>");
    let ask = Form::at("/practice/portouts".to_owned(), sent);
    ask.begin(html);
    html.push_str("<fieldset><legend>Ask for numbers as another carrier</legend><p>Numbers begin with a plus sign and are separated by commas.</p>");
    let fields = [
        ("phone_numbers", "required"),
        ("pin", ""),
        ("carrier_name", ""),
        ("end_user_name", ""),
    ];
    for (name, attributes) in fields {
        html.push_str("<p>");
        ask.input(html, name, attributes);
        html.push_str("</p>");
    }
    html.push_str("<button>Ask</button></fieldset></form>");
    let mut rows: Vec<_> = state.portouts.iter().collect();
    if rows.is_empty() {
        html.push_str("<p>None.</p></section>");
        return;
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.stamp.seq));
    html.push_str("<table><thead><tr><th scope=\"col\">Request</th><th scope=\"col\">Numbers</th><th scope=\"col\">Carrier</th><th scope=\"col\">Date</th><th scope=\"col\">Status</th><th scope=\"col\">Action</th></tr></thead><tbody>");
    for row in rows.into_iter().take(50) {
        port_out(html, row, sent);
    }
    html.push_str("</tbody></table></section>");
}

fn port_out(html: &mut String, row: &PortOut, sent: Option<&Sent>) {
    let shown = portouts::portout(row);
    let about = about(&row.id);
    let date = row
        .foc
        .map_or_else(|| format!("{} asked for", row.requested_foc.iso()), At::iso);
    let _ = write!(
        html,
        "<tr><th scope=\"row\" id=\"{about}\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>",
        cell(&shown["support_key"]),
        cell(&shown["phone_numbers"]),
        safe(&row.carrier_name),
        safe(&date),
        safe(&standing(row)),
    );
    if matches!(
        row.status,
        PortOutStatus::Pending | PortOutStatus::Authorized | PortOutStatus::RejectedPending
    ) {
        Form::at(format!("/practice/portouts/{}/cancel", row.id), sent).begin(html);
        let _ = write!(html, "{}</form>", button("Take back", &about));
    }
    html.push_str("</td></tr>");
}

/// Where a port-out stands, and why: of a rejection also what its code means, for the code may be all that was told.
fn standing(row: &PortOut) -> String {
    let status = row.status.as_str();
    let Some(reason) = row.reason.as_deref() else {
        return status.to_owned();
    };
    let code = REJECTIONS
        .into_iter()
        .find(|(code, _, _)| row.rejection_code == Some(*code));
    match code {
        Some((_, meaning, _)) if !reason.eq_ignore_ascii_case(meaning) => {
            format!("{status}: {meaning} ({reason})")
        }
        Some(_) | None => format!("{status}: {reason}"),
    }
}

fn notices(html: &mut String, state: &State) {
    html.push_str("<section aria-labelledby=\"notices\"><h2 id=\"notices\">Notices</h2><table><thead><tr><th scope=\"col\">When</th><th scope=\"col\">Event</th><th scope=\"col\">Order</th><th scope=\"col\">Fault</th><th scope=\"col\">Taken</th></tr></thead><tbody>");
    for row in events_of(state, 50) {
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            cell(&row["created_at"]),
            cell(&row["event_type"]),
            cell(&row["subject"]),
            cell(&row["fault"]),
            cell(&row["taken"]),
        );
    }
    html.push_str("</tbody></table></section>");
}
