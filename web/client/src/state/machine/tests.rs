use super::*;
use crate::state::samples;
use serde_json::json;

/// The definitions that run, as they are in this repository.
pub(crate) fn shipped() -> Vec<(String, Value)> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows/definitions");
    ["inbound-call", "outbound-call", "client-call"]
        .into_iter()
        .map(|name| {
            let text =
                std::fs::read_to_string(folder.join(name).join("definition.asl.json")).unwrap();
            (name.to_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect()
}

fn edge<'a>(machine: &'a Machine, from: &str, to: &str) -> &'a Edge {
    machine
        .edges
        .iter()
        .find(|edge| edge.from == from && edge.to == to)
        .unwrap()
}

#[test]
fn conditions_are_said_by_what_they_compare_with() {
    let machine = read(&samples::definition());
    assert_eq!(machine.start, "Route");
    assert_eq!(edge(&machine, "Heard", "Connect").label, "client.answer");
    assert_eq!(
        edge(&machine, "Heard", "Refuse").label,
        "client.decline, phone.hungup"
    );
    assert_eq!(edge(&machine, "Heard", "Ring").label, "otherwise");
    assert_eq!(edge(&machine, "Ring", "Refuse").label, "Timeout");
    assert_eq!(edge(&machine, "Route", "MayRing").reason, Reason::Next);
}

#[test]
fn forks_are_drawn_between_an_inner_start_and_an_inner_end() {
    let machine = read(&json!({ "StartAt": "Both", "States": {
        "Both": { "Type": "Parallel", "Next": "Done", "Branches": [
            { "StartAt": "A", "States": { "A": { "Type": "Task", "Next": "A2" }, "A2": { "Type": "Pass", "End": true } } },
            { "StartAt": "B", "States": { "B": { "Type": "Task", "End": true } } }] },
        "Done": { "Type": "Succeed" } } }));
    let pairs: Vec<(&str, &str)> = machine
        .edges
        .iter()
        .map(|e| (e.from.as_str(), e.to.as_str()))
        .collect();
    for pair in [
        ("Both", "A"),
        ("A2", "Both \u{2022}"),
        ("Both", "B"),
        ("B", "Both \u{2022}"),
        ("Both \u{2022}", "Done"),
    ] {
        assert!(pairs.contains(&pair), "{pair:?} in {pairs:?}");
    }
    assert!(!pairs.contains(&("Both", "Done")));
}

#[test]
fn the_likely_way_is_that_of_a_call_that_goes_well() {
    let machine = read(&samples::definition());
    let names = |from: &str| {
        machine
            .likely_after(from, &HashSet::new())
            .iter()
            .map(|n| n.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("Route"),
        ["MayRing", "Ring", "Heard", "Connect", "Talking", "HangUp"]
    );
    assert_eq!(names("Talking"), ["HangUp"]);
    assert!(names("HangUp").is_empty());
}

#[test]
fn every_way_of_the_shipped_definitions_leads_to_a_state() {
    for (name, definition) in shipped() {
        let machine = read(&definition);
        assert!(machine.node(&machine.start).is_some(), "{name}");
        for edge in &machine.edges {
            assert!(
                machine.node(&edge.to).is_some(),
                "{name}: {} to {}",
                edge.from,
                edge.to
            );
            assert!(
                edge.label.chars().count() <= MAX_LABEL,
                "{name}: {}",
                edge.label
            );
        }
    }
}

#[test]
fn the_likely_way_of_the_shipped_definitions_comes_to_talking() {
    for (name, definition) in shipped() {
        let machine = read(&definition);
        let way = machine.likely_after(&machine.start, &HashSet::new());
        assert!(
            way.iter().any(|node| node.name == "Talking"),
            "{name}: {way:?}"
        );
    }
}

#[test]
fn a_definition_that_is_none_draws_nothing() {
    for nothing in [json!(null), json!({}), json!({ "States": [] }), json!("x")] {
        assert!(read(&nothing).nodes.is_empty());
    }
}

#[test]
fn names_are_words() {
    assert_eq!(readable("HangUp"), "Hang up");
    assert_eq!(readable("Hang up"), "Hang up");
    assert_eq!(readable("find_person"), "find person");
}
