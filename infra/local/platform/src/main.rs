//! `strowger`: the platform on one machine.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use platform::cli::Options;
use platform::fail::StartError;
use platform::run::Platform;
use platform::stack::Stack;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let options = Options::parse();
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("strowger: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(live(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("strowger: {error}");
            ExitCode::from(&error)
        }
    }
}

async fn live(options: &Options) -> Result<(), StartError> {
    let stack = Stack::embedded().map_err(|error| StartError::part("the stack", error))?;
    let stop = stop_signal();
    tokio::pin!(stop);
    let platform = tokio::select! {
        platform = Platform::start(options, stack) => platform?,
        () = &mut stop => return Ok(()),
    };
    let told = if options.json {
        platform.ready.json()
    } else {
        platform.ready.table()
    };
    let mut out = std::io::stdout().lock();
    // Whoever started us may not read; that is no reason not to run.
    let _ = writeln!(out, "{told}").and_then(|()| out.flush());
    drop(out);
    stop.await;
    tracing::info!("stopping");
    tokio::select! {
        () = platform.shutdown() => {}
        () = stop_signal() => tracing::warn!("asked twice: stopping without waiting"),
    }
    Ok(())
}

/// Resolves on SIGINT and SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut interrupt)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        ) {
            tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal)
        .init();
}
