//! Looking at calls from outside.

use super::Exchange;

impl Exchange {
    /// TransactionIds of the calls that are still up or ringing.
    #[must_use]
    pub fn live(&self) -> Vec<String> {
        self.calls
            .iter()
            .filter(|(_, call)| call.session.alive())
            .map(|(id, _)| id.clone())
            .collect()
    }
}
