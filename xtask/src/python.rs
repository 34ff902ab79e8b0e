//! Python programs from PyPI in a virtual environment below the target folder.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::needs;
use crate::run;
use crate::stamp::{Inputs, Stamp};

/// boto3 and the AWS command line, for the tests of the states engine. Gives the environment's folder.
pub(crate) fn clients() -> Result<PathBuf> {
    environment(
        "python-clients",
        "infra/local/states/tests/clients/requirements.txt",
    )
}

/// Schemathesis, for the end-to-end tests of the API. Gives the program.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    let folder = environment("schemathesis", "tests/e2e/api/requirements.txt")?;
    Ok(folder.join("bin/schemathesis"))
}

/// The environment of this name with what the file of requirements says, installed only when that changed.
fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    needs::install(needs::PYTHON)?;
    let folder = crate::workspace::state().join(name);
    let file = crate::workspace::at(requirements);
    let digest = Inputs::default().path(&file).digest();
    let stamp = Stamp::named(name);
    let pip = folder.join("bin/pip");
    if stamp.is(&digest) && pip.is_file() {
        return Ok(folder);
    }
    run::say(format!("installing {name}"));
    run::quietly(
        run::program("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let words = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        "5",
    ];
    run::quietly(
        run::program(&pip)
            .args(words)
            .arg("--requirement")
            .arg(&file),
    )
    .with_context(|| format!("cannot install {name}"))?;
    stamp.set(&digest)?;
    Ok(folder)
}
