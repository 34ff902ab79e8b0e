//! Numbers of other carriers: the telephone network of this machine sends their calls to a Voice Connector, as a
//! carrier's SIP trunk does. Chime knows only the connector: its SIP rule has the trigger `RequestUriHostname`.

use crate::carrier::is_e164;
use crate::store::{State, Store};
use std::io;
use std::sync::Arc;

/// Most numbers that lead here.
pub const MAX_TRUNK_NUMBERS: usize = 100_000;

/// Why a number's way is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TrunkError {
    /// It is no number.
    #[error("{0:?} is not an E.164 number like +41445550100")]
    NotE164(String),
    /// There are too many.
    #[error("at most {MAX_TRUNK_NUMBERS} numbers lead to this machine")]
    Full,
    /// It cannot be kept.
    #[error("the way of a number cannot be stored: {0}")]
    Store(#[from] io::Error),
}

/// Says which numbers lead to which Voice Connector. What it is told is on disk when it answers.
#[derive(Debug, Clone)]
pub struct Trunk(pub(crate) Arc<Store>);

impl Trunk {
    /// Calls to `number` (E.164) come through the Voice Connector of this id from now on.
    ///
    /// A connector that is not there (yet) is no error: until it is, the network says that the number is not in service.
    ///
    /// # Errors
    /// See [`TrunkError`].
    pub async fn lead(&self, number: &str, connector: &str) -> Result<(), TrunkError> {
        if !is_e164(number) {
            return Err(TrunkError::NotE164(number.to_owned()));
        }
        let known = self.0.current();
        if known.trunk_numbers.get(number).map(String::as_str) == Some(connector) {
            return Ok(());
        }
        let lead = |state: &mut State| {
            if state.trunk_numbers.len() >= MAX_TRUNK_NUMBERS
                && !state.trunk_numbers.contains_key(number)
            {
                return Err(TrunkError::Full);
            }
            state
                .trunk_numbers
                .insert(number.to_owned(), connector.to_owned());
            Ok(())
        };
        self.0.change(lead, TrunkError::Store).await
    }

    /// Whether there is a Voice Connector of this id.
    #[must_use]
    pub fn has(&self, connector: &str) -> bool {
        self.0.current().connectors.contains_key(connector)
    }

    /// Calls to `number` no longer come.
    ///
    /// # Errors
    /// [`TrunkError::Store`].
    pub async fn take_back(&self, number: &str) -> Result<(), TrunkError> {
        if !self.0.current().trunk_numbers.contains_key(number) {
            return Ok(());
        }
        let take = |state: &mut State| {
            state.trunk_numbers.remove(number);
            Ok(())
        };
        self.0.change(take, TrunkError::Store).await
    }
}

impl State {
    /// The host that calls to a number of another carrier are sent to.
    #[must_use]
    pub(crate) fn trunk_host(&self, number: &str) -> Option<String> {
        let connector = self.trunk_numbers.get(number)?;
        Some(self.connectors.get(connector)?.host_name())
    }
}
