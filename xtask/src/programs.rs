//! The two programs that the platform consists of: `strowger` and the functions' `bootstrap`.

use std::path::PathBuf;

use anyhow::Result;

use crate::stamp::{Inputs, Stamp};
use crate::{needs, run, workspace};

/// Where the built programs lie.
pub(crate) struct Programs {
    /// The platform.
    pub(crate) strowger: PathBuf,
    /// Every function.
    pub(crate) bootstrap: PathBuf,
}

const TWO: [&str; 8] = [
    "--package",
    "platform",
    "--bin",
    "strowger",
    "--package",
    "activities",
    "--bin",
    "bootstrap",
];

/// How the programs are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The two alone.
    Dev,
    /// The two alone, optimised.
    Release,
    /// Together with all tests, so that neither builds again what the other has: cargo chooses the features of the
    /// dependencies anew for each set of packages.
    WithTests,
}

/// Builds both unless these very sources were built before.
pub(crate) fn ensure(build: Build) -> Result<Programs> {
    let release = build == Build::Release;
    let programs = Programs {
        strowger: workspace::program("strowger", release),
        bootstrap: workspace::program("bootstrap", release),
    };
    let stamp = Stamp::named(if release {
        "programs-release"
    } else {
        "programs"
    });
    let digest = inputs(&programs);
    if stamp.is(&digest) && programs.strowger.is_file() && programs.bootstrap.is_file() {
        return Ok(programs);
    }
    needs::install(needs::PLATFORM)?;
    run::say("building the platform and the functions");
    let mut cargo = run::cargo();
    cargo.arg("build");
    match build {
        Build::Dev => cargo.args(TWO),
        Build::Release => cargo.args(TWO).arg("--release"),
        Build::WithTests => cargo.args(["--workspace", "--bins", "--tests"]),
    };
    run::quietly(&mut cargo)?;
    // The digest holds the programs too: whoever replaces one by other means gets it built again.
    stamp.set(&inputs(&programs))?;
    Ok(programs)
}

fn inputs(programs: &Programs) -> String {
    [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo",
        "rust-toolchain.toml",
        "workflows",
        "activities",
        "infra/local",
    ]
    .iter()
    .fold(Inputs::default(), |inputs, path| {
        inputs.path(&workspace::at(path))
    })
    .path(&programs.strowger)
    .path(&programs.bootstrap)
    .digest()
}
