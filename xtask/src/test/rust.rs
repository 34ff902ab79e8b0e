//! The Rust tests, by nextest where it is installed.

use std::path::Path;

use anyhow::{Result, bail};

use super::Tally;
use crate::{python, run};

/// Says to the tests where boto3 and the AWS command line are.
const CLIENTS: &str = "STATES_PYTHON_CLIENTS";
/// The tests that need them.
const CLIENT_TESTS: &str = "package(states) and binary(clients)";

/// Unit, integration and documentation tests of every crate.
pub(super) fn tests(tally: &mut Tally) {
    run::say("Rust tests");
    let by_nextest = run::find("cargo-nextest").is_some();
    let counted = if by_nextest {
        nextest(&["--no-tests=pass"], None)
    } else {
        plain(&["--lib", "--bins", "--tests", "--examples"], None)
    };
    tally.add("Rust tests", counted);
    run::say("boto3 and the AWS command line");
    // Ignored otherwise: they need what is installed here.
    let counted = python::clients().and_then(|clients| {
        if by_nextest {
            let these = ["--run-ignored=only", "-E", CLIENT_TESTS];
            nextest(&these, Some(&clients))
        } else {
            plain(&["--test", "clients", "--", "--ignored"], Some(&clients))
        }
    });
    tally.add("clients from PyPI", counted);
    run::say("examples in the documentation");
    tally.add("documentation tests", plain(&["--doc"], None));
}

fn nextest(which: &[&str], clients: Option<&Path>) -> Result<Tally> {
    let mut cargo = run::cargo();
    if let Some(clients) = clients {
        cargo.env(CLIENTS, clients);
    }
    cargo.args([
        "nextest",
        "run",
        "--workspace",
        "--no-fail-fast",
        "--status-level=fail",
        "--cargo-quiet",
    ]);
    let (status, text) = run::watched(cargo.args(which))?;
    checked(status.success(), summed(&text, nextest_line))
}

fn plain(which: &[&str], clients: Option<&Path>) -> Result<Tally> {
    let mut cargo = run::cargo();
    cargo
        .args(["test", "--workspace", "--quiet", "--no-fail-fast"])
        .args(which);
    if let Some(clients) = clients {
        cargo.env(CLIENTS, clients);
    }
    let (status, text) = run::watched(&mut cargo)?;
    checked(status.success(), summed(&text, libtest_line))
}

/// A run that failed without a failed test did not build, and that is a failure too.
fn checked(success: bool, tally: Tally) -> Result<Tally> {
    if !success && tally.failed == 0 {
        bail!("it did not build or did not finish");
    }
    Ok(tally)
}

fn summed(text: &str, line: fn(&str) -> Option<Tally>) -> Tally {
    text.lines()
        .filter_map(line)
        .fold(Tally::default(), |sum, part| Tally {
            passed: sum.passed + part.passed,
            failed: sum.failed + part.failed,
        })
}

/// `Summary [ 0.1s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 2 skipped`.
fn nextest_line(line: &str) -> Option<Tally> {
    let (_, counts) = line
        .trim_start()
        .strip_prefix("Summary [")?
        .split_once(" run: ")?;
    Some(Tally {
        passed: before(counts, "passed"),
        failed: ["failed", "timed out", "exec failed"]
            .iter()
            .map(|word| before(counts, word))
            .sum(),
    })
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; ...`.
fn libtest_line(line: &str) -> Option<Tally> {
    let counts = line.trim_start().strip_prefix("test result: ")?;
    Some(Tally {
        passed: before(counts, "passed"),
        failed: before(counts, "failed"),
    })
}

/// The number right before a word, or none.
fn before(text: &str, word: &str) -> u64 {
    text.split([',', ';', '.', '('])
        .filter_map(|part| part.trim().split_once(' '))
        .filter(|(_, rest)| rest.trim() == word)
        .filter_map(|(number, _)| number.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summaries_are_read() {
        let tally = nextest_line("     Summary [   0.005s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 2 skipped").unwrap();
        assert_eq!((tally.passed, tally.failed), (9, 3));
    }

    #[test]
    fn libtest_summaries_add_up() {
        let text = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\nx\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        let tally = summed(text, libtest_line);
        assert_eq!((tally.passed, tally.failed), (4, 2));
    }

    #[test]
    fn a_build_that_fails_is_a_failure() {
        assert!(checked(false, Tally::default()).is_err());
        assert!(checked(true, Tally::default()).is_ok());
    }
}
