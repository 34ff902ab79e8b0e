//! Logs: to standard error, in the form and at the level that the environment asks for.
use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` or `AWS_LAMBDA_LOG_LEVEL` sets the level (`info` if neither does), `AWS_LAMBDA_LOG_FORMAT=JSON` one JSON
/// object per line. Numbers, addresses, tokens and keys are never logged above `trace`.
pub fn start_log() {
    let level = std::env::var("RUST_LOG")
        .or_else(|_| std::env::var("AWS_LAMBDA_LOG_LEVEL"))
        .unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let json =
        std::env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|form| form.eq_ignore_ascii_case("json"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second start (in tests) keeps the first.
    let _ = if json {
        lines.json().try_init()
    } else {
        lines.with_ansi(false).compact().try_init()
    };
}
