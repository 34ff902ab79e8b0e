//! What this browser keeps of what is filled in until the server has it: a closed tab loses nothing. Signing out wipes it.

use crate::state::dossier::work::Kept;
use crate::state::onboarding::Form;
use contract::dossier::review::Purpose;
use contract::onboarding::api::Onboards;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::Storage;

/// Everything of ours in the lasting store begins so.
const PREFIX: &str = "strowger.kept.";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn read<T: DeserializeOwned>(name: &str) -> Option<T> {
    let text = storage()?.get_item(&format!("{PREFIX}{name}")).ok()??;
    serde_json::from_str(&text).ok()
}

fn write(name: &str, value: Option<&impl Serialize>) {
    let key = format!("{PREFIX}{name}");
    let text = value.and_then(|value| serde_json::to_string(value).ok());
    if let Some(storage) = storage() {
        let _ = match text {
            Some(text) => storage.set_item(&key, &text),
            None => storage.remove_item(&key),
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

/// The onboarding that was being filled in.
pub(crate) fn onboarding(kind: Onboards) -> Option<Form> {
    read(onboarding_of(kind))
}

/// Keeps it, or forgets it.
pub(crate) fn keep_onboarding(kind: Onboards, form: Option<&Form>) {
    write(onboarding_of(kind), form);
}

const fn onboarding_of(kind: Onboards) -> &'static str {
    match kind {
        Onboards::Tenant => "onboarding.tenant",
        Onboards::User => "onboarding.user",
    }
}

/// What a dossier is to be good for.
pub(crate) fn purposes(dossier: &str) -> Vec<Purpose> {
    read(&format!("for.{dossier}")).unwrap_or_default()
}

/// Keeps that.
pub(crate) fn keep_purposes(dossier: &str, purposes: &Vec<Purpose>) {
    write(&format!("for.{dossier}"), Some(purposes));
}

/// Forgets everything: the next person at this browser sees nothing of it.
pub(crate) fn forget() {
    let Some(storage) = storage() else {
        return;
    };
    let count = storage.length().unwrap_or(0);
    let names: Vec<String> = (0..count)
        .filter_map(|at| storage.key(at).ok().flatten())
        .filter(|name| name.starts_with(PREFIX))
        .collect();
    for name in names {
        let _ = storage.remove_item(&name);
    }
}
