//! REGISTER, answered.

use super::inbound::Caller;
use super::record::Record;
use super::{Exchange, back, new_tag};
use crate::sip::check::Refusal;
use crate::sip::flow::Flow;
use crate::sip::message::{Message, response};
use crate::sip::uri::Uri;

impl Exchange {
    pub(super) fn register(&mut self, request: &Message, flow: Flow) {
        let caller = match self.authenticate(request, flow) {
            Some(caller) => caller,
            None => return,
        };
        // Section 10.3: the To header names whose contacts they are; nobody registers for another.
        let owner = request
            .to()
            .and_then(|to| Uri::parse(&to.uri).ok())
            .map(|uri| uri.user)
            .unwrap_or_default();
        let user = match caller {
            Caller::Account(user) if user == owner => user,
            // An allowed address names the account itself.
            Caller::Trunk if self.carrier.account(&owner).is_some() => owner,
            Caller::Account(_) | Caller::Trunk => {
                return self.reply(request, flow, &Refusal::of(403));
            }
        };
        match self
            .registrar
            .register(&user, request, flow, self.now.epoch_ms)
        {
            Err(refusal) => self.reply(request, flow, &refusal),
            Ok(bindings) => {
                let key = self.sip.accept(request, back(request, flow));
                let mut ok = response(request, 200, "OK", Some(&new_tag()));
                for binding in bindings {
                    let left_s = binding
                        .until_epoch_ms
                        .saturating_sub(self.now.epoch_ms)
                        .div_ceil(1_000);
                    ok.push("Contact", format!("<{}>;expires={left_s}", binding.contact));
                }
                self.sip.respond(key, &ok, self.now.at);
                self.record_bindings(&user);
            }
        }
    }

    pub(super) fn record_bindings(&mut self, user: &str) {
        let bindings = self.registrar.phones(user, self.now.epoch_ms);
        self.record(
            Record::Phones {
                user: user.to_owned(),
                bindings,
            },
            false,
        );
    }

    /// Everything the journal must hold, for writing it anew.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let calls = self.calls.values().map(|call| {
            Record::Call(Box::new(super::record::CallRecord::of(
                &call.session,
                &call.leg,
            )))
        });
        let phones = self.registrar.all().map(|(user, bindings)| Record::Phones {
            user: user.clone(),
            bindings: bindings.clone(),
        });
        calls.chain(phones).collect()
    }
}
