//! wasm-bindgen and wasm-opt: the module, its glue and the script that starts it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Mode, assets};
use crate::{npm, run};

/// What today's browsers all accept. `--all-features` also emits encodings that they refuse.
const FEATURES: [&str; 7] = [
    "bulk-memory",
    "bulk-memory-opt",
    "nontrapping-float-to-int",
    "sign-ext",
    "mutable-globals",
    "reference-types",
    "multivalue",
];

/// Writes `client.js` with its snippets, the final `client-<hash>.wasm` and `start.js` into a work folder.
pub(crate) fn write(module: &Path, work: &Path, mode: Mode) -> Result<()> {
    let fast = mode == Mode::Fast;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("client")
        .typescript(false)
        .web(true)?;
    bindgen
        .remove_name_section(!fast)
        .remove_producers_section(true)
        .omit_default_module_path(true);
    bindgen
        .generate(work)
        .context("wasm-bindgen refused the module")?;

    let bound = work.join("client_bg.wasm");
    let wasm = if fast {
        bound
    } else {
        optimised(&bound, work)?
    };
    let name = assets::name("client.wasm", &fs::read(&wasm)?);
    fs::rename(&wasm, work.join(&name))?;
    let start = format!(
        "import init from './client.js';\ninit({{ module_or_path: '/{}/{name}' }});\n",
        assets::FOLDER
    );
    fs::write(work.join("start.js"), start).context("cannot write start.js")
}

fn optimised(bound: &Path, work: &Path) -> Result<PathBuf> {
    run::say("wasm-opt");
    let small = work.join("small.wasm");
    let mut command = npm::program("xtask/tools", "wasm-opt");
    command.arg("-Oz");
    command.args(FEATURES.map(|feature| format!("--enable-{feature}")));
    run::quietly(command.arg(bound).arg("-o").arg(&small))?;
    fs::remove_file(bound)?;
    Ok(small)
}
