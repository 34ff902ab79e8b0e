//! `bench`: the figures, and the machine they were taken on.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use crate::{needs, npm, programs, run, web, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// `states`: the states engine beside its peers, as a table with ratios; without it, all benchmarks.
    #[arg(value_parser = ["states"])]
    of: Option<String>,
    /// Run the benchmarks whose name contains this; of `states`, the parts with these names: pass, mix, callbacks, latency,
    /// memory (with restarts), growth.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Of `states`: a server that runs already and gets the same load in turn. Its CPU time is read from the process that
    /// listens on its port, or from the one named.
    #[arg(long, value_name = "URL[=PID]", requires = "of")]
    peer: Vec<String>,
    /// Of `states`: what goes to the load program as it is; `-- --help` tells what it takes.
    #[arg(last = true, requires = "of")]
    more: Vec<String>,
}

/// Where a benchmark's figures come from.
enum Source {
    /// The load on `strowger-states`.
    States,
    /// An example of a crate, optimised.
    Example {
        package: &'static str,
        example: &'static str,
    },
    /// A script that drives the whole platform.
    Script(&'static str),
    /// The built web client.
    Bundle,
}

const BENCHMARKS: &[(&str, Source)] = &[
    ("states", Source::States),
    (
        "meetings",
        Source::Example {
            package: "meetings",
            example: "meetload",
        },
    ),
    (
        "sip",
        Source::Example {
            package: "voice",
            example: "sipload",
        },
    ),
    ("platform", Source::Script("tests/bench/platform.mjs")),
    ("bundle", Source::Bundle),
];

/// One line of the table. A benchmark prints these on stdout, one JSON object a line:
/// `{"name": "INVITE to ringing", "unit": "ms", "median": 41.2, "p99": 88.0, "runs": 200}`;
/// `p99` and `runs` may be absent, every other line is passed on to the reader.
struct Figure {
    name: String,
    unit: String,
    median: f64,
    p99: Option<f64>,
    runs: Option<u64>,
}

/// Runs the benchmarks one after the other and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.of.is_some() {
        return beside_peers(options);
    }
    let wanted = options.only.as_deref().unwrap_or_default();
    let mut figures = Vec::new();
    let mut failed = Vec::new();
    for (name, source) in BENCHMARKS.iter().filter(|(name, _)| name.contains(wanted)) {
        run::say(name);
        match measured(source) {
            Ok(more) => figures.extend(more),
            Err(error) => {
                eprintln!("FAILED {name}: {error:#}");
                failed.push(*name);
            }
        }
    }
    println!("{}", machine());
    println!(
        "{:<52} {:>12} {:>12} {:>8}  unit",
        "figure", "median", "p99", "runs"
    );
    for figure in &figures {
        let p99 = figure.p99.map_or_else(|| "-".to_owned(), short);
        let runs = figure
            .runs
            .map_or_else(|| "-".to_owned(), |runs| runs.to_string());
        println!(
            "{:<52} {:>12} {p99:>12} {runs:>8}  {}",
            figure.name,
            short(figure.median),
            figure.unit
        );
    }
    anyhow::ensure!(failed.is_empty(), "without figures: {}", failed.join(", "));
    Ok(())
}

/// The load program on `strowger-states`, both optimised.
fn states_load() -> Result<Command> {
    let mut cargo = run::cargo();
    cargo.args(["build", "--release", "--package", "states"]);
    cargo.args(["--features", "program", "--bin", "strowger-states"]);
    run::quietly(cargo.args(["--example", "load"]))?;
    let built = workspace::target().join("release");
    let mut load = run::program(built.join("examples/load"));
    load.arg("--program").arg(built.join("strowger-states"));
    Ok(load)
}

/// The states engine beside its peers: the table is the load program's own.
fn beside_peers(options: &Options) -> Result<()> {
    println!("{}", machine());
    let mut load = states_load()?;
    for peer in &options.peer {
        load.args(["--peer", peer]);
    }
    if let Some(parts) = &options.only {
        load.args(["--only", parts]);
    }
    print!("{}", run::output(load.args(&options.more))?);
    Ok(())
}

fn measured(source: &Source) -> Result<Vec<Figure>> {
    match source {
        Source::States => Ok(figures(&run::output(states_load()?.arg("--json"))?)),
        Source::Example { package, example } => {
            let mut cargo = run::cargo();
            cargo.args([
                "run",
                "--release",
                "--quiet",
                "--package",
                package,
                "--example",
                example,
            ]);
            Ok(figures(&run::output(&mut cargo)?))
        }
        Source::Script(path) => {
            needs::install(needs::PLATFORM)?;
            needs::install(needs::VOICE)?;
            needs::install(needs::CALLS)?;
            npm::install("tests/e2e")?;
            web::ensure()?;
            let built = programs::ensure(programs::Build::Release)?;
            let mut node = run::program("node");
            node.arg(workspace::at(path))
                .env("STROWGER", &built.strowger)
                .env("BOOTSTRAP", &built.bootstrap)
                .env("WEB_DIST", web::dist())
                .env("DEFINITIONS", workspace::at("workflows/definitions"));
            Ok(figures(&run::output(&mut node)?))
        }
        Source::Bundle => {
            web::run(false)?;
            let bytes = web::first_view_bytes()?;
            let kilobytes = f64::from(u32::try_from(bytes)?) / 1000.0;
            let name = "web bundle before the media module, brotli".to_owned();
            Ok(vec![Figure {
                name,
                unit: "kB".to_owned(),
                median: kilobytes,
                p99: None,
                runs: None,
            }])
        }
    }
}

fn figures(text: &str) -> Vec<Figure> {
    text.lines()
        .filter_map(|line| {
            let figure = figure(line);
            if figure.is_none() {
                eprintln!("{line}");
            }
            figure
        })
        .collect()
}

fn figure(line: &str) -> Option<Figure> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some(Figure {
        name: value.get("name")?.as_str()?.to_owned(),
        unit: value.get("unit")?.as_str()?.to_owned(),
        median: value.get("median")?.as_f64()?,
        p99: value.get("p99").and_then(Value::as_f64),
        runs: value.get("runs").and_then(Value::as_u64),
    })
}

fn short(value: f64) -> String {
    if value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo")
        .context("no /proc/cpuinfo")
        .ok()
        .and_then(|text| {
            Some(
                text.lines()
                    .find(|line| line.starts_with("model name"))?
                    .split_once(": ")?
                    .1
                    .to_owned(),
            )
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cpu}, {cores} cores, {}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_other_lines() {
        let text = "warming up\n{\"name\":\"a\",\"unit\":\"ms\",\"median\":1.5,\"p99\":3,\"runs\":10}\n{\"name\":\"b\"}";
        let figures = figures(text);
        assert_eq!(figures.len(), 1);
        assert_eq!(
            (figures[0].median, figures[0].p99, figures[0].runs),
            (1.5, Some(3.0), Some(10))
        );
    }
}
