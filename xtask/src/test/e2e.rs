//! The end-to-end tests: Node's test runner over `tests/e2e`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Tally;
use crate::programs::{self, Build, Programs};
use crate::{needs, npm, python, run, web, workspace};

/// Longest time for one test, in milliseconds. Node holds a whole file to it too.
const TEST_LIMIT_MS: u32 = 600_000;

/// Folders whose tests hear sound, count in milliseconds or take all of the machine: one file after the other.
const ALONE: [&str; 3] = ["api", "calls", "harness"];
/// Files of the other folders that run at once: their workflows wait for most of the time. Each has a platform of its own.
const AT_ONCE: u32 = 2;

/// Builds what the tests drive and runs them.
pub(super) fn tests(file: Option<&str>) -> Result<Tally> {
    needs::install(needs::VOICE)?;
    needs::install(needs::CALLS)?;
    needs::install(needs::README)?;
    npm::install("tests/e2e")?;
    web::ensure()?;
    let built = programs::ensure(Build::WithTests)?;
    let schemathesis = python::schemathesis()?;
    let folder = workspace::at("tests/e2e");
    let files = files(&folder, file.unwrap_or_default())?;
    if files.is_empty() {
        bail!("no test file with that name in tests/e2e");
    }

    run::say("end-to-end tests");
    let is_alone = |path: &PathBuf| ALONE.iter().any(|name| path.starts_with(folder.join(name)));
    let (alone, others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_alone);
    let mut tally = Tally::default();
    for (name, files, at_once) in [("alone", alone, 1), ("others", others, AT_ONCE)] {
        if !files.is_empty() {
            let counted = node(name, files, at_once, &built, &schemathesis)?;
            tally.passed += counted.passed;
            tally.failed += counted.failed;
        }
    }
    Ok(tally)
}

/// Runs these files, so many at once.
fn node(
    name: &str,
    files: Vec<PathBuf>,
    at_once: u32,
    built: &Programs,
    schemathesis: &Path,
) -> Result<Tally> {
    let report = workspace::state().join(format!("e2e-{name}.tap"));
    let mut node = run::program("node");
    node.current_dir(workspace::at("tests/e2e"))
        .args([
            "--test",
            &format!("--test-concurrency={at_once}"),
            &format!("--test-timeout={TEST_LIMIT_MS}"),
        ])
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
        .args([
            "--test-reporter=tap",
            &format!("--test-reporter-destination={}", report.display()),
        ])
        .args(files)
        .env("STROWGER", &built.strowger)
        .env("BOOTSTRAP", &built.bootstrap)
        .env("SCHEMATHESIS", schemathesis)
        .env("WEB_DIST", web::dist())
        .env("DEFINITIONS", workspace::at("workflows/definitions"));
    fs::create_dir_all(workspace::state())?;
    let ended = run::quietly(&mut node);
    let text = fs::read_to_string(&report).context("node wrote no report")?;
    let tally = counted(&text).context("node's report has no totals")?;
    match ended {
        Err(error) if tally.failed == 0 => Err(error),
        Ok(()) | Err(_) => Ok(tally),
    }
}

fn files(folder: &Path, part: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "node_modules" {
            found.extend(files(&path, part)?);
        } else if name.ends_with(".test.mjs") && name.contains(part) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The totals at the end: `# pass 3`, `# fail 1`, `# cancelled 0`.
fn counted(tap: &str) -> Option<Tally> {
    let total = |word: &str| {
        let begins = format!("# {word} ");
        tap.lines()
            .rev()
            .find_map(|line| line.strip_prefix(&begins)?.trim().parse::<u64>().ok())
    };
    Some(Tally {
        passed: total("pass")?,
        failed: total("fail")? + total("cancelled").unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_and_a_cancelled_test_is_a_failed_one() {
        let tally = counted("ok 1 - a\n# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n").unwrap();
        assert_eq!((tally.passed, tally.failed), (2, 2));
    }

    #[test]
    fn a_report_that_stops_early_has_no_totals() {
        assert!(counted("ok 1 - a\n").is_none());
    }
}
