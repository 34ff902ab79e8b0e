//! `test`: every check there is, and how many passed.

mod e2e;
mod rust;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::{lint, needs, npm, run, web};

#[derive(Args)]
pub(crate) struct Options {
    /// Run one part alone.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// For the end-to-end tests: run the files whose name contains this.
    #[arg(long, value_name = "TEXT")]
    file: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Unit, property, contract and architecture tests, and the examples in the documentation.
    Rust,
    /// Whole calls with browsers and SIP phones.
    E2e,
    /// rustfmt, clippy, licences.
    Lint,
    /// The browser client builds; the media module's tests.
    Web,
}

/// How many checks passed and failed.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Counts one check and says why it failed.
    pub(crate) fn check(&mut self, name: &str, check: impl FnOnce() -> Result<()>) {
        run::say(name);
        match check() {
            Ok(()) => self.passed += 1,
            Err(error) => self.fail(name, &error),
        }
    }

    /// Counts the tests that another program counted.
    fn add(&mut self, name: &str, counted: Result<Self>) {
        match counted {
            Ok(counted) => {
                self.passed += counted.passed;
                self.failed += counted.failed;
            }
            Err(error) => self.fail(name, &error),
        }
    }

    fn fail(&mut self, name: &str, error: &anyhow::Error) {
        eprintln!("FAILED {name}: {error:#}");
        self.failed += 1;
    }
}

/// Runs the parts in the order in which they fail soonest, and all of them even when one fails.
pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted = |part| options.only.is_none_or(|only| only == part);
    let mut tally = Tally::default();
    needs::install(needs::PLATFORM)?;
    needs::install(needs::DOCUMENTS)?;
    needs::install(needs::VOICE)?;
    if wanted(Part::Lint) {
        lint::checks(&mut tally);
    }
    if wanted(Part::Rust) {
        rust::tests(&mut tally);
    }
    if wanted(Part::Web) {
        tally.check("the web client builds", || web::run(false));
        tally.check("the media module", || {
            npm::install("web/media")?;
            npm::script("web/media", "test")
        });
    }
    if wanted(Part::E2e) {
        tally.add("end-to-end tests", e2e::tests(options.file.as_deref()));
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}
