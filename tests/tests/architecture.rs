//! Who may depend on whom. The rules stand in `ARCHITECTURE.md` as invariants.

use std::path::Path;

use tests::{Member, members};

fn member<'a>(members: &'a [Member], name: &str) -> &'a Member {
    members
        .iter()
        .find(|member| member.name == name)
        .unwrap_or_else(|| panic!("no crate {name}"))
}

/// The member's direct dependencies of ours that lie in a folder or below it.
fn ours_below<'a>(member: &'a Member, folders: &'a [&str]) -> impl Iterator<Item = &'a str> {
    member
        .dependencies
        .iter()
        .filter_map(|dependency| dependency.ours.as_deref())
        .filter(|path| {
            folders
                .iter()
                .any(|folder| Path::new(path).starts_with(folder))
        })
}

fn refuse(member: &Member, folders: &[&str]) {
    let found: Vec<_> = ours_below(member, folders).collect();
    assert!(
        found.is_empty(),
        "{} depends on {found:?}, which it may not know",
        member.name
    );
}

#[test]
fn the_rules_see_the_crates_they_are_about() {
    let members = members();
    for name in [
        "contract",
        "compliance",
        "activities",
        "media",
        "states",
        "meetings",
        "voice",
        "carrier",
        "objects",
        "mail",
        "platform",
        "client",
        "xtask",
    ] {
        member(&members, name);
    }
    // If a path dependency were not recognised as ours, every rule below would hold for the wrong reason.
    assert!(
        ours_below(member(&members, "activities"), &["workflows/contract"])
            .next()
            .is_some()
    );
    assert!(
        ours_below(member(&members, "voice"), &["infra/local/media"])
            .next()
            .is_some()
    );
}

#[test]
fn functions_and_browser_never_know_the_machine_they_run_on() {
    for member in members()
        .iter()
        .filter(|member| ["activities", "client"].contains(&member.name.as_str()))
    {
        refuse(member, &["infra", "xtask", "tests"]);
    }
}

#[test]
fn the_contract_depends_on_nothing_of_ours_and_on_no_runtime() {
    let members = members();
    let contract = member(&members, "contract");
    refuse(contract, &[""]);
    let runtime = contract
        .dependencies
        .iter()
        .filter(|dependency| !dependency.only_for_tests)
        .find(|dependency| {
            [
                "tokio", "async-", "aws-", "lambda_", "axum", "jiff", "chrono", "rand",
            ]
            .iter()
            .any(|begins| dependency.name.starts_with(begins))
        });
    assert!(
        runtime.is_none(),
        "the contract holds words only, and {runtime:?} is more"
    );
}

#[test]
fn the_rules_of_countries_know_the_contract_and_no_runtime() {
    let members = members();
    let compliance = member(&members, "compliance");
    let needed = compliance
        .dependencies
        .iter()
        .filter(|dependency| !dependency.only_for_tests);
    let needed: Vec<_> = needed
        .map(|dependency| dependency.name.as_str())
        .filter(|name| {
            ![
                "contract",
                "serde",
                "serde_json",
                "thiserror",
                "jiff",
                "regex-lite",
                "strsim",
                "unicode-normalization",
            ]
            .contains(name)
        })
        .collect();
    assert!(
        needed.is_empty(),
        "compliance is pure and builds for the browser; it has no need of {needed:?}"
    );
    for source in tests::sources()
        .iter()
        .filter(|source| source.path.starts_with("workflows/compliance/src/"))
    {
        let clock = source
            .lines()
            .find(|(_, line)| line.contains("::now()") || line.contains("TimeZone::system"));
        assert!(
            clock.is_none(),
            "{} reads a clock at line {:?}: time is an argument there",
            source.path,
            clock.map(|(at, _)| at)
        );
    }
}

#[test]
fn the_laptops_cloud_knows_neither_functions_nor_browser() {
    for member in members()
        .iter()
        .filter(|member| member.folder.starts_with("infra/local/"))
    {
        refuse(member, &["activities", "web"]);
    }
}

#[test]
fn the_engine_knows_no_call_and_no_service() {
    let members = members();
    refuse(
        member(&members, "states"),
        &["workflows", "infra", "activities", "web"],
    );
}

#[test]
fn media_has_no_sockets_no_clock_and_no_threads() {
    let members = members();
    let media = member(&members, "media");
    refuse(media, &[""]);
    for dependency in &media.dependencies {
        assert!(
            !dependency.name.starts_with("tokio"),
            "media depends on {}",
            dependency.name
        );
    }
}

#[test]
fn functions_reach_the_cloud_through_one_adapter() {
    let members = members();
    let members: Vec<_> = members
        .iter()
        .filter(|member| member.name != "activities")
        .collect();
    for member in members {
        let sdk = member
            .dependencies
            .iter()
            .filter(|dependency| !dependency.only_for_tests);
        let sdk: Vec<_> = sdk
            .filter(|dependency| dependency.name.starts_with("aws-sdk-"))
            .collect();
        assert!(
            sdk.is_empty(),
            "{} uses {sdk:?}: only activities talks to AWS",
            member.name
        );
    }
    for source in tests::sources()
        .iter()
        .filter(|source| source.path.starts_with("activities/src/"))
    {
        // `house` is compiled for tests only: it builds the adapter over a real store.
        let adapter = source.path.starts_with("activities/src/aws")
            || source.path.starts_with("activities/src/house/");
        let uses = source.lines().find(|(_, line)| line.contains("aws_sdk_"));
        assert!(
            adapter || uses.is_none(),
            "{} uses an SDK type at line {:?}",
            source.path,
            uses.map(|(at, _)| at)
        );
    }
}

#[test]
fn nothing_depends_on_the_tools() {
    for member in members() {
        refuse(&member, &["xtask", "tests"]);
    }
}
