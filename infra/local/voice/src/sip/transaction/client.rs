//! The side that asks (sections 17.1 and 9.1).

use super::{
    Event, GIVE_UP_MS, Send, State, T1_MS, T4_MS, Transaction, TransactionKey, Transactions,
};
use crate::sip::flow::Flow;
use crate::sip::message::{Message, Method, Start};
use crate::time::At;

impl Transactions {
    /// Sends a request of ours; its topmost Via holds a new branch.
    pub fn request(&mut self, request: Message, flow: Flow, now: At) -> TransactionKey {
        let bytes = request.to_bytes();
        let method = request.method().map(Method::as_str).unwrap_or_default();
        let invite = method == "INVITE";
        self.out.push(Send {
            flow,
            bytes: bytes.clone(),
        });
        let until = now.after(GIVE_UP_MS);
        let transaction = Transaction {
            id: client_id(&request, method),
            dialog_id: None,
            flow,
            invite,
            request: invite.then_some(request),
            state: State::Calling {
                request: bytes,
                interval_ms: T1_MS,
                until,
            },
            due: None,
        };
        let key = self.insert(transaction);
        self.schedule(
            key,
            if flow.reliable() {
                until
            } else {
                now.after(T1_MS)
            },
        );
        key
    }

    /// Takes up an INVITE of ours that rang before a restart: it is not sent again, but can be cancelled and answered.
    pub fn restore(&mut self, invite: Message, flow: Flow) -> TransactionKey {
        let id = client_id(&invite, "INVITE");
        let state = State::ClientProceeding;
        self.insert(Transaction {
            id,
            dialog_id: None,
            flow,
            invite: true,
            request: Some(invite),
            state,
            due: None,
        })
    }

    /// Sends the ACK of a 2xx, now and again whenever the 2xx comes again.
    pub fn acknowledge(&mut self, key: TransactionKey, ack: &Message, flow: Flow) {
        let bytes = ack.to_bytes();
        self.out.push(Send {
            flow,
            bytes: bytes.clone(),
        });
        if let Some(State::ClientAccepted { ack }) = self.all.get_mut(&key).map(|t| &mut t.state) {
            *ack = Some((bytes, flow));
        }
    }

    /// Sends CANCEL for an INVITE of ours that has had a provisional response; false when it had none yet.
    pub fn cancel(&mut self, key: TransactionKey, now: At) -> bool {
        let Some(transaction) = self.all.get(&key) else {
            return false;
        };
        let (State::ClientProceeding, Some(invite)) = (&transaction.state, &transaction.request)
        else {
            return false;
        };
        let (cancel, flow) = (hop_request(invite, &Method::Cancel, None), transaction.flow);
        self.request(cancel, flow, now);
        // Section 9.1: no answer within 64 T1 ends the INVITE as well.
        self.schedule(key, now.after(GIVE_UP_MS));
        true
    }

    pub(super) fn receive_response(
        &mut self,
        message: Message,
        flow: Flow,
        now: At,
    ) -> Option<Event> {
        let (_, method) = message.cseq()?;
        let key = *self.by_id.get(&client_id(&message, method.as_str()))?;
        let status = message.status()?;
        let transaction = self.all.get_mut(&key)?;
        match (&mut transaction.state, status) {
            (State::Calling { .. } | State::ClientProceeding, 100..200) => {
                if let State::Calling { until, .. } = transaction.state {
                    transaction.state = State::ClientProceeding;
                    // How long an INVITE may ring is its caller's business; other requests still end at timer F.
                    transaction.due = (!transaction.invite).then_some(until);
                    if !transaction.invite {
                        self.schedule(key, until);
                    }
                }
                Some(Event::Response(key, message, flow))
            }
            (State::Calling { .. } | State::ClientProceeding, 200..300) if transaction.invite => {
                transaction.state = State::ClientAccepted { ack: None };
                self.schedule(key, now.after(GIVE_UP_MS));
                Some(Event::Response(key, message, flow))
            }
            (State::Calling { .. } | State::ClientProceeding, _) if transaction.invite => {
                let invite = transaction.request.as_ref()?;
                let ack = hop_request(invite, &Method::Ack, message.header("To")).to_bytes();
                let flow_out = transaction.flow;
                transaction.state = State::ClientCompleted { ack: ack.clone() };
                self.out.push(Send {
                    flow: flow_out,
                    bytes: ack,
                });
                self.schedule(
                    key,
                    if flow_out.reliable() {
                        now
                    } else {
                        now.after(GIVE_UP_MS)
                    },
                );
                Some(Event::Response(key, message, flow))
            }
            (State::Calling { .. } | State::ClientProceeding, _) => {
                let reliable = transaction.flow.reliable();
                transaction.state = State::ClientDone;
                self.schedule(key, if reliable { now } else { now.after(T4_MS) });
                Some(Event::Response(key, message, flow))
            }
            (State::ClientCompleted { ack }, 300..) => {
                let bytes = ack.clone();
                let flow = transaction.flow;
                self.out.push(Send { flow, bytes });
                None
            }
            (State::ClientAccepted { ack }, 200..300) => {
                let again = ack
                    .as_ref()
                    .filter(|(bytes, _)| same_to_tag(bytes, &message))
                    .cloned();
                match again {
                    Some((bytes, flow)) => {
                        self.out.push(Send { flow, bytes });
                        None
                    }
                    // Another branch of a fork answered as well (section 13.2.2.4).
                    None => Some(Event::Response(key, message, flow)),
                }
            }
            _ => None,
        }
    }
}

fn client_id(message: &Message, method: &str) -> String {
    let branch = message
        .via()
        .and_then(|v| v.param("branch").map(str::to_owned))
        .unwrap_or_default();
    format!("c|{branch}|{method}")
}

fn same_to_tag(ack: &[u8], message: &Message) -> bool {
    let Some(tag) = message.to().and_then(|to| to.tag().map(str::to_owned)) else {
        return true;
    };
    Message::parse(ack)
        .ok()
        .and_then(|p| p.message.to())
        .is_some_and(|to| to.tag() == Some(&tag))
}

/// ACK of a refusal and CANCEL: same hop, same branch (sections 17.1.1.3 and 9.1).
fn hop_request(invite: &Message, method: &Method, to: Option<&str>) -> Message {
    let uri = match &invite.start {
        Start::Request { uri, .. } => uri.clone(),
        Start::Response { .. } => String::new(),
    };
    let number = invite.cseq().map_or(1, |(number, _)| number);
    let mut message = Message {
        start: Start::Request {
            method: method.clone(),
            uri,
        },
        headers: Vec::new(),
        body: Vec::new(),
    };
    let copy = |name: &str| invite.header(name).unwrap_or_default().to_owned();
    message.push("Via", copy("Via"));
    message.push("From", copy("From"));
    message.push("To", to.map_or_else(|| copy("To"), str::to_owned));
    message.push("Call-ID", copy("Call-ID"));
    message.push("CSeq", format!("{number} {method}"));
    invite
        .all("Route")
        .for_each(|route| message.push("Route", route));
    message.push("Max-Forwards", "70");
    message
}
