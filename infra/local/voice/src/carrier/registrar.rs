//! Where registered phones are (RFC 3261 section 10).

use crate::sip::check::Refusal;
use crate::sip::flow::{ConnectionId, Flow};
use crate::sip::message::Message;
use crate::sip::uri::{NameAddr, Uri};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most contacts of one account; the oldest makes room.
pub const MAX_BINDINGS: usize = 5;
/// Shortest registration that is granted, in seconds.
pub const MIN_EXPIRES_S: u64 = 60;
/// Longest registration that is granted, in seconds.
pub const MAX_EXPIRES_S: u64 = 3_600;

/// One phone of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Its Contact URI.
    pub contact: String,
    /// The way its REGISTER came; calls go the same way, which also passes its NAT.
    pub flow: Flow,
    /// When it ends, in milliseconds since 1970.
    pub until_epoch_ms: u64,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// CSeq of the REGISTER.
    pub cseq: u32,
}

/// All registrations.
#[derive(Debug, Default)]
pub struct Registrar {
    bindings: HashMap<String, Vec<Binding>>,
}

impl Registrar {
    /// Applies a REGISTER of `user`; returns the bindings that now hold.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn register(
        &mut self,
        user: &str,
        request: &Message,
        flow: Flow,
        epoch_ms: u64,
    ) -> Result<Vec<Binding>, Refusal> {
        let default_s = match request.header("Expires") {
            // Section 20.19: a malformed value counts as 3600.
            Some(text) => text.trim().parse().unwrap_or(MAX_EXPIRES_S),
            None => MAX_EXPIRES_S,
        };
        let mut bindings = self.bindings.get(user).cloned().unwrap_or_default();
        bindings.retain(|b| b.until_epoch_ms > epoch_ms);
        let call_id = request.call_id().unwrap_or_default();
        let cseq = request.cseq().map_or(0, |(number, _)| number);
        let contacts: Vec<&str> = request.list("Contact").collect();
        if contacts.contains(&"*") {
            if contacts.len() != 1 || default_s != 0 {
                return Err(Refusal::because(400, "Bad Contact"));
            }
            bindings.clear();
        } else {
            for contact in contacts.into_iter().take(MAX_BINDINGS * 2) {
                let contact = NameAddr::parse(contact).filter(|c| Uri::parse(&c.uri).is_ok());
                let contact = contact.ok_or_else(|| Refusal::because(400, "Bad Contact"))?;
                let expires_s = contact
                    .param("expires")
                    .map_or(default_s, |e| e.parse().unwrap_or(MAX_EXPIRES_S));
                if expires_s != 0 && expires_s < MIN_EXPIRES_S {
                    let mut refusal = Refusal::of(423);
                    refusal
                        .headers
                        .push(("Min-Expires", MIN_EXPIRES_S.to_string()));
                    return Err(refusal);
                }
                let old = bindings.iter().position(|b| b.contact == contact.uri);
                if old
                    .is_some_and(|at| bindings[at].call_id == call_id && cseq <= bindings[at].cseq)
                {
                    return Err(Refusal::of(500));
                }
                if let Some(at) = old {
                    bindings.remove(at);
                }
                if expires_s > 0 {
                    let until_epoch_ms = epoch_ms + expires_s.min(MAX_EXPIRES_S) * 1_000;
                    bindings.push(Binding {
                        contact: contact.uri,
                        flow,
                        until_epoch_ms,
                        call_id: call_id.to_owned(),
                        cseq,
                    });
                }
            }
            let excess = bindings.len().saturating_sub(MAX_BINDINGS);
            bindings.drain(..excess);
        }
        self.bindings.insert(user.to_owned(), bindings.clone());
        Ok(bindings)
    }

    /// The phones of an account that are there now.
    #[must_use]
    pub fn phones(&self, user: &str, epoch_ms: u64) -> Vec<Binding> {
        let all = self
            .bindings
            .get(user)
            .map(Vec::as_slice)
            .unwrap_or_default();
        all.iter()
            .filter(|b| b.until_epoch_ms > epoch_ms)
            .cloned()
            .collect()
    }

    /// Takes back what was registered before a restart.
    pub fn restore(&mut self, user: &str, bindings: Vec<Binding>) {
        self.bindings.insert(user.to_owned(), bindings);
    }

    /// All registrations, for writing down.
    pub fn all(&self) -> impl Iterator<Item = (&String, &Vec<Binding>)> {
        self.bindings.iter()
    }

    /// A connection closed: phones behind it cannot be reached until they register again. Returns whose they were.
    pub fn disconnected(&mut self, connection: ConnectionId) -> Vec<String> {
        let mut changed = Vec::new();
        for (user, bindings) in &mut self.bindings {
            let before = bindings.len();
            bindings.retain(|b| b.flow.connection != Some(connection));
            if bindings.len() != before {
                changed.push(user.clone());
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(cseq: u32, extra: &str) -> Message {
        let text = format!(
            "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK{cseq}\r\nFrom: <sip:a@h>;tag=f\r\n\
             To: <sip:a@h>\r\nCall-ID: c\r\nCSeq: {cseq} REGISTER\r\n{extra}\r\n"
        );
        Message::parse(text.as_bytes()).unwrap().message
    }

    fn apply(
        registrar: &mut Registrar,
        cseq: u32,
        extra: &str,
        now: u64,
    ) -> Result<Vec<Binding>, Refusal> {
        registrar.register(
            "a",
            &register(cseq, extra),
            Flow::udp("10.0.0.1:5060".parse().unwrap()),
            now,
        )
    }

    #[test]
    fn a_phone_is_there_until_it_expires_or_leaves() {
        let mut registrar = Registrar::default();
        apply(
            &mut registrar,
            1,
            "Contact: <sip:a@10.0.0.1>;expires=60\r\n",
            0,
        )
        .unwrap();
        assert_eq!(registrar.phones("a", 59_999).len(), 1);
        assert_eq!(registrar.phones("a", 60_000).len(), 0);
        apply(
            &mut registrar,
            2,
            "Contact: <sip:a@10.0.0.1>\r\nExpires: 600\r\n",
            1,
        )
        .unwrap();
        assert!(
            apply(
                &mut registrar,
                3,
                "Contact: <sip:a@10.0.0.1>;expires=0\r\n",
                2
            )
            .unwrap()
            .is_empty()
        );
        apply(&mut registrar, 4, "Contact: <sip:a@10.0.0.2>\r\n", 2).unwrap();
        assert!(
            apply(&mut registrar, 5, "Contact: *\r\nExpires: 0\r\n", 3)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn what_is_out_of_order_or_out_of_bounds_is_refused() {
        let mut registrar = Registrar::default();
        apply(&mut registrar, 5, "Contact: <sip:a@10.0.0.1>\r\n", 0).unwrap();
        assert_eq!(
            apply(&mut registrar, 4, "Contact: <sip:a@10.0.0.1>\r\n", 0)
                .unwrap_err()
                .status,
            500
        );
        assert_eq!(
            apply(
                &mut registrar,
                6,
                "Contact: <sip:a@10.0.0.1>;expires=10\r\n",
                0
            )
            .unwrap_err()
            .status,
            423
        );
        assert_eq!(
            apply(&mut registrar, 7, "Contact: *\r\n", 0)
                .unwrap_err()
                .status,
            400
        );
        for n in 0..20 {
            let bound = apply(
                &mut registrar,
                10 + n,
                &format!("Contact: <sip:a@10.0.1.{n}>\r\n"),
                0,
            )
            .unwrap();
            assert!(bound.len() <= MAX_BINDINGS);
        }
    }
}
