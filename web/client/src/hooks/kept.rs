//! What this browser keeps of what is filled in until the server has it: a closed tab loses nothing. Signing out wipes it, but for an
//! onboarding: whoever fills it in finds it again, and the next person who fills one in here wipes it.

use crate::state::dossier::work::Kept;
use crate::state::onboarding::Form;
use contract::PersonId;
use contract::dossier::review::Purpose;
use contract::onboarding::api::Onboards;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::Storage;

/// Everything of ours in the lasting store begins so.
const PREFIX: &str = "strowger.kept.";
/// What somebody finds again after signing out begins so; then their id.
const OWN: &str = "strowger.own.";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn read<T: DeserializeOwned>(name: &str) -> Option<T> {
    let text = storage()?.get_item(&format!("{PREFIX}{name}")).ok()??;
    serde_json::from_str(&text).ok()
}

fn write(name: &str, value: Option<&impl Serialize>) {
    put(&format!("{PREFIX}{name}"), value);
}

fn put(key: &str, value: Option<&impl Serialize>) {
    let text = value.and_then(|value| serde_json::to_string(value).ok());
    if let Some(storage) = storage() {
        let _ = match text {
            Some(text) => storage.set_item(key, &text),
            None => storage.remove_item(key),
        };
    }
}

/// What was typed into a dossier and is not on the server.
pub(crate) fn draft(dossier: &str) -> Option<Kept> {
    read(&format!("dossier.{dossier}"))
}

/// Keeps it, or forgets it.
pub(crate) fn keep_draft(dossier: &str, kept: Option<&Kept>) {
    write(&format!("dossier.{dossier}"), kept);
}

/// The onboarding that this person was filling in. What somebody else has left here is wiped.
pub(crate) fn onboarding(person: &PersonId, kind: Onboards) -> Option<Form> {
    let storage = storage()?;
    let own = own_of(person);
    for name in names(&storage, OWN) {
        if !name.starts_with(&own) {
            let _ = storage.remove_item(&name);
        }
    }
    let text = storage.get_item(&onboarding_of(person, kind)).ok()??;
    serde_json::from_str(&text).ok()
}

/// Keeps it, or forgets it.
pub(crate) fn keep_onboarding(person: &PersonId, kind: Onboards, form: Option<&Form>) {
    put(&onboarding_of(person, kind), form);
}

fn own_of(person: &PersonId) -> String {
    format!("{OWN}{person}.")
}

fn onboarding_of(person: &PersonId, kind: Onboards) -> String {
    let kind = match kind {
        Onboards::Tenant => "tenant",
        Onboards::User => "user",
    };
    format!("{}onboarding.{kind}", own_of(person))
}

/// What a dossier is to be good for.
pub(crate) fn purposes(dossier: &str) -> Vec<Purpose> {
    read(&format!("for.{dossier}")).unwrap_or_default()
}

/// Keeps that.
pub(crate) fn keep_purposes(dossier: &str, purposes: &Vec<Purpose>) {
    write(&format!("for.{dossier}"), Some(purposes));
}

/// The names in the store that begin so.
fn names(storage: &Storage, prefix: &str) -> Vec<String> {
    let count = storage.length().unwrap_or(0);
    (0..count)
        .filter_map(|at| storage.key(at).ok().flatten())
        .filter(|name| name.starts_with(prefix))
        .collect()
}

/// Forgets everything but an onboarding: the next person at this browser sees nothing of it.
pub(crate) fn forget() {
    let Some(storage) = storage() else {
        return;
    };
    for name in names(&storage, PREFIX) {
        let _ = storage.remove_item(&name);
    }
}
