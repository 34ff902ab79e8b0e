//! npm packages, exactly as the lock file says, installed only when that changed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::stamp::{Inputs, Stamp};

/// How often a failed installation is tried again.
const ATTEMPTS: u32 = 3;

/// Installs the packages of a folder's `package-lock.json`, relative to the root.
pub(crate) fn install(folder: &str) -> Result<()> {
    let path = crate::workspace::at(folder);
    let lock = path.join("package-lock.json");
    if !lock.is_file() {
        bail!("{folder} has no package-lock.json: run `npm install` there and commit it");
    }
    let digest = Inputs::default()
        .path(&path.join("package.json"))
        .path(&lock)
        .digest();
    let stamp = Stamp::named(&format!("npm-{}", folder.replace('/', "-")));
    if stamp.is(&digest) && path.join("node_modules").is_dir() {
        return Ok(());
    }
    run::say(format!("installing the npm packages of {folder}"));
    let mut last = Ok(());
    for _ in 0..ATTEMPTS {
        last = run::quietly(npm(&path).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]));
        if last.is_ok() {
            return stamp.set(&digest);
        }
    }
    last.with_context(|| format!("cannot install the npm packages of {folder}"))
}

/// Runs a script of a folder's `package.json`.
pub(crate) fn script(folder: &str, name: &str) -> Result<()> {
    run::quietly(npm(&crate::workspace::at(folder)).args(["run", "--silent", name]))
}

/// A program that the packages of a folder brought.
pub(crate) fn program(folder: &str, name: &str) -> Command {
    run::program(
        crate::workspace::at(folder)
            .join("node_modules/.bin")
            .join(name),
    )
}

/// npm in a folder, with development packages whatever the environment says.
fn npm(folder: &Path) -> Command {
    let mut command = run::program("npm");
    command.current_dir(folder).env_remove("NODE_ENV");
    command
}
