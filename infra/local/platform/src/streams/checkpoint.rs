//! How far a stream has been delivered, on disk.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Saved {
    sequence_number: String,
}

/// The last delivered sequence number of one mapping.
#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    position: Option<String>,
}

impl Checkpoint {
    pub(super) fn open(path: PathBuf) -> Self {
        let position = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice::<Saved>(&text)
                .map(|saved| saved.sequence_number)
                .ok(),
            Err(_) => None,
        };
        Self { path, position }
    }

    /// The last delivered sequence number; none if delivery starts with the oldest record.
    pub(super) fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// Everything up to this one is delivered. Should the note fail, records are delivered again, never lost.
    pub(super) fn advance(&mut self, sequence_number: String) {
        if self
            .position
            .as_ref()
            .is_some_and(|known| *known >= sequence_number)
        {
            return;
        }
        if let Err(error) = self.write(&sequence_number) {
            tracing::warn!(%error, "a stream's position was not saved");
        }
        self.position = Some(sequence_number);
    }

    fn write(&self, sequence_number: &str) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let saved = Saved {
            sequence_number: sequence_number.to_owned(),
        };
        std::fs::write(&beside, serde_json::to_vec(&saved)?)?;
        std::fs::rename(&beside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn delivery_goes_on_where_it_was_and_never_back() {
        let place = TestFolder::new();
        let path = place.path().join("calls--stream.json");
        let mut checkpoint = Checkpoint::open(path.clone());
        assert_eq!(checkpoint.position(), None);
        checkpoint.advance("100000000000000000009".to_owned());
        checkpoint.advance("100000000000000000004".to_owned());
        assert_eq!(
            Checkpoint::open(path).position(),
            Some("100000000000000000009")
        );
    }
}
