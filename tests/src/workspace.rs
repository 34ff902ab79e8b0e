//! The members of the workspace, as cargo sees them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its folder, relative to the root, with `/` between parts.
    pub folder: String,
    /// What its `Cargo.toml` says it is.
    pub description: String,
    /// The roots of its targets: `src/lib.rs`, `src/main.rs` and so on.
    pub roots: Vec<PathBuf>,
    /// Every direct dependency.
    pub dependencies: Vec<Dependency>,
}

/// A direct dependency of a member.
#[derive(Debug)]
pub struct Dependency {
    /// The crate's name.
    pub name: String,
    /// Needed by its tests and examples alone.
    pub only_for_tests: bool,
    /// Its folder relative to the root if it is one of ours.
    pub ours: Option<String>,
}

/// The folder of the root `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("the crate lies in the work tree")
        .to_path_buf()
}

/// Every member, in order of its name.
pub fn members() -> Vec<Member> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let mut members: Vec<Member> = list(&told["packages"]).map(member).collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}

fn member(package: &Value) -> Member {
    let folder = Path::new(text(&package["manifest_path"]))
        .parent()
        .expect("a manifest lies in a folder");
    Member {
        name: text(&package["name"]).to_owned(),
        folder: relative(folder),
        description: text(&package["description"]).to_owned(),
        roots: list(&package["targets"])
            .map(|target| PathBuf::from(text(&target["src_path"])))
            .collect(),
        dependencies: list(&package["dependencies"]).map(dependency).collect(),
    }
}

fn dependency(told: &Value) -> Dependency {
    Dependency {
        name: text(&told["name"]).to_owned(),
        only_for_tests: told["kind"] == "dev",
        ours: told["path"].as_str().map(|path| relative(Path::new(path))),
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
