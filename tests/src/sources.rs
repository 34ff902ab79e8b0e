//! The sources that people write, as git knows them.

use std::path::Path;
use std::process::Command;

use crate::root;

/// A text file of ours.
#[derive(Debug)]
pub struct Source {
    /// Its path relative to the root, with `/` between parts.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// The part of the name after the last dot.
    pub fn extension(&self) -> &str {
        self.path
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }

    /// The lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }
}

/// Every file that is under version control or would be, and that is text.
pub fn sources() -> Vec<Source> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(read)
        .collect()
}

/// A file that was deleted and not yet committed, or that is no text, is no source.
fn read(path: &str) -> Option<Source> {
    let text = std::fs::read_to_string(Path::new(&root()).join(path)).ok()?;
    Some(Source {
        path: path.to_owned(),
        text,
    })
}
