//! Where things lie in the work tree.

use std::path::{Path, PathBuf};

/// The folder of the root `Cargo.toml`: the parent of this crate's.
pub(crate) fn root() -> PathBuf {
    // Cargo says at run time which work tree it runs for; a program that is started without it knows where it was built.
    let own =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// A path below the root.
pub(crate) fn at(path: &str) -> PathBuf {
    root().join(path)
}

/// Cargo's target folder for this machine's own programs.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| at("target"), |dir| root().join(dir))
}

/// A folder for what the tasks themselves remember between runs.
pub(crate) fn state() -> PathBuf {
    target().join("xtask")
}

/// The path of a built program.
pub(crate) fn program(name: &str, release: bool) -> PathBuf {
    target()
        .join(if release { "release" } else { "debug" })
        .join(name)
}
