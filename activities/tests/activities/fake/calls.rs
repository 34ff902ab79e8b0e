//! What a call leaves in the store: its mailbox and its record.
use super::{Fake, State};
use activities::mailbox::Mailbox;
use activities::ports::Unavailable;
use activities::ports::calls::{CallRecord, Calls, Engaging, Page, Shelf, Whose, Write};
use activities::ports::mailboxes::{Mailboxes, Versioned};
use contract::{CallId, PersonId};

impl Mailboxes for Fake {
    async fn load(&self, call: &CallId) -> Result<Option<Versioned>, Unavailable> {
        self.port(|state| {
            state.mailboxes.get(call).map(|(version, mailbox)| {
                // Through JSON, as the store does it.
                let json = serde_json::to_string(mailbox).unwrap();
                Versioned {
                    version: *version,
                    mailbox: serde_json::from_str(&json).unwrap(),
                }
            })
        })
    }

    async fn store(
        &self,
        call: &CallId,
        mailbox: &Mailbox,
        expected: u64,
    ) -> Result<Write, Unavailable> {
        self.port(|state| {
            if state.mailboxes.get(call).map_or(0, |(version, _)| *version) != expected {
                return Write::Conflict;
            }
            state
                .mailboxes
                .insert(call.clone(), (expected + 1, mailbox.clone()));
            Write::Done
        })
    }
}

impl Calls for Fake {
    async fn create(&self, record: &CallRecord) -> Result<Engaging, Unavailable> {
        self.port(|state| {
            if state.calls.contains_key(&record.view.id) {
                return Engaging::Conflict;
            }
            if is_elsewhere(state, record) {
                return Engaging::Busy;
            }
            state.calls.insert(record.view.id.clone(), record.clone());
            Engaging::Done
        })
    }

    async fn get(&self, call: &CallId) -> Result<Option<CallRecord>, Unavailable> {
        self.port(|state| state.calls.get(call).cloned())
    }

    async fn write(
        &self,
        record: &CallRecord,
        before: &CallRecord,
    ) -> Result<Engaging, Unavailable> {
        self.port(|state| {
            let known = state.calls.get(&record.view.id);
            if known.is_none_or(|known| known.view.rev != before.view.rev) {
                return Engaging::Conflict;
            }
            if is_elsewhere(state, record) {
                return Engaging::Busy;
            }
            let mut stored = record.clone();
            if !stored.view.is_live() {
                stored.private.engaged.clear();
            }
            state.calls.insert(record.view.id.clone(), stored);
            Engaging::Done
        })
    }

    async fn engaged(&self, person: &PersonId) -> Result<Option<CallId>, Unavailable> {
        self.port(|state| {
            let mut calls = state.calls.values();
            let engaging = calls.find(|record| record.private.engaged.contains(person))?;
            Some(engaging.view.id.clone())
        })
    }

    async fn list(
        &self,
        whose: &Whose,
        shelf: Shelf,
        _: u32,
        _: Option<&str>,
    ) -> Result<Page, Unavailable> {
        self.port(|state| {
            let theirs = |record: &&CallRecord| match whose {
                Whose::Person(person) => record.view.people().any(|one| one == person),
                Whose::Tenant(tenant) => record.view.tenant == *tenant,
            };
            let shelved = |record: &&CallRecord| record.view.is_live() == (shelf == Shelf::Live);
            Page {
                records: state
                    .calls
                    .values()
                    .filter(theirs)
                    .filter(shelved)
                    .cloned()
                    .collect(),
                next: None,
            }
        })
    }

    async fn all_live(&self) -> Result<Vec<CallId>, Unavailable> {
        self.port(|state| {
            state
                .calls
                .values()
                .filter(|r| r.view.is_live())
                .map(|r| r.view.id.clone())
                .collect()
        })
    }
}

/// Whether another call engages somebody whom this one names.
fn is_elsewhere(state: &State, record: &CallRecord) -> bool {
    state.calls.values().any(|other| {
        other.view.id != record.view.id
            && !other.private.engaged.is_disjoint(&record.private.engaged)
    })
}
