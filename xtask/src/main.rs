//! Everything that a person or CI types: `cargo xtask <command>`.

mod bench;
mod fmt;
mod lint;
mod needs;
mod npm;
mod programs;
mod python;
mod run;
mod schemas;
mod stamp;
mod test;
mod up;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and checks Strowger")]
struct Line {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing, builds, and starts the platform with sample data.
    Up(up::Options),
    /// Builds the browser client into web/dist and prints its sizes.
    Web {
        /// For development: cargo's dev profile, no wasm-opt, no compressed files.
        #[arg(long)]
        fast: bool,
    },
    /// Runs every check, or a part, and counts.
    Test(test::Options),
    /// Prints the figures and the machine they were taken on.
    Bench(bench::Options),
    /// Formats the Rust sources.
    Fmt,
    /// rustfmt, clippy with warnings denied, and licences and duplicates where cargo-deny is installed.
    Lint,
    /// Rewrites the checked-in JSON Schemas from the contract's types, and the pictures and tables of the definitions.
    Schemas,
}

fn main() -> ExitCode {
    let done = match Line::parse().task {
        Task::Up(options) => up::run(&options),
        Task::Web { fast } => web::run(fast),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Fmt => fmt::run(),
        Task::Lint => lint::run(),
        Task::Schemas => schemas::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
