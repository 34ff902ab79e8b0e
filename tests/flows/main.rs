//! The workflows, run on the engine's own core in virtual time, with the world's answers from `cases/*.json`.
//!
//! Every call's payload is held against the activity's schema, turns are numbered without a gap, and at the end every
//! rule of every state of every definition has been taken, every error that is caught by name has come, and every signal
//! that a turn accepts has moved it on.
mod case;
mod coverage;
mod killed;
mod looks;
mod rules;
mod run;
mod world;

use case::Case;
use coverage::{Counts, Coverage};
use std::path::PathBuf;

fn definitions() -> Vec<(String, serde_json::Value, Vec<Case>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../workflows/definitions");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).expect("workflows/definitions") {
        let folder = entry.expect("an entry").path();
        let text =
            std::fs::read_to_string(folder.join("definition.asl.json")).expect("a definition");
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        found.push((
            name,
            serde_json::from_str(&text).expect("JSON"),
            case::all(&folder.join("cases")),
        ));
    }
    found
}

/// What it says is shown when all is well, too (`.config/nextest.toml`).
#[test]
fn every_case_takes_its_path_and_all_that_is_written_is_taken() {
    let mut untaken = Vec::new();
    let (mut sum, mut told) = (Counts::default(), 0);
    for (name, asl, cases) in definitions() {
        assert!(!cases.is_empty(), "{name} has no cases");
        let (marked, _) = rules::marked(&asl);
        let mut taken = Coverage::default();
        for case in &cases {
            taken.take(run::run(&name, &marked, case));
        }
        let (counts, left) = taken.against(&Coverage::of(&asl));
        println!("{name}: {} cases take {counts}", cases.len());
        sum += counts;
        told += cases.len();
        untaken.extend(left.iter().map(|what| format!("{name}: {what}")));
    }
    println!("all workflows: {told} cases take {sum}");
    assert!(untaken.is_empty(), "no case takes:\n{}", untaken.join("\n"));
}

/// Every retrier of a definition, however deep its state lies.
fn retriers(asl: &serde_json::Value) -> Vec<&serde_json::Value> {
    let mut found = Vec::new();
    let parts: Vec<_> = match asl {
        serde_json::Value::Object(fields) => fields.iter().collect(),
        serde_json::Value::Array(items) => return items.iter().flat_map(retriers).collect(),
        _ => return found,
    };
    for (name, part) in parts {
        match (name.as_str(), part.as_array()) {
            ("Retry", Some(list)) => found.extend(list),
            _ => found.extend(retriers(part)),
        }
    }
    found
}

/// A function that dies while it sends a mail keeps its claim for a while: whoever comes after it has to wait longer than that.
#[test]
fn whoever_sends_a_mail_outlasts_an_attempt_that_died() {
    let mut seen = 0;
    for (name, asl, _) in definitions() {
        for retrier in retriers(&asl) {
            if !retrier["ErrorEquals"]
                .to_string()
                .contains("Mail.Unavailable")
            {
                continue;
            }
            let number = |field: &str| retrier[field].as_f64().unwrap();
            let waits = (0..retrier["MaxAttempts"].as_u64().unwrap()).map(|at| {
                let wait = number("IntervalSeconds")
                    * number("BackoffRate").powi(i32::try_from(at).unwrap());
                wait.min(number("MaxDelaySeconds"))
            });
            let attempt = u32::try_from(activities::ports::mails::ATTEMPT_S).unwrap();
            assert!(
                waits.sum::<f64>() > f64::from(2 * attempt),
                "{name}: {retrier}"
            );
            assert!(
                retrier.get("JitterStrategy").is_none(),
                "{name}: a wait may be nothing"
            );
            seen += 1;
        }
    }
    assert!(seen > 10);
}
