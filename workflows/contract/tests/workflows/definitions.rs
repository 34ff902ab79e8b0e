//! Every definition keeps the contract's word: functions, arguments, errors, signals, variables.

use crate::asl::{self, Definition, expression, expressions, list};
use contract::registry::{Entry, activities};
use contract::request::{Kind, RequestStart, signal as request};
use contract::signal::{Accept, Signal};
use contract::webhook::DeliveryStart;
use contract::{Retry, call};
use regex::Regex;
use schemars::schema_for;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const CALL: &str = "arn:aws:states:::lambda:invoke";
const CALLBACK: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";

/// `${CallRouteFunction}` names the activity `call-route`.
fn activity_of(task: &Value) -> String {
    let name = task["Arguments"]["FunctionName"]
        .as_str()
        .expect("FunctionName");
    let stem = name
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix("Function}"))
        .unwrap_or_else(|| panic!("{name} is not a substitution like ${{CallRouteFunction}}"));
    let mut kebab = String::new();
    for (at, letter) in stem.char_indices() {
        if letter.is_uppercase() && at > 0 {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// Whether it waits for a signal: its output is the signal, and comes through its token.
fn is_turn(entry: &Entry) -> bool {
    matches!(entry.name, "turn" | "request-turn")
}

/// Whether a definition runs requests; the others run calls.
fn runs_requests(definition: &Definition) -> bool {
    Kind::ALL
        .iter()
        .any(|kind| kind.as_str() == definition.name)
}

/// Every Task with its definition, name and activity.
fn each_task(mut check: impl FnMut(&Definition, &str, &Value, &Entry)) {
    let known: BTreeMap<_, _> = activities()
        .into_iter()
        .map(|entry| (entry.name, entry))
        .collect();
    for definition in asl::all() {
        for (name, state) in definition
            .states()
            .iter()
            .filter(|(_, state)| state["Type"] == "Task")
        {
            let activity = activity_of(state);
            let entry = known
                .get(activity.as_str())
                .unwrap_or_else(|| panic!("{name} calls {activity}, which nobody is"));
            check(&definition, name, state, entry);
        }
    }
}

/// Holds a payload against a schema; expressions fit anywhere, literals must validate.
fn fits(value: &Value, schema: &Value, root: &Value, path: &str) {
    if expression(value).is_some() {
        return;
    }
    let schema = resolve(schema, root);
    let is_anything = schema.as_object().is_none_or(|rules| {
        ["type", "properties", "oneOf", "anyOf", "enum", "const"]
            .iter()
            .all(|rule| !rules.contains_key(*rule))
    });
    if is_anything {
        assert_ne!(
            *schema,
            Value::Bool(false),
            "{path}: nothing may stand here"
        );
        return;
    }
    if let Some(variants) = schema
        .get("oneOf")
        .or_else(|| schema.get("anyOf"))
        .filter(|_| value.is_object())
    {
        let kind = &value["kind"];
        let variant = list(variants)
            .iter()
            .map(|variant| resolve(variant, root))
            .find(|variant| variant["properties"]["kind"]["const"] == *kind)
            .unwrap_or_else(|| panic!("{path}: no variant has the kind {kind}"));
        return fits_object(value, variant, root, path);
    }
    match value {
        Value::Object(_) => fits_object(value, schema, root, path),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                fits(item, &schema["items"], root, &format!("{path}[{at}]"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let mut whole = schema.clone();
            if let (Some(whole), Some(defs)) = (whole.as_object_mut(), root.get("$defs")) {
                whole.insert("$defs".to_owned(), defs.clone());
            }
            let errors: Vec<_> = jsonschema::validator_for(&whole)
                .expect("a schema")
                .iter_errors(value)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{path}: {errors:?}");
        }
    }
}

fn fits_object(value: &Value, schema: &Value, root: &Value, path: &str) {
    let fields = value.as_object().expect("an object");
    let properties = schema["properties"]
        .as_object()
        .unwrap_or_else(|| panic!("{path}: nothing may stand here"));
    for (name, field) in fields {
        let property = properties
            .get(name)
            .unwrap_or_else(|| panic!("{path}.{name} is no field of the input"));
        fits(field, property, root, &format!("{path}.{name}"));
    }
    for needed in list(&schema["required"]) {
        let needed = needed.as_str().expect("a name");
        assert!(fields.contains_key(needed), "{path}.{needed} is missing");
    }
}

fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root
            .pointer(reference.trim_start_matches('#'))
            .expect("a definition"),
        None => schema,
    }
}

fn field_names(schema: &Value) -> BTreeSet<String> {
    schema["properties"]
        .as_object()
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn every_activity_is_called_and_every_call_is_an_activity() {
    let mut called = BTreeSet::new();
    each_task(|_, _, _, entry| {
        called.insert(entry.name);
    });
    let known: BTreeSet<_> = activities().iter().map(|entry| entry.name).collect();
    assert_eq!(called, known);
}

#[test]
fn arguments_fit_the_input_types() {
    each_task(|definition, name, task, entry| {
        let schema = entry.input.as_value();
        fits(
            &task["Arguments"]["Payload"],
            schema,
            schema,
            &format!("{}/{name}", definition.name),
        );
    });
}

#[test]
fn a_turn_waits_for_its_token_and_nothing_else_does() {
    each_task(|definition, name, task, entry| {
        let expected = if is_turn(entry) { CALLBACK } else { CALL };
        assert_eq!(task["Resource"], expected, "{}/{name}", definition.name);
    });
}

#[test]
fn every_task_has_a_limit() {
    each_task(|definition, name, task, _| {
        assert!(
            task.get("TimeoutSeconds").is_some(),
            "{}/{name} may hang for ever",
            definition.name
        );
    });
}

/// The workflows whose orders go on at a carrier, whatever becomes of the execution.
const AT_A_CARRIER: [&str; 4] = ["number-order", "number-release", "port-in", "port-out"];

/// The workflows that take back what was made or allowed when they cannot go on: that something is away for an hour is no reason to.
const TAKES_BACK: [&str; 3] = ["onboard-tenant", "onboard-user", "verify-dossier"];

/// The activities that write down how it ended. Nothing comes after them that could make up for them.
const LAST: [&str; 3] = ["call-end", "request-end", "webhook-give-up"];

#[test]
fn retries_and_catches_cover_the_errors_exactly() {
    each_task(|definition, name, task, entry| {
        let at = format!("{}/{name}", definition.name);
        let named = |of: &str| -> BTreeSet<String> {
            list(&task[of])
                .iter()
                .flat_map(|rule| list(&rule["ErrorEquals"]))
                .map(|name| name.as_str().expect("a name").to_owned())
                .collect()
        };
        let (retried, caught) = (named("Retry"), named("Catch"));
        // What runs at a carrier, or is half made or half taken back, is not closed because a state failed: the execution fails, and is
        // redriven from that very state.
        let at_a_carrier = AT_A_CARRIER.contains(&definition.name.as_str());
        let takes_back = TAKES_BACK.contains(&definition.name.as_str());
        let is_turn = entry.name == "request-turn";
        assert!(
            !((at_a_carrier || takes_back) && is_turn && caught.contains("States.ALL")),
            "{at} closes a request of which something is left"
        );
        for (error, retry) in entry.errors {
            match retry {
                Retry::Yes => assert!(retried.contains(*error), "{at} does not retry {error}"),
                Retry::Never => assert!(!retried.contains(*error), "{at} retries {error}"),
            }
            let is_last = LAST.contains(&entry.name);
            let stalls = at_a_carrier || is_last || (takes_back && *retry == Retry::Yes);
            if stalls {
                continue;
            }
            let ends = caught.contains(*error) || caught.contains("States.ALL");
            assert!(ends, "{at} does not catch {error}");
        }
        let known: BTreeSet<_> = entry.errors.iter().map(|(error, _)| *error).collect();
        for error in retried.iter().chain(&caught) {
            let foreign = error.starts_with("States.")
                || error.starts_with("Lambda.")
                || LOST.contains(&error.as_str());
            assert!(
                foreign || known.contains(error.as_str()),
                "{at} names {error}, which {} never raises",
                entry.name
            );
        }
    });
}

/// A redrive begins where the execution failed: at a Fail state behind the step that went wrong it would only fail again.
#[test]
fn an_execution_fails_at_the_step_that_went_wrong() {
    let mut last = 0;
    each_task(|definition, name, task, entry| {
        let at = format!("{}/{name}", definition.name);
        for rule in list(&task["Catch"]) {
            let next = rule["Next"].as_str().expect("Next");
            let kind = &definition.states()[next]["Type"];
            assert_ne!(kind, "Fail", "{at} cannot be redriven: {next}");
        }
        if !LAST.contains(&entry.name) {
            return;
        }
        assert!(list(&task["Catch"]).is_empty(), "{at} catches");
        let retried = task["Retry"].to_string();
        for error in ["Lambda.Unknown", "Runtime.ExitError"] {
            assert!(retried.contains(error), "{at} gives up at {error}");
        }
        last += 1;
    });
    assert_eq!(last, asl::all().len(), "each workflow writes its end once");
}

#[test]
fn only_what_was_decided_takes_an_onboarding_or_an_approval_back() {
    let mut seen = 0;
    each_task(|definition, name, task, entry| {
        if !TAKES_BACK.contains(&definition.name.as_str()) {
            return;
        }
        for rule in list(&task["Catch"]) {
            let next = rule["Next"].as_str();
            if !matches!(next, Some("Undo" | "Closed by hand" | "Lapse")) {
                continue;
            }
            for error in list(&rule["ErrorEquals"]) {
                let error = error.as_str().expect("a name");
                // A turn whose time is over has waited for somebody.
                let waited = entry.name == "request-turn" && error == "States.Timeout";
                let decided = entry.errors.contains(&(error, Retry::Never));
                assert!(
                    waited || decided,
                    "{}/{name} is over at {error}: it is to stall",
                    definition.name
                );
                seen += 1;
            }
        }
    });
    assert!(seen > 30, "{seen} errors");
}

/// How long the store or a carrier may be gone, in seconds, before a task of a request gives up: nobody waits at its other end, and
/// what it gives up may be days of work.
const OUTAGE_S: f64 = 60.0;
/// The same for a turn, which shows only where the request is and then waits for days.
const OUTAGE_OF_A_TURN_S: f64 = 600.0;

/// How long a retrier tries on, on average, in seconds: a jittered wait lasts half as long as it may.
fn tries_on_for_s(retrier: &Value) -> f64 {
    let number = |field: &str| retrier[field].as_f64().expect("a number");
    let mut wait = number("IntervalSeconds");
    let mut whole = 0.0;
    for _ in 0..retrier["MaxAttempts"].as_u64().expect("a number") {
        whole += wait.min(number("MaxDelaySeconds"));
        wait *= number("BackoffRate");
    }
    if retrier["JitterStrategy"] == "FULL" {
        whole / 2.0
    } else {
        whole
    }
}

#[test]
fn no_task_of_a_request_gives_up_at_a_short_outage() {
    let mut seen = 0;
    each_task(|definition, name, task, entry| {
        if !runs_requests(definition) {
            return;
        }
        let least = if entry.name == "request-turn" {
            OUTAGE_OF_A_TURN_S
        } else {
            OUTAGE_S
        };
        for retrier in list(&task["Retry"]) {
            let whole = tries_on_for_s(retrier);
            assert!(
                whole >= least,
                "{}/{name} gives up after {whole} s, not {least}: {}",
                definition.name,
                retrier["ErrorEquals"]
            );
            seen += 1;
        }
    });
    assert!(seen > 100, "{seen} retriers");
}

/// How long a delivery waits for a place of its function, in seconds, before that counts as one of its attempts: the deliveries of other
/// tenants, whose programs do not answer, may have all places.
const NO_PLACE_S: f64 = 3_600.0;

#[test]
fn a_delivery_that_finds_no_place_is_not_tried_for_that() {
    let mut seen = 0;
    each_task(|definition, name, task, entry| {
        if entry.name != "webhook-send" {
            return;
        }
        let names_it = |retrier: &&Value| {
            list(&retrier["ErrorEquals"]).contains(&json!("Lambda.TooManyRequestsException"))
        };
        let retrier = list(&task["Retry"]).iter().find(names_it);
        let whole = tries_on_for_s(retrier.expect("a retrier"));
        assert!(
            whole >= NO_PLACE_S,
            "{}/{name} waits {whole} s",
            definition.name
        );
        seen += 1;
    });
    assert_eq!(seen, 1);
}

/// How the death of one attempt is told: of a function whose process ended, that took too long, or whose answer says nothing. A task of
/// a request is made so that another attempt goes on where it stopped.
const LOST: [&str; 3] = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"];

#[test]
fn no_task_of_a_request_gives_up_when_one_attempt_dies() {
    each_task(|definition, name, task, entry| {
        if !runs_requests(definition) {
            return;
        }
        let retried: BTreeSet<&str> = list(&task["Retry"])
            .iter()
            .flat_map(|retrier| list(&retrier["ErrorEquals"]))
            .filter_map(Value::as_str)
            .collect();
        // A turn that waits for too long has waited; any other task has lost an attempt.
        let timeout = (entry.name != "request-turn").then_some("States.Timeout");
        for error in LOST.into_iter().chain(timeout) {
            assert!(
                retried.contains(error),
                "{}/{name} gives up at {error}",
                definition.name
            );
        }
    });
}

#[test]
fn turns_accept_only_signals_that_exist() {
    each_task(|definition, name, task, entry| {
        for accept in list(&task["Arguments"]["Payload"]["accepts"]) {
            let text = accept.as_str().expect("accepts are literals").to_owned();
            let known = if entry.name == "turn" {
                Accept::try_from(text).map(drop)
            } else {
                request::Accept::try_from(text).map(drop)
            };
            known.unwrap_or_else(|why| panic!("{}/{name}: {why}", definition.name));
        }
    });
}

#[test]
fn a_referenced_field_exists_in_what_produced_it() {
    let of_calls = field_names(schema_for!(Signal).as_value());
    let of_requests = field_names(schema_for!(request::RequestSignal).as_value());
    let of_result = Regex::new(r"\$states\.result\.Payload\.(\w+)").unwrap();
    let of_turn = Regex::new(r"\$states\.result\.(\w+)").unwrap();
    let of_signal = Regex::new(r"\$(?:signal|help)\.(\w+)").unwrap();
    for definition in asl::all() {
        let signal = if runs_requests(&definition) {
            &of_requests
        } else {
            &of_calls
        };
        let mut found = Vec::new();
        expressions(&definition.asl, &mut found);
        for text in found {
            for field in of_signal.captures_iter(&text).map(|hit| hit[1].to_owned()) {
                assert!(
                    signal.contains(&field),
                    "{}: a signal has no {field}: {text}",
                    definition.name
                );
            }
        }
    }
    each_task(|definition, name, task, entry| {
        let output = field_names(entry.output.as_value());
        let mut found = Vec::new();
        expressions(task, &mut found);
        let pattern = if is_turn(entry) { &of_turn } else { &of_result };
        for text in found {
            for field in pattern.captures_iter(&text).map(|hit| hit[1].to_owned()) {
                assert!(
                    output.contains(&field),
                    "{}/{name}: {} gives no {field}",
                    definition.name,
                    entry.name
                );
            }
        }
    });
}

#[test]
fn the_input_has_the_fields_that_the_first_state_reads() {
    let of_input = Regex::new(r"\$states\.input\.(\w+)").unwrap();
    for definition in asl::all() {
        let schema = match definition.name.as_str() {
            "inbound-call" => schema_for!(call::InboundStart),
            "outbound-call" | "client-call" => schema_for!(call::ClientStart),
            "webhook-delivery" => schema_for!(DeliveryStart),
            _ if runs_requests(&definition) => schema_for!(RequestStart),
            other => panic!("{other}: say here what starts it"),
        };
        let fields = field_names(schema.as_value());
        let first = definition.asl["StartAt"].as_str().expect("StartAt");
        let mut found = Vec::new();
        expressions(&definition.states()[first], &mut found);
        for text in found {
            for field in of_input.captures_iter(&text).map(|hit| hit[1].to_owned()) {
                assert!(
                    fields.contains(&field),
                    "{}: the input has no {field}",
                    definition.name
                );
            }
        }
    }
}

/// Names that a value reads as variables: `$name` that is neither a function call nor `$states`.
fn reads(value: &Value) -> BTreeSet<String> {
    let variable = Regex::new(r"\$([A-Za-z]\w*)(\s*\()?").unwrap();
    let mut found = Vec::new();
    expressions(value, &mut found);
    found
        .iter()
        .flat_map(|text| variable.captures_iter(text))
        .filter(|hit| hit.get(2).is_none() && &hit[1] != "states")
        .map(|hit| hit[1].to_owned())
        .collect()
}

fn assigns(of: &Value) -> BTreeSet<String> {
    of["Assign"]
        .as_object()
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}

/// Each way out of a state with the variables it surely sets.
fn exits(state: &Value) -> Vec<(String, BTreeSet<String>)> {
    let own = assigns(state);
    let to = |of: &Value| of["Next"].as_str().expect("Next").to_owned();
    let mut exits: Vec<_> = list(&state["Choices"])
        .iter()
        .map(|rule| (to(rule), assigns(rule)))
        .collect();
    exits.extend(
        state["Default"]
            .as_str()
            .map(|next| (next.to_owned(), own.clone())),
    );
    exits.extend(
        state["Next"]
            .as_str()
            .map(|next| (next.to_owned(), own.clone())),
    );
    exits.extend(
        list(&state["Catch"])
            .iter()
            .map(|catcher| (to(catcher), assigns(catcher))),
    );
    exits
}

#[test]
fn every_variable_is_set_on_every_way_to_where_it_is_read() {
    for definition in asl::all() {
        let start = definition.asl["StartAt"]
            .as_str()
            .expect("StartAt")
            .to_owned();
        let mut known: BTreeMap<String, BTreeSet<String>> =
            BTreeMap::from([(start.clone(), BTreeSet::new())]);
        let mut todo = vec![start];
        while let Some(name) = todo.pop() {
            let before = known[&name].clone();
            for (next, set) in exits(&definition.states()[&name]) {
                let after: BTreeSet<_> = before.union(&set).cloned().collect();
                let merged = known.get(&next).map_or(after.clone(), |old| {
                    old.intersection(&after).cloned().collect()
                });
                if known.get(&next) != Some(&merged) {
                    known.insert(next.clone(), merged);
                    todo.push(next);
                }
            }
        }
        for (name, state) in definition.states() {
            let known = known
                .get(name)
                .unwrap_or_else(|| panic!("{}/{name} cannot be reached", definition.name));
            let missing: Vec<_> = reads(state)
                .into_iter()
                .filter(|name| !known.contains(name))
                .collect();
            assert!(
                missing.is_empty(),
                "{}/{name} reads {missing:?} before it is set",
                definition.name
            );
        }
    }
}

/// Where an operator is asked who helps a step that failed for good.
const HELP: &str = "Ask for help";

#[test]
fn a_step_that_is_helped_has_what_had_led_to_it() {
    let mut seen = 0;
    for definition in asl::all() {
        let states = definition.states();
        let Some(help) = states.get(HELP) else {
            continue;
        };
        let at = &definition.name;
        assert!(assigns(help).contains("help"), "{at}");
        for (next, set) in exits(help) {
            assert!(!set.contains("signal"), "{at}: {next}");
        }
        for rule in list(&states["Helped by"]["Choices"]) {
            let tries_again = rule["Condition"]
                .as_str()
                .is_some_and(|text| text.starts_with("{% $failed = "));
            let keeps = !assigns(rule).contains("signal");
            assert!(keeps || !tries_again, "{at}: {rule}");
        }
        for (name, state) in states {
            for rule in list(&state["Catch"]) {
                if rule["Next"] != HELP || name == HELP {
                    continue;
                }
                assert_eq!(rule["Assign"]["failed"], name.as_str(), "{at}");
                let counted = assigns(rule);
                assert!(counted.contains("tries"), "{at}/{name}");
                assert!(!counted.contains("signal"), "{at}/{name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen} steps");
}

#[test]
fn the_checks_can_fail() {
    let entry = activities()
        .into_iter()
        .find(|entry| entry.name == "call-place")
        .expect("call-place");
    let schema = entry.input.as_value();
    let bad = json!({ "call": "c", "state": "Place", "leg": "callee", "to": "044", "callerId": "+41445550100" });
    assert!(std::panic::catch_unwind(|| fits(&bad, schema, schema, "test")).is_err());
    let short = json!({ "call": "c" });
    assert!(std::panic::catch_unwind(|| fits(&short, schema, schema, "test")).is_err());
}
