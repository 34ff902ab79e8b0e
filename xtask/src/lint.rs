//! `lint`: layout, clippy, licences.

use anyhow::{Result, bail};

use crate::run;
use crate::test::Tally;

/// Runs every lint and fails if one did.
pub(crate) fn run() -> Result<()> {
    let mut tally = Tally::default();
    checks(&mut tally);
    match tally.failed {
        0 => Ok(()),
        failed => bail!("{failed} of {} lints failed", failed + tally.passed),
    }
}

/// Each lint counts as one check.
pub(crate) fn checks(tally: &mut Tally) {
    tally.check("rustfmt", || {
        run::quietly(run::cargo().args(["fmt", "--all", "--check"]))
    });
    tally.check("clippy", || {
        run::quietly(run::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    });
    if run::find("cargo-deny").is_some() {
        tally.check("licences and duplicates", || {
            run::quietly(run::cargo().args([
                "deny",
                "--offline",
                "--log-level",
                "error",
                "check",
                "licenses",
                "bans",
            ]))
        });
    } else {
        run::say(
            "cargo-deny is not installed: the tests check the licences, nothing the duplicates",
        );
    }
}
