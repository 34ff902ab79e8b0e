//! What no file may hold, and what every crate must have.

use std::fmt::Write;

use tests::{Source, members, root, sources};

/// Longest source file, in lines.
const LINES_MAX: usize = 800;

/// Written by people and read by people.
const CODE: [&str; 7] = ["rs", "mjs", "js", "ts", "css", "html", "sh"];

fn code() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| {
        CODE.iter()
            .any(|extension| source.path.ends_with(&format!(".{extension}")))
    });
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

/// Fails with every place at once.
fn none(what: &str, found: impl IntoIterator<Item = String>) {
    let mut list = String::new();
    for place in found {
        let _ = write!(list, "\n  {place}");
    }
    assert!(list.is_empty(), "{what}:{list}");
}

/// The places of a pattern in Rust sources. The patterns are put together here, so that this file holds none of them.
fn places(pattern: &str) -> Vec<String> {
    let rust = code()
        .into_iter()
        .filter(|source| source.extension() == "rs");
    rust.flat_map(|source| {
        let lines = source.lines().filter(|(_, line)| line.contains(pattern));
        lines
            .map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim()))
            .collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn no_file_is_too_long_to_hold_one_idea() {
    let long = code().into_iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("{} has {lines} lines", source.path))
    });
    none("at most 800 lines in a file", long);
}

#[test]
fn no_file_is_named_after_nothing() {
    let vague = [
        "utils", "util", "helpers", "helper", "manager", "common", "misc",
    ];
    let found = code().into_iter().map(|source| source.path).filter(|path| {
        let stem = |part: &str| {
            part.split_once('.')
                .map_or(part.to_owned(), |(stem, _)| stem.to_owned())
        };
        path.split('/')
            .any(|part| vague.contains(&stem(part).as_str()))
    });
    none("a name says what is inside", found);
}

#[test]
fn nothing_is_left_for_later() {
    for name in ["todo", "unimplemented", "dbg"] {
        none(
            &format!("{name} has no place here"),
            places(&format!("{name}!(")),
        );
    }
    for mark in [
        "FIX".to_owned() + "ME",
        "XX".to_owned() + "X:",
        "TO".to_owned() + "DO:",
    ] {
        none("write an issue, not a mark", places(&mark));
    }
}

#[test]
fn a_test_that_is_left_out_says_why() {
    none(
        "write #[ignore = \"why\"]",
        places(&format!("#[{}]", "ignore")),
    );
}

#[test]
fn tests_wait_for_what_happens_and_never_for_time_to_pass() {
    let found = code()
        .into_iter()
        .filter(|source| source.path.contains("tests/"))
        .flat_map(|source| {
            let pauses = [
                "waitFor".to_owned() + "Timeout",
                "thread::".to_owned() + "sleep",
            ];
            let lines = source
                .lines()
                // What sends at a rate needs a clock; it says so on the line.
                .filter(|(_, line)| !line.contains("// pace:"))
                .filter(|(_, line)| pauses.iter().any(|pause| line.contains(pause)));
            lines
                .map(|(at, _)| format!("{}:{at}", source.path))
                .collect::<Vec<_>>()
        });
    none("a test that sleeps is slow or flaky", found);
}

#[test]
fn every_crate_says_what_it_is_and_obeys_the_workspaces_lints() {
    for member in members() {
        assert!(
            member.description.len() > 15,
            "{} has no description",
            member.name
        );
        let manifest = std::fs::read_to_string(root().join(&member.folder).join("Cargo.toml"))
            .expect("manifest");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} sets lints of its own",
            member.name
        );
        for path in &member.roots {
            let text = std::fs::read_to_string(path).expect("a target has a root");
            assert!(
                text.starts_with("//!") || text.starts_with("#!"),
                "{} begins without a word",
                path.display()
            );
        }
    }
}

#[test]
fn the_architecture_names_every_crate() {
    let Ok(text) = std::fs::read_to_string(root().join("ARCHITECTURE.md")) else {
        return;
    };
    let missing = members()
        .into_iter()
        .filter(|member| !text.contains(&member.folder))
        .map(|member| member.folder);
    none("ARCHITECTURE.md does not name", missing);
}

#[test]
fn lock_files_name_no_host() {
    let locks = sources()
        .into_iter()
        .filter(|source| source.path.ends_with("package-lock.json"));
    let found = locks
        .filter(|source| source.text.contains("\"resolved\""))
        .map(|source| source.path);
    none("write it with omit-lockfile-registry-resolved=true", found);
}
