use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::expression::{Contextual, Scope, Variables};
use super::super::lookup::Sight;
use super::super::path::walk::tests::any_json;
use super::*;
use crate::json::Json;

#[derive(Debug)]
struct Context;

impl Contextual for Context {
    fn context(&self) -> Json {
        Json::trusted(r#"{"Execution":{"Name":"a-b-c"}}"#)
    }
}

fn run(text: &str, input: &Value) -> Result<Value, CallFailure> {
    let value = called(text, &input.to_string())?;
    Ok(serde_json::from_str(&value).unwrap())
}

/// The same as text.
fn run_text(text: &str, input: &str) -> String {
    called(text, input).unwrap()
}

fn called(text: &str, input: &str) -> Result<String, CallFailure> {
    let input = Json::trusted(input);
    let mut variables = Variables::default();
    Arc::make_mut(&mut variables).insert("v".into(), Json::trusted("[7]"));
    let scope = Scope {
        input: &input,
        result: None,
        error_output: None,
        context: &Context,
        variables: &variables,
        now_ms: 0,
        seed: 3,
    };
    call(text)
        .unwrap()
        .value(&Sight::new(&scope, &input, "Parameters"))
}

fn given(text: &str, input: Value) -> Value {
    run(text, &input).unwrap()
}

/// Recorded from AWS, or written in the guide.
#[test]
fn functions_give_what_aws_gives() {
    let table = [
        ("States.Format('x={}.', $)", json!(null), json!("x=null.")),
        (
            "States.Format('{} {}', $.a, $.b)",
            json!({"a": 1, "b": 1.5}),
            json!("1 1.5"),
        ),
        (
            "States.Format('{}', $)",
            json!({"Arg1": 1, "Arg2": []}),
            json!("{Arg1=1, Arg2=[]}"),
        ),
        (
            "States.Format('\\{{}\\} \\'q\\' \\\\', $)",
            json!("a"),
            json!("{a} 'q' \\"),
        ),
        (
            "States.Format($.t, 1)",
            json!({"t": "It's {}!"}),
            json!("It's 1!"),
        ),
        ("States.StringToJson($)", json!(""), json!(null)),
        ("States.StringToJson($)", json!(" "), json!(null)),
        (
            "States.StringToJson($)",
            json!("{\"a\": [1]}"),
            json!({"a": [1]}),
        ),
        (
            "States.JsonToString($)",
            json!([1, 2, "x"]),
            json!("[1,2,\"x\"]"),
        ),
        ("States.Array()", json!(1), json!([])),
        (
            "States.Array('a', 1, true, null, $)",
            json!({"x": 1}),
            json!(["a", 1, true, null, {"x": 1}]),
        ),
        (
            "States.ArrayPartition($, 2)",
            json!([0, 1, 2]),
            json!([[0, 1], [2]]),
        ),
        ("States.ArrayPartition($, 5)", json!([]), json!([])),
        ("States.ArrayContains($, 2)", json!([[2], 2]), json!(true)),
        (
            "States.ArrayContains($, '2')",
            json!([[2], 2]),
            json!(false),
        ),
        (
            "States.ArrayRange(1, 9, 2)",
            json!(1),
            json!([1, 3, 5, 7, 9]),
        ),
        ("States.ArrayRange(0, 10, 3)", json!(1), json!([0, 3, 6, 9])),
        ("States.ArrayRange(3, 1, -1)", json!(1), json!([3, 2, 1])),
        ("States.ArrayGetItem($, 1)", json!([1, 2, 3]), json!(2)),
        ("States.ArrayLength($)", json!([1, [2, 3]]), json!(2)),
        (
            "States.ArrayUnique($)",
            json!([1, 2, 2, 3, 1, "1", [1], [1]]),
            json!([1, 2, 3, "1", [1]]),
        ),
        (
            "States.Base64Encode('Data to encode')",
            json!(1),
            json!("RGF0YSB0byBlbmNvZGU="),
        ),
        (
            "States.Base64Decode('RGF0YSB0byBlbmNvZGU=')",
            json!(1),
            json!("Data to encode"),
        ),
        (
            "States.Hash('input data', 'SHA-1')",
            json!(1),
            json!("aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ),
        (
            "States.Hash('input data', 'MD5')",
            json!(1),
            json!("812f45842bc6d66ee14572ce20db8e86"),
        ),
        (
            "States.JsonMerge($.a, $.b, false)",
            json!({"a": {"a": {"a1": 1}, "b": 2}, "b": {"a": {"a3": 1}, "c": 3}}),
            json!({"a": {"a3": 1}, "b": 2, "c": 3}),
        ),
        ("States.MathAdd(1.5, 1.51)", json!(1), json!(4)),
        ("States.MathAdd(-1.5, -1.51)", json!(1), json!(-3)),
        ("States.MathAdd(-1.49, -1.5)", json!(1), json!(-2)),
        ("States.MathAdd(111, -1)", json!(1), json!(110)),
        (
            "States.StringSplit($, '.+,=')",
            json!("This.is+a,test=string"),
            json!(["This", "is", "a", "test", "string"]),
        ),
        ("States.StringSplit($, ',')", json!(",,,"), json!([])),
        (
            "States.ArrayGetItem(States.StringSplit($$.Execution.Name, '-'), 2)",
            json!({}),
            json!("c"),
        ),
        ("States.ArrayGetItem($v, 0)", json!({}), json!(7)),
        (
            "States.ArrayLength($.[?(@.n <= 2)])",
            json!([{"n": 1}, {"n": 3}]),
            json!(1),
        ),
    ];
    for (text, input, expected) in table {
        assert_eq!(given(text, input), expected, "{text}");
    }
}

#[test]
fn what_a_function_cannot_take_is_refused_with_its_text() {
    for text in [
        "States.Format('{}')",
        "States.Format('x', 1)",
        "States.StringToJson('{')",
        "States.ArrayPartition($.a, 0)",
        "States.ArrayPartition('a', 1)",
        "States.ArrayRange(1, 1002, 1)",
        "States.ArrayRange(1, 2, 0)",
        "States.ArrayGetItem($.a, 3)",
        "States.ArrayGetItem($.a, -1)",
        "States.ArrayLength(1)",
        "States.Base64Decode('%')",
        "States.Hash('a', 'SHA-2')",
        "States.JsonMerge($, $, true)",
        "States.JsonMerge(1, $, false)",
        "States.MathAdd(2147483648, 1)",
        "States.MathAdd('1', 1)",
        "States.MathRandom(2, 1)",
        "States.StringSplit(1, ',')",
    ] {
        match run(text, &json!({ "a": [1, 2, 3] })) {
            Err(CallFailure::Refused { call, .. }) => assert_eq!(call, text),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn chance_is_within_its_bounds_and_repeats_with_a_seed() {
    for _ in 0..20 {
        let number = given("States.MathRandom(-3, 3)", json!({}))
            .as_i64()
            .unwrap();
        assert!((-3..3).contains(&number));
    }
    let seeded = given("States.MathRandom(1, 1000000, 42)", json!({}));
    assert_eq!(
        given("States.MathRandom(1, 1000000, 42)", json!({})),
        seeded
    );
    let id = given("States.UUID()", json!({}));
    assert_eq!(id.as_str().unwrap().as_bytes()[14], b'4');
}

#[test]
fn calls_nest_ten_deep_and_no_deeper() {
    let nested = |depth: usize| format!("{}1{}", "States.Array(".repeat(depth), ")".repeat(depth));
    assert!(call(&nested(10)).is_ok());
    assert!(call(&nested(11)).is_err());
}

proptest! {
    #[test]
    fn text_and_json_turn_into_each_other(value in any_json()) {
        let text = given("States.JsonToString($)", value.clone());
        prop_assert_eq!(given("States.StringToJson($)", text), value);
    }

    #[test]
    fn pieces_of_an_array_hold_it_all(items in proptest::collection::vec(any_json(), 0..12), size in 1_usize..6) {
        let pieces = given(&format!("States.ArrayPartition($, {size})"), json!(items));
        let joined: Vec<Value> = pieces.as_array().unwrap().iter().flat_map(|p| p.as_array().unwrap().clone()).collect();
        prop_assert_eq!(joined, items);
    }

    #[test]
    fn no_item_is_twice_among_the_unique_ones(items in proptest::collection::vec(any_json(), 0..12)) {
        let unique = given("States.ArrayUnique($)", json!(items));
        let unique = unique.as_array().unwrap();
        for (i, item) in unique.iter().enumerate() {
            prop_assert!(!unique[..i].contains(item));
        }
        prop_assert!(items.iter().all(|item| unique.contains(item)));
    }

    #[test]
    fn a_merge_has_the_members_of_both(a in any_json(), b in any_json()) {
        if let (Value::Object(a), Value::Object(b)) = (&a, &b) {
            let mut both = a.clone();
            both.extend(b.clone());
            prop_assert_eq!(given("States.JsonMerge($.a, $.b, false)", json!({"a": a, "b": b})), Value::Object(both));
        }
    }

    #[test]
    fn any_literal_comes_through_its_escapes(text in "[a-z'{}\\\\ ]{0,12}") {
        let mut escaped = String::new();
        for c in text.chars() {
            if "'{}\\".contains(c) {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        prop_assert_eq!(given(&format!("States.Array('{escaped}')"), json!({})), json!([text.clone()]));
        prop_assert_eq!(given(&format!("States.Format('{escaped}')"), json!({})), json!(text));
    }

    #[test]
    fn no_text_makes_the_reader_stumble(text in "States\\.[A-Za-z]{0,8}[(]?[$'a-c,{}()\\\\. 0-9-]{0,20}") {
        let _either = call(&text);
    }
}

#[test]
fn arrays_compare_by_value() {
    let large = json!([9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64, 1, 1.0]);
    assert_eq!(
        given("States.ArrayUnique($)", large.clone()),
        json!([9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64, 1])
    );
    let contains = |item: Value, list: &Value| {
        given(
            "States.ArrayContains($.list, $.item)",
            json!({ "list": list, "item": item }),
        )
    };
    assert_eq!(
        contains(json!(9_007_199_254_740_994_u64), &large),
        json!(false)
    );
    assert_eq!(contains(json!(1e0), &large), json!(true));
    assert_eq!(
        given(
            "States.ArrayUnique($)",
            json!([{ "b": [1], "a": 2 }, { "a": 2.0, "b": [1.0] }, -0.0, 0])
        ),
        json!([{ "b": [1], "a": 2 }, -0.0])
    );
}

/// Neither looks at all of one object for each member of the other.
#[test]
fn large_objects_are_merged_in_one_pass() {
    let object = |from: u32| -> Value {
        let members = (from..from + 10_000).map(|n| (n.to_string(), json!(from)));
        Value::Object(members.collect())
    };
    let merged = given(
        "States.JsonMerge($.a, $.b, false)",
        json!({ "a": object(0), "b": object(5_000) }),
    );
    let merged = merged.as_object().unwrap();
    assert_eq!(merged.len(), 15_000);
    assert_eq!(
        (&merged["4999"], &merged["5000"]),
        (&json!(0), &json!(5_000))
    );
    let raw = run_text(
        "States.JsonMerge($.a, $.b, false)",
        r#"{"a":{"x":1,"y":2,"x":3},"b":{"z":4,"y":5}}"#,
    );
    assert_eq!(raw, r#"{"x":3,"y":5,"z":4}"#);
}
