//! The conformance suite: every case of `cases/` is a test of its own, run over HTTP with the real client.
//!
//! How a case is written stands in the README beside this file.

mod case;
mod functions;
mod matching;
mod run;
mod services;
mod table;
mod wire;

use libtest_mimic::{Arguments, Failed, Trial};

use case::Found;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let cases = match case::all() {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("{error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    let counted = cases.clone();
    let mut trials: Vec<Trial> = cases
        .into_iter()
        .map(|found| Trial::test(found.title(), move || judge(&found).map_err(Failed::from)))
        .collect();
    trials.push(Trial::test(
        "the table in the README is current",
        move || table::check(&counted).map_err(Failed::from),
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A case that is known to differ must differ: so the list of differences cannot grow old.
fn judge(found: &Found) -> Result<(), String> {
    match (outcome(found), &found.case.differs) {
        (Ok(()), Some(reason)) => Err(format!(
            "{} is known to differ ({reason}) and does not: remove its `differs`",
            found.title()
        )),
        (Err(_), Some(_)) | (Ok(()), None) => Ok(()),
        (Err(error), None) => Err(format!(
            "{}\n  section: {}\n  {error}",
            found.title(),
            found.case.section
        )),
    }
}

fn outcome(found: &Found) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(run::case(&found.case));
    runtime.shutdown_background();
    outcome
}
