//! `web`: the browser client, from Rust and style sheets to files that a server hands out.

mod assets;
mod glue;
mod page;
mod sizes;
pub(crate) mod wasm;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::stamp::{Inputs, Stamp};
use crate::{npm, run, workspace};

/// How the client is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Small: fat link-time optimisation and wasm-opt.
    Small,
    /// Soon: cargo's dev profile, no wasm-opt.
    Fast,
}

/// Builds and prints the sizes.
pub(crate) fn run(fast: bool) -> Result<()> {
    let mode = if fast { Mode::Fast } else { Mode::Small };
    let digest = inputs();
    if Stamp::named("web").is(&stamped(&digest, mode)) && dist().is_dir() {
        run::say("web/dist is up to date");
    } else {
        build(mode, &digest)?;
    }
    sizes::print(&dist())
}

/// Builds unless these very sources were built before, in whichever mode.
pub(crate) fn ensure() -> Result<()> {
    let digest = inputs();
    let stamp = Stamp::named("web");
    let built = [Mode::Small, Mode::Fast]
        .iter()
        .any(|mode| stamp.is(&stamped(&digest, *mode)));
    if built && dist().is_dir() {
        return Ok(());
    }
    build(Mode::Small, &digest)
}

/// What the server hands out.
pub(crate) fn dist() -> std::path::PathBuf {
    workspace::at("web/dist")
}

/// What the first page view fetches, in bytes as sent.
pub(crate) fn first_view_bytes() -> Result<u64> {
    sizes::first_view(&dist())
}

fn stamped(digest: &str, mode: Mode) -> String {
    let mode = match mode {
        Mode::Small => "small",
        Mode::Fast => "fast",
    };
    format!("{mode} {digest}")
}

fn inputs() -> String {
    [
        "web/client",
        "web/media",
        "workflows/contract",
        "workflows/compliance",
        "infra/world",
        "Cargo.toml",
        "Cargo.lock",
        "xtask/src/web",
        "xtask/src/web.rs",
        "xtask/tools",
    ]
    .iter()
    .fold(Inputs::default(), |inputs, path| {
        inputs.path(&workspace::at(path))
    })
    .digest()
}

fn build(mode: Mode, digest: &str) -> Result<()> {
    npm::install("xtask/tools")?;
    npm::install("web/media")?;

    let compiled = wasm::build(mode)?;
    let work = workspace::state().join("web");
    empty(&work)?;
    glue::write(&compiled, &work, mode)?;

    // The new files stand complete before they take the old ones' place: a running server never sees half a page.
    let fresh = workspace::at("web/dist.new");
    empty(&fresh)?;
    let built = assets::write(&work, &fresh, mode)?;
    page::write(&workspace::at("web/client/index.html"), &fresh, &built)?;
    assets::compress(&fresh, mode)?;
    swap(&fresh, &dist())?;
    Stamp::named("web").set(&stamped(digest, mode))
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn swap(fresh: &Path, place: &Path) -> Result<()> {
    let old = place.with_extension("old");
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    if place.exists() {
        fs::rename(place, &old)?;
    }
    fs::rename(fresh, place)?;
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    Ok(())
}
