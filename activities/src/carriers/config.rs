//! Which carriers a deployment has: read from the environment.
//!
//! `CARRIERS` lists them, `<id>` or `<id>:<kind>`, separated by commas; `chime,telnyx` if it is not set. What a carrier needs is in
//! variables that begin with `CARRIER_<ID>_`: of the kind `telnyx` an `ENDPOINT` and an `API_KEY`, and, if there are, the
//! `CONNECTION_ID` through which calls to its numbers come and the `PUBLIC_KEY` of its notices. Without `CARRIERS`, one that
//! lacks its variables is left out.
use contract::CarrierId;
use std::collections::HashMap;
use thiserror::Error;

/// Most carriers of a deployment.
pub const MAX_CARRIERS: usize = 16;
const USUAL: &str = "chime,telnyx";

/// A carrier as it is configured.
#[derive(Clone, PartialEq, Eq)]
pub struct CarrierConfig {
    /// Its id.
    pub id: CarrierId,
    /// What it is, and where.
    pub place: Place,
}

/// What a carrier is, and where.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// Amazon Chime SDK Voice: where the SDK finds it.
    Chime,
    /// Telnyx's v2 API.
    Telnyx {
        /// Where: `https://api.telnyx.com`.
        endpoint: String,
        /// The account's key.
        api_key: String,
        /// The connection that leads here.
        connection_id: Option<String>,
        /// What checks its notices.
        public_key: Option<String>,
    },
}

/// Why the environment is not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadConfig {
    /// An id is none.
    #[error("CARRIERS: `{0}` is no id of a carrier: 1 to 32 characters of a-z0-9- are allowed")]
    Id(String),
    /// A kind is none.
    #[error("CARRIERS: `{0}` is no kind of carrier: chime and telnyx are")]
    Kind(String),
    /// An id is there twice, or there are too many.
    #[error("CARRIERS: at most {MAX_CARRIERS}, each once")]
    List,
    /// A variable is missing.
    #[error("{0} must be set, as CARRIERS names this carrier")]
    Missing(String),
}

impl std::fmt::Debug for CarrierConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CarrierConfig").field(&self.id).finish()
    }
}

/// Reads the carriers out of environment variables. An empty value counts as none.
///
/// # Errors
/// [`BadConfig`], with the variable and what is allowed.
pub fn read(env: &HashMap<String, String>) -> Result<Vec<CarrierConfig>, BadConfig> {
    let given = |name: &str| env.get(name).filter(|value| !value.is_empty()).cloned();
    let named = given("CARRIERS");
    let mut found: Vec<CarrierConfig> = Vec::new();
    for entry in named.as_deref().unwrap_or(USUAL).split(',') {
        let entry = entry.trim();
        let (id, kind) = entry.split_once(':').unwrap_or((entry, entry));
        if !is_id(id) {
            return Err(BadConfig::Id(id.to_owned()));
        }
        if found.len() >= MAX_CARRIERS || found.iter().any(|known| known.id.as_str() == id) {
            return Err(BadConfig::List);
        }
        let place = match kind {
            "chime" => Ok(Place::Chime),
            "telnyx" => telnyx(id, &given),
            _ => return Err(BadConfig::Kind(kind.to_owned())),
        };
        match place {
            Ok(place) => found.push(CarrierConfig {
                id: id.into(),
                place,
            }),
            Err(missing) if named.is_some() => return Err(missing),
            Err(_) => {}
        }
    }
    Ok(found)
}

fn telnyx(id: &str, given: &impl Fn(&str) -> Option<String>) -> Result<Place, BadConfig> {
    let name = |what: &str| {
        let id = id.to_ascii_uppercase().replace('-', "_");
        format!("CARRIER_{id}_{what}")
    };
    let needed = |what: &str| given(&name(what)).ok_or_else(|| BadConfig::Missing(name(what)));
    Ok(Place::Telnyx {
        endpoint: needed("ENDPOINT")?,
        api_key: needed("API_KEY")?,
        connection_id: given(&name("CONNECTION_ID")),
        public_key: given(&name("PUBLIC_KEY")),
    })
}

fn is_id(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Vec<String>, BadConfig> {
        let env = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let found = read(&env.collect())?;
        Ok(found.into_iter().map(|config| config.id.0).collect())
    }

    #[test]
    fn what_is_not_configured_is_left_out_unless_it_is_named() {
        assert_eq!(of(&[]).unwrap(), ["chime"]);
        let telnyx = [
            ("CARRIER_TELNYX_ENDPOINT", "http://127.0.0.1:1"),
            ("CARRIER_TELNYX_API_KEY", "key"),
        ];
        assert_eq!(of(&telnyx).unwrap(), ["chime", "telnyx"]);
        assert_eq!(
            of(&[("CARRIERS", "telnyx")]),
            Err(BadConfig::Missing("CARRIER_TELNYX_ENDPOINT".into()))
        );
    }

    #[test]
    fn two_accounts_of_one_kind_have_variables_of_their_own() {
        let env = [
            ("CARRIERS", "eu-desk:telnyx, chime"),
            ("CARRIER_EU_DESK_ENDPOINT", "http://127.0.0.1:1"),
            ("CARRIER_EU_DESK_API_KEY", "key"),
        ];
        assert_eq!(of(&env).unwrap(), ["eu-desk", "chime"]);
    }

    #[test]
    fn what_is_no_carrier_is_named() {
        assert_eq!(
            of(&[("CARRIERS", "Chime")]),
            Err(BadConfig::Id("Chime".into()))
        );
        assert_eq!(
            of(&[("CARRIERS", "twilio")]),
            Err(BadConfig::Kind("twilio".into()))
        );
        assert_eq!(of(&[("CARRIERS", "chime,chime")]), Err(BadConfig::List));
    }
}
