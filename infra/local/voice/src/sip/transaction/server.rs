//! The side that is asked (sections 17.2 and 9.2).

use super::{
    Event, GIVE_UP_MS, Send, State, T1_MS, T4_MS, Transaction, TransactionKey, Transactions,
};
use crate::sip::flow::Flow;
use crate::sip::message::{Message, Method, reason_of, response};
use crate::sip::uri::split_list;
use crate::time::At;

impl Transactions {
    /// Begins a server transaction for a request that [`Event::Request`] brought.
    pub fn accept(&mut self, request: &Message, flow: Flow) -> TransactionKey {
        let invite = request.method() == Some(&Method::Invite);
        let method = request
            .method()
            .map(Method::as_str)
            .unwrap_or_default()
            .to_owned();
        let transaction = Transaction {
            id: server_id(request, &method),
            dialog_id: invite.then(|| dialog_id(request)),
            flow,
            invite,
            request: None,
            state: State::ServerProceeding { last: None },
            due: None,
        };
        self.insert(transaction)
    }

    /// Whether the same request already came another way (section 8.2.2.2): it went through a loop or a fork.
    #[must_use]
    pub fn merged(&self, request: &Message) -> bool {
        request.to().is_some_and(|to| to.tag().is_none())
            && self.by_dialog.contains_key(&dialog_id(request))
    }

    /// Sends a response in a server transaction. Ignored when it is final already.
    pub fn respond(&mut self, key: TransactionKey, answer: &Message, now: At) {
        let Some(transaction) = self.all.get_mut(&key) else {
            return;
        };
        let State::ServerProceeding { last } = &mut transaction.state else {
            return;
        };
        let (bytes, status) = (answer.to_bytes(), answer.status().unwrap_or(500));
        let flow = transaction.flow;
        self.out.push(Send {
            flow,
            bytes: bytes.clone(),
        });
        if status < 200 {
            *last = Some(bytes);
            return;
        }
        let until = now.after(GIVE_UP_MS);
        let due = if !transaction.invite {
            transaction.state = State::ServerDone { last: bytes };
            if flow.reliable() { now } else { until }
        } else if status < 300 {
            // A 2xx goes again until its ACK also over TCP: it is end to end (section 13.3.1.4).
            transaction.state = State::ServerAccepted {
                last: bytes,
                interval_ms: T1_MS,
                until,
                acknowledged: false,
            };
            now.after(T1_MS)
        } else {
            transaction.state = State::ServerCompleted {
                last: bytes,
                interval_ms: T1_MS,
                until,
            };
            if flow.reliable() {
                until
            } else {
                now.after(T1_MS)
            }
        };
        self.schedule(key, due);
    }

    pub(super) fn receive_request(
        &mut self,
        message: Message,
        method: &Method,
        flow: Flow,
    ) -> Option<Event> {
        let Some(key) = self.by_id.get(&server_id(&message, method.as_str())) else {
            return Some(Event::Request(message, flow));
        };
        let transaction = self.all.get(key)?;
        let last = match &transaction.state {
            State::ServerProceeding { last } => last.clone(),
            State::ServerCompleted { last, .. } | State::ServerDone { last } => Some(last.clone()),
            // RFC 6026: the 2xx has its own clock.
            _ => None,
        };
        let flow = transaction.flow;
        self.out.extend(last.map(|bytes| Send { flow, bytes }));
        None
    }

    pub(super) fn receive_ack(&mut self, message: Message, now: At) -> Option<Event> {
        let key = self
            .by_id
            .get(&server_id(&message, "INVITE"))
            .or_else(|| self.by_dialog.get(&dialog_id(&message)))
            .copied()?;
        let transaction = self.all.get_mut(&key)?;
        match &mut transaction.state {
            State::ServerCompleted { .. } => {
                // Confirmed: absorb more ACKs for T4, nothing is sent any more.
                let (reliable, last) = (transaction.flow.reliable(), Vec::new());
                transaction.state = State::ServerDone { last };
                self.schedule(key, if reliable { now } else { now.after(T4_MS) });
                None
            }
            State::ServerAccepted {
                acknowledged,
                until,
                ..
            } if !*acknowledged => {
                *acknowledged = true;
                let until = *until;
                self.schedule(key, until);
                Some(Event::Acknowledged(key, message))
            }
            _ => None,
        }
    }

    pub(super) fn receive_cancel(&mut self, message: &Message, flow: Flow) -> Option<Event> {
        let key = self.by_id.get(&server_id(message, "INVITE")).copied();
        let status = if key.is_some() { 200 } else { 481 };
        let tag = format!("c{:x}", self.next);
        let answer = response(message, status, reason_of(status), Some(&tag));
        self.out.push(Send {
            flow,
            bytes: answer.to_bytes(),
        });
        let key = key?;
        let proceeding = matches!(self.all.get(&key)?.state, State::ServerProceeding { .. });
        proceeding.then_some(Event::Cancelled(key))
    }
}

/// Section 17.2.3: branch, sent-by and method; without the cookie, what RFC 2543 had.
fn server_id(message: &Message, method: &str) -> String {
    let Some(via) = message.via() else {
        return String::new();
    };
    match via.unique_branch() {
        Some(branch) => {
            let port = via.port.unwrap_or(5060);
            format!(
                "s|{branch}|{}:{port}|{method}",
                via.host.to_ascii_lowercase()
            )
        }
        None => {
            let top = message.header("Via").map(|v| {
                split_list(v)
                    .first()
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            });
            format!(
                "o|{}|{}|{method}",
                dialog_id(message),
                top.unwrap_or_default()
            )
        }
    }
}

fn dialog_id(message: &Message) -> String {
    let from = message.from();
    let tag = from.as_ref().and_then(|f| f.tag()).unwrap_or_default();
    let number = message.cseq().map_or(0, |(number, _)| number);
    format!("{}|{tag}|{number}", message.call_id().unwrap_or_default())
}
