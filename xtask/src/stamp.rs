//! Remembering what was built from which inputs, so that an unchanged tree costs milliseconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Folders that are written by builds and therefore are no inputs.
const OUTPUTS: [&str; 4] = ["target", "node_modules", "dist", ".git"];

/// A digest over names, lengths and modification times.
#[derive(Default)]
pub(crate) struct Inputs {
    digest: Sha256,
}

impl Inputs {
    /// Adds a file, or a folder with all below it. What does not exist counts as absent.
    pub(crate) fn path(mut self, path: &Path) -> Self {
        self.add(path);
        self
    }

    /// The digest in hexadecimal digits.
    pub(crate) fn digest(self) -> String {
        hex(&self.digest.finalize())
    }

    fn add(&mut self, path: &Path) {
        self.digest.update(path.as_os_str().as_encoded_bytes());
        let Ok(meta) = fs::metadata(path) else {
            self.digest.update(b"absent");
            return;
        };
        if meta.is_dir() {
            let mut below: Vec<PathBuf> = fs::read_dir(path)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| {
                    !path
                        .file_name()
                        .is_some_and(|name| OUTPUTS.iter().any(|output| name == *output))
                })
                .collect();
            below.sort();
            below.iter().for_each(|path| self.add(path));
            return;
        }
        let changed = meta
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.digest.update(meta.len().to_le_bytes());
        self.digest
            .update(changed.unwrap_or_default().as_nanos().to_le_bytes());
    }
}

/// One remembered digest.
pub(crate) struct Stamp(PathBuf);

impl Stamp {
    /// The stamp of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self(crate::workspace::state().join(format!("{name}.stamp")))
    }

    /// Whether the last success had these inputs.
    pub(crate) fn is(&self, digest: &str) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|known| known == digest)
    }

    /// Remembers a success.
    pub(crate) fn set(&self, digest: &str) -> Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.0, digest).with_context(|| format!("cannot write {}", self.0.display()))
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_changes_the_digest_and_a_build_output_does_not() {
        let folder = std::env::temp_dir().join(format!("stamp-{}", std::process::id()));
        fs::create_dir_all(folder.join("target")).unwrap();
        fs::write(folder.join("a"), "1").unwrap();
        let before = Inputs::default().path(&folder).digest();

        fs::write(folder.join("target/b"), "built").unwrap();
        let built = Inputs::default().path(&folder).digest();
        fs::write(folder.join("a"), "22").unwrap();
        let changed = Inputs::default().path(&folder).digest();
        fs::remove_dir_all(&folder).unwrap();

        assert_eq!(before, built);
        assert_ne!(before, changed);
    }

    #[test]
    fn a_missing_file_differs_from_an_empty_one() {
        let file = std::env::temp_dir().join(format!("stamp-file-{}", std::process::id()));
        let absent = Inputs::default().path(&file).digest();
        fs::write(&file, "").unwrap();
        let empty = Inputs::default().path(&file).digest();
        fs::remove_file(&file).unwrap();
        assert_ne!(absent, empty);
    }
}
