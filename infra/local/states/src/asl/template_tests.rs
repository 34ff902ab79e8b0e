//! Templates and Choice rules look at what they name, and make no more than they have room for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::compile::compile;
use super::expression::{Contextual, Failure, Scope, Variables};
use super::spelling::Spellings;
use super::template::Template;
use super::{Kind, errors};
use crate::json::Json;

#[derive(Debug)]
struct Context;

impl Contextual for Context {
    fn context(&self) -> Json {
        Json::trusted(r#"{"Execution":{"Name":"b"}}"#)
    }
}

/// Evaluates with `input`, and with the variable `v`.
fn seen<T>(input: &Value, v: &Value, look: impl FnOnce(&Scope<'_>) -> T) -> T {
    let input = Json::trusted(input.to_string());
    let mut variables = Variables::default();
    Arc::make_mut(&mut variables).insert("v".into(), Json::trusted(v.to_string()));
    look(&Scope {
        input: &input,
        result: None,
        error_output: None,
        context: &Context,
        variables: &variables,
        now_ms: 0,
        seed: 1,
    })
}

fn payload(template: &Value) -> Template {
    let text = template.to_string();
    let value = serde_json::from_str(&text).unwrap();
    Template::payload(&value, (&Spellings::default(), "")).unwrap()
}

fn made(template: &Value, input: &Value) -> Result<usize, Failure> {
    let template = payload(template);
    seen(input, &json!([1]), |scope| {
        template.json(scope, "Parameters").map(|json| json.len())
    })
}

fn assigned(template: &Value, input: &Value) -> Result<usize, Failure> {
    let template = payload(template);
    seen(input, &json!([1]), |scope| {
        let members = template.members(scope, "Assign")?;
        Ok(members.iter().map(|(_, value)| value.len()).sum())
    })
}

/// Members `a0.$`, `a1.$` and so on.
fn many(count: usize, source: &str) -> Value {
    let members = (0..count).map(|n| (format!("a{n}.$"), json!(source)));
    Value::Object(members.collect())
}

#[test]
fn what_copies_its_data_too_often_is_stopped_while_it_does() {
    let input = json!({ "x": "x".repeat(200_000) });
    let name = |outcome: Result<usize, Failure>| outcome.map_err(|failure| failure.error);
    let over = Err(errors::DATA_LIMIT);
    assert_eq!(name(made(&many(100, "$"), &input)), over);
    assert_eq!(name(assigned(&many(100, "$"), &input)), over);
    let arguments = vec!["$"; 100].join(", ");
    let places = "{}".repeat(100);
    for call in [
        format!("States.Array({arguments})"),
        format!("States.Format('{places}', {arguments})"),
        format!("States.ArrayLength(States.Array({arguments}))"),
    ] {
        assert_eq!(name(made(&json!({ "a.$": call }), &input)), over, "{call}");
    }
    // What is let go again takes no room: each of these makes 400 kB.
    let length = "States.ArrayLength(States.Array($, $))";
    assert!(made(&many(100, length), &input).is_ok());
    assert!(assigned(&many(100, length), &input).is_ok());
    assert!(made(&many(60, "$"), &input).is_ok());
}

#[test]
fn expressions_share_the_room_of_their_template() {
    let text = "x".repeat(200_000);
    let members = (0..100).map(|n| (format!("a{n}"), json!("{% $v %}")));
    let template = Value::Object(members.collect()).to_string();
    let value = serde_json::from_str(&template).unwrap();
    let template = Template::compile(&value, (&Spellings::default(), "")).unwrap();
    let failure = seen(&json!({}), &json!(text), |scope| {
        let _members = template.members(scope, "Assign").unwrap_err();
        template.json(scope, "Output").unwrap_err()
    });
    assert_eq!(failure.error, errors::DATA_LIMIT);
}

#[test]
fn a_variable_that_a_filter_looks_at_must_be_there() {
    let input = json!({ "items": [1, 2] });
    let found = made(&json!({ "a.$": "$.items[?(@ in $v)]" }), &input);
    assert_eq!(found, Ok(r#"{"a":[1]}"#.len()));
    let failure = made(&json!({ "a.$": "$.items[?(@ in $w)]" }), &input).unwrap_err();
    let undefined = made(&json!({ "a.$": "$w" }), &input).unwrap_err();
    assert_eq!(failure.error, undefined.error);
    assert_eq!(
        failure.sentence.replace("$.items[?(@ in $w)]", "$w"),
        undefined.sentence
    );
}

/// Which rule of a Choice state holds.
fn chosen(rules: &Value, input: &Value) -> Result<Option<usize>, Failure> {
    let mut rules = rules.clone();
    for rule in rules.as_array_mut().unwrap() {
        rule["Next"] = json!("B");
    }
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": rules }, "B": { "Type": "Succeed" } } });
    let definition = compile(&definition.to_string()).unwrap();
    let choice = definition
        .states
        .iter()
        .find_map(|state| match &state.kind {
            Kind::Choice(choice) => Some(choice),
            _other => None,
        });
    seen(input, &json!([1]), |scope| {
        let found = choice.unwrap().first(scope)?;
        Ok(found.map(|(place, _)| place))
    })
}

#[test]
fn rules_compare_numbers_by_value() {
    let large = 9_007_199_254_740_993_u64;
    let rules = json!([
        { "Variable": "$.n", "NumericEquals": large - 1 },
        { "Variable": "$.n", "NumericGreaterThan": large },
        { "Variable": "$.n", "NumericEquals": large }
    ]);
    assert_eq!(chosen(&rules, &json!({ "n": large })), Ok(Some(2)));
    assert_eq!(chosen(&rules, &json!({ "n": large + 1 })), Ok(Some(1)));
    let rules = json!([{ "Variable": "$.n", "NumericEqualsPath": "$.m" }]);
    assert_eq!(chosen(&rules, &json!({ "n": 1, "m": 1.0 })), Ok(Some(0)));
    assert_eq!(chosen(&rules, &json!({ "n": 1, "m": "1" })), Ok(None));
}

#[test]
fn what_could_not_be_looked_for_to_its_end_is_not_absent() {
    let deep = (0..120).fold(
        json!(1),
        |inner, _| json!({ "b": inner, "c": "x".repeat(2_000) }),
    );
    let rules = json!([{ "Variable": "$..b..x", "IsPresent": false }]);
    let failure = chosen(&rules, &deep).unwrap_err();
    assert_eq!(failure.error, errors::RUNTIME);
    assert!(failure.sentence.contains("looks at more than"));
}
