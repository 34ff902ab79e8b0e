//! Orders of numbers that a carrier gives by support case: what an operator sends there.

use contract::port::PreparedText;
use contract::request::{Kind, RequestView};
use serde_json::Value;

/// The forms of the tasks that send something.
const SENDING: [&str; 2] = ["order-handin", "order-withdrawal"];
/// The field of an order's details that has the text.
const TEXT: &str = "prepared";

/// The text that an operator sends to the carrier's support now; none if nothing is to be sent.
pub(crate) fn to_send(view: &RequestView) -> Option<PreparedText> {
    let task = view.task.as_ref()?;
    let sends = view.kind == Kind::NumberOrder && SENDING.contains(&task.form.as_str());
    let text = view.details.get(TEXT).filter(|_| sends)?;
    serde_json::from_value(text.clone()).ok()
}

/// Details without that text, which is shown by itself.
pub(crate) fn without_text(details: &Value) -> Value {
    let mut details = details.clone();
    if let Some(fields) = details.as_object_mut() {
        fields.remove(TEXT);
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order(form: &str) -> RequestView {
        let text = json!({ "subject": "Order 2 local numbers of CH", "body": "Count: 2", "attach": ["extract.pdf"] });
        serde_json::from_value(json!({
            "id": "no-1", "kind": "number-order", "tenant": "t-1", "rev": 1, "title": "2 local numbers in CH", "status": "to_hand_in",
            "owner": "operator", "nextAction": "", "begunAt": "2026-11-22T09:00:00Z", "changedAt": "2026-11-22T09:00:00Z",
            "task": { "id": "no-1.1", "form": form, "title": "", "owner": "operator" },
            "details": { "count": 2, "prepared": text },
        }))
        .unwrap()
    }

    #[test]
    fn a_text_is_sent_while_a_task_asks_for_it_and_shown_once() {
        for form in SENDING {
            let text = to_send(&order(form)).unwrap();
            assert_eq!(text.body, "Count: 2", "{form}");
        }
        assert_eq!(to_send(&order("order-case")), None);
        let details = without_text(&order("order-case").details);
        assert_eq!(details, json!({ "count": 2 }));
    }
}
