//! Forms of the operator's page: what was sent and refused stays in its fields, and beside each is what is wrong with it.

use super::page::safe;
use crate::core::problem::{Problem, Refusal};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The fields by their names, and what the page calls them.
const FIELDS: [(&str, &str); 7] = [
    ("phone_numbers", "Numbers"),
    ("pin", "PIN"),
    ("carrier_name", "Carrier"),
    ("end_user_name", "Customer's name"),
    ("foc_datetime", "Date (UTC)"),
    ("codes", "Reason"),
    ("comment", "Comment"),
];

/// A field's name and what the page calls it; none if the page has no such field.
fn known(name: &str) -> Option<(&'static str, &'static str)> {
    FIELDS.into_iter().find(|(field, _)| *field == name)
}

/// The field that a problem is about.
fn field_of(problem: &Problem) -> Option<(&'static str, &'static str)> {
    let pointer = problem.pointer.as_deref()?.strip_prefix('/')?;
    known(pointer.split('/').next()?)
}

/// A form that was sent and refused.
#[derive(Debug)]
pub(super) struct Sent {
    /// Where it was sent: its `action`.
    pub(super) action: String,
    /// What was typed, by the fields' names.
    pub(super) typed: Map<String, Value>,
    /// Why it is refused.
    pub(super) refusal: Refusal,
}

impl Sent {
    /// What is wrong, for the head of the page, where it has the focus: each thing by its field, to which it leads if it is among
    /// what is drawn `below`; a form may be gone since it was sent.
    pub(super) fn summary(&self, html: &mut String, below: &str) {
        html.push_str("<div class=\"note bad\" role=\"alert\" tabindex=\"-1\" autofocus>");
        for problem in &self.refusal.0 {
            let detail = safe(&problem.detail);
            let _ = match field_of(problem) {
                Some((name, label)) if below.contains(&format!(" id=\"wrong-{name}\"")) => write!(
                    html,
                    "<p><a href=\"#wrong-{name}\">{}</a>: {detail}</p>",
                    safe(label)
                ),
                Some((_, label)) => write!(html, "<p>{}: {detail}</p>", safe(label)),
                None => write!(html, "<p>{detail}</p>"),
            };
        }
        html.push_str("</div>");
    }
}

/// One form of the page.
pub(super) struct Form<'a> {
    action: String,
    /// What was sent of this very form and refused.
    sent: Option<&'a Sent>,
}

impl<'a> Form<'a> {
    /// The form that is sent to `action`; `sent` is what was refused, of this form or another.
    pub(super) fn at(action: String, sent: Option<&'a Sent>) -> Self {
        let sent = sent.filter(|sent| sent.action == action);
        Self { action, sent }
    }

    /// Its opening tag; its end is the caller's.
    pub(super) fn begin(&self, html: &mut String) {
        let action = safe(&self.action);
        let _ = write!(html, "<form method=\"post\" action=\"{action}\">");
    }

    /// A field to type in; `attributes` are what its tag has besides.
    pub(super) fn input(&self, html: &mut String, name: &str, attributes: &str) {
        let value = safe(self.typed(name));
        self.labelled(html, name, |marks| {
            format!("<input name=\"{name}\" value=\"{value}\" {attributes}{marks}>")
        });
    }

    /// A field to choose in, from values and their words.
    pub(super) fn choice(&self, html: &mut String, name: &str, choices: &[(String, &str)]) {
        let typed = self.typed(name);
        let mut options = String::new();
        for (value, words) in choices {
            let chosen = if value == typed { " selected" } else { "" };
            let _ = write!(
                options,
                "<option value=\"{}\"{chosen}>{}</option>",
                safe(value),
                safe(words)
            );
        }
        self.labelled(html, name, |marks| {
            format!("<select name=\"{name}\"{marks}>{options}</select>")
        });
    }

    fn labelled(&self, html: &mut String, name: &str, control: impl FnOnce(&str) -> String) {
        let label = known(name).map_or(name, |(_, label)| label);
        let wrong = self.wrong(name);
        if wrong.is_empty() {
            let _ = write!(html, "<label>{} {}</label>", safe(label), control(""));
            return;
        }
        let marks =
            format!(" id=\"wrong-{name}\" aria-invalid=\"true\" aria-describedby=\"why-{name}\"");
        let _ = write!(
            html,
            "<label>{} {}</label> <span class=\"why\" id=\"why-{name}\">{wrong}</span>",
            safe(label),
            control(&marks)
        );
    }

    /// What was typed into a field.
    fn typed(&self, name: &str) -> &str {
        let typed = self.sent.and_then(|sent| sent.typed.get(name));
        typed.and_then(Value::as_str).unwrap_or_default()
    }

    /// What is wrong with a field, as HTML; empty if nothing is.
    fn wrong(&self, name: &str) -> String {
        let Some(sent) = self.sent else {
            return String::new();
        };
        let of_it = |problem: &&Problem| field_of(problem).is_some_and(|(field, _)| field == name);
        let problems = sent.refusal.0.iter().filter(of_it);
        let words: Vec<String> = problems.map(|problem| safe(&problem.detail)).collect();
        words.join("; ")
    }
}

/// A button that sends its form. `about` is the id of what it is about, where many forms of the page have the same button.
pub(super) fn button(words: &str, about: &str) -> String {
    format!("<button aria-describedby=\"{about}\">{words}</button>")
}
