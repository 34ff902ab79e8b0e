//! Compiling the client for wasm32, with whichever standard library this machine has for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Mode;
use crate::{needs, run, workspace};

const TARGET: &str = "wasm32-unknown-unknown";

/// Who compiles.
enum Route {
    /// The toolchain in use has the target installed.
    Installed,
    /// Debian's compiler builds the standard library from its packaged source.
    Debian,
}

/// Compiles the client and gives the module's path.
pub(crate) fn build(mode: Mode) -> Result<PathBuf> {
    run::say("compiling the web client for wasm32");
    let folder = workspace::at("target/web");
    let mut command = match route()? {
        Route::Installed => {
            let mut cargo = run::cargo();
            cargo.args(["build", "--locked"]);
            cargo
        }
        Route::Debian => debian()?,
    };
    command
        .args(["--package", "client", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &folder);
    let profile = match mode {
        Mode::Small => {
            command.args(["--profile", "web"]);
            "web"
        }
        Mode::Fast => {
            command.args(["--config", "profile.dev.debug=false"]);
            "debug"
        }
    };
    run::quietly(&mut command)?;
    let module = folder.join(TARGET).join(profile).join("client.wasm");
    if !module.is_file() {
        bail!(
            "the package `client` has no binary target `client`: {} was not written",
            module.display()
        );
    }
    Ok(module)
}

fn route() -> Result<Route> {
    if installed() {
        return Ok(Route::Installed);
    }
    if debian_library().is_none() && needs::offered("rust-web-src") {
        needs::install(needs::WASM)?;
    }
    if debian_library().is_some() && run::there("/usr/bin/cargo") {
        return Ok(Route::Debian);
    }
    bail!(
        "no standard library for {TARGET}. Run `rustup target add {TARGET}`, \
         or on Debian `apt-get install rustc-web cargo-web rust-web-src`"
    )
}

/// Whether the compiler in use has the target's `core`.
fn installed() -> bool {
    let mut rustc = run::program("rustc");
    let Ok(folder) = run::output(rustc.args(["--print", "target-libdir", "--target", TARGET]))
    else {
        return false;
    };
    Path::new(folder.trim()).read_dir().is_ok_and(|mut files| {
        files.any(|file| {
            file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
        })
    })
}

/// The packaged source of Debian's standard library.
pub(crate) fn debian_library() -> Option<PathBuf> {
    if !run::there("/usr/bin/rustc") {
        return None;
    }
    let sysroot = run::output(run::program("/usr/bin/rustc").args(["--print", "sysroot"])).ok()?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    library.is_dir().then_some(library)
}

fn debian() -> Result<Command> {
    let mut command = cleaned(run::program("/usr/bin/cargo"));
    command
        .args(["build", "--locked", "-Zbuild-std=std,panic_abort"])
        .env("RUSTC", "/usr/bin/rustc")
        // Building the standard library is an unstable option, which a stable compiler takes only so.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
    Ok(command)
}

/// Debian's compiler comes without a linker for wasm: rustup's has one, and so has the package `lld`.
fn linker() -> Result<PathBuf> {
    if let Some(bundled) = bundled_linker().filter(|path| path.is_file()) {
        return Ok(bundled);
    }
    if run::find("wasm-ld").is_none() {
        needs::install(needs::WASM_LINKER)?;
    }
    run::find("wasm-ld").context("no wasm-ld: install the package lld")
}

/// The linker inside the toolchain in use.
fn bundled_linker() -> Option<PathBuf> {
    let about = run::output(run::program("rustc").arg("-vV")).ok()?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "))?;
    let sysroot = run::output(run::program("rustc").args(["--print", "sysroot"])).ok()?;
    Some(
        Path::new(sysroot.trim())
            .join("lib/rustlib")
            .join(host)
            .join("bin/rust-lld"),
    )
}

/// Drops what the cargo that runs this task has set for itself: a second toolchain must not inherit it.
fn cleaned(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let kept = text == "CARGO_HOME"
            || text.starts_with("CARGO_HTTP_")
            || text.starts_with("CARGO_NET_");
        let foreign = text.starts_with("CARGO")
            || text.starts_with("RUSTUP_TOOLCHAIN")
            || text.starts_with("RUSTC")
            || text.starts_with("RUSTFLAGS")
            || text == "LD_LIBRARY_PATH";
        if foreign && !kept {
            command.env_remove(&name);
        }
    }
    command
}
