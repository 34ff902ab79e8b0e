//! The operator's page: plain HTML with forms, no scripts.

use super::{events_of, queue_of};
use crate::core::State;
use crate::core::port::ExceptionCode;
use crate::core::portout::PortOutStatus;
use crate::core::time::At;
use crate::view::portouts;
use serde_json::Value;
use std::fmt::Write as _;

/// Text as HTML shows it.
fn safe(text: &str) -> String {
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
        other => safe(&other.to_string()),
    }
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem;color:#151515;background:#fff}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem;border-bottom:1px solid #8a8d90;vertical-align:top}\
form{margin:.3rem 0}button,input,select{font:inherit;padding:.3rem .6rem;min-height:2.2rem}fieldset{border:1px solid #8a8d90}\
:focus-visible{outline:3px solid #06c}.note{padding:.6rem;border-left:.4rem solid #06c}.bad{border-color:#c9190b}";

/// The whole page.
pub(super) fn page(state: &State, now: At, problem: Option<&str>, done: bool) -> String {
    let mut html = String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Practice carrier</title>");
    let _ = write!(
        html,
        "<style>{STYLE}</style></head><body><main><h1>Practice carrier: the donor's desk</h1>"
    );
    if let Some(problem) = problem {
        let _ = write!(
            html,
            "<p class=\"note bad\" role=\"alert\">{}</p>",
            safe(problem)
        );
    } else if done {
        html.push_str("<p class=\"note\" role=\"status\">Done.</p>");
    }
    settings(&mut html, state);
    waiting(&mut html, state, now);
    port_outs(&mut html, state);
    notices(&mut html, state);
    html.push_str("</main></body></html>");
    html
}

fn settings(html: &mut String, state: &State) {
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
        let _ = write!(
            html,
            "<form method=\"post\" action=\"/practice/settings\"><p>{shown}. <input type=\"hidden\" name=\"{name}\" value=\"{}\"><button>Change: {other}</button></p></form>",
            !on
        );
    }
    html.push_str("</section>");
}

fn waiting(html: &mut String, state: &State, now: At) {
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
            "<tr><th scope=\"row\">{}<br>{} numbers, {}</th><td>{}</td><td>{} {}</td><td>",
            cell(&port["support_key"]),
            cell(&port["porting_phone_numbers_count"]),
            cell(&row["donor"]),
            cell(&port["end_user"]["admin"]["entity_name"]),
            cell(&row["records_say"]["answer"]),
            cell(&row["records_say"]["codes"]),
        );
        answers(html, &id);
        html.push_str("</td></tr>");
    }
    html.push_str("</tbody></table></section>");
}

fn answers(html: &mut String, id: &str) {
    let _ = write!(
        html,
        "<form method=\"post\" action=\"/practice/ports/{id}/accept\"><button>Accept</button></form>"
    );
    let _ = write!(
        html,
        "<form method=\"post\" action=\"/practice/ports/{id}/foc\"><label>Date (UTC) <input type=\"datetime-local\" name=\"foc_datetime\" required></label> <button>Propose</button></form>"
    );
    let _ = write!(
        html,
        "<form method=\"post\" action=\"/practice/ports/{id}/reject\"><label>Reason <select name=\"codes\">"
    );
    for code in ExceptionCode::ALL {
        let name = cell(&serde_json::to_value(code).unwrap_or_default());
        let _ = write!(
            html,
            "<option value=\"{name}\">{}</option>",
            safe(code.description())
        );
    }
    html.push_str("</select></label> <label>Comment <input name=\"comment\"></label> <button>Reject</button></form>");
    let _ = write!(
        html,
        "<form method=\"post\" action=\"/practice/ports/{id}/silent\"><button>Say nothing</button></form>"
    );
}

fn port_outs(html: &mut String, state: &State) {
    html.push_str("<section aria-labelledby=\"outs\"><h2 id=\"outs\">Port-outs</h2><form method=\"post\" action=\"/practice/portouts\"><fieldset><legend>Ask for numbers as another carrier</legend>");
    let inputs = [
        ("phone_numbers", "Numbers, with commas", "required"),
        ("pin", "PIN", ""),
        ("carrier_name", "Carrier", ""),
        ("end_user_name", "Customer's name", ""),
    ];
    for (name, label, required) in inputs {
        let _ = write!(
            html,
            "<p><label>{label} <input name=\"{name}\" {required}></label></p>"
        );
    }
    html.push_str("<button>Ask</button></fieldset></form><table><thead><tr><th scope=\"col\">Request</th><th scope=\"col\">Numbers</th><th scope=\"col\">Status</th><th scope=\"col\">Action</th></tr></thead><tbody>");
    let mut rows: Vec<_> = state.portouts.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.stamp.seq));
    for row in rows.into_iter().take(50) {
        let shown = portouts::portout(row);
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{} {}</td><td>",
            cell(&shown["support_key"]),
            cell(&shown["phone_numbers"]),
            cell(&shown["status"]),
            cell(&shown["reason"]),
        );
        if matches!(
            row.status,
            PortOutStatus::Pending | PortOutStatus::Authorized | PortOutStatus::RejectedPending
        ) {
            let _ = write!(
                html,
                "<form method=\"post\" action=\"/practice/portouts/{}/cancel\"><button>Take back</button></form>",
                row.id
            );
        }
        html.push_str("</td></tr>");
    }
    html.push_str("</tbody></table></section>");
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
