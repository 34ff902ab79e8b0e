use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Data, and nothing else.
impl Roots for String {
    fn root(&self, root: &Root) -> Option<&str> {
        match root {
            Root::Data | Root::Item => Some(self.as_str()),
            Root::Context | Root::Variable(_) => None,
        }
    }
}

fn found(path: &str, input: &Value) -> Result<Value, String> {
    let text = input.to_string();
    let path = Path::parse(path).unwrap();
    match path.find(&text, &Meter::new()) {
        Ok(node) => Ok(serde_json::from_str(&node).unwrap()),
        Err(missing) => Err(missing.detail),
    }
}

fn store() -> Value {
    json!({ "store": { "book": [
        { "category": "reference", "author": "Rees", "title": "Sayings", "price": 8.95 },
        { "category": "fiction", "author": "Waugh", "title": "Sword", "price": 12.99 },
        { "category": "fiction", "author": "Melville", "title": "Moby Dick", "isbn": "0-553", "price": 8.99 },
        { "category": "fiction", "author": "Tolkien", "title": "The Lord", "isbn": "0-395", "price": 22.99 }
    ], "bicycle": { "color": "red", "price": 19.95 } }, "expensive": 10, "a-b": { "c d": 1 } })
}

/// The examples of the Jayway dialect and their answers.
#[test]
fn paths_find_what_the_dialect_says() {
    let titles = |all: &[&str]| json!(all);
    let table = [
        (
            "$.store.book[*].author",
            json!(["Rees", "Waugh", "Melville", "Tolkien"]),
        ),
        ("$..author", json!(["Rees", "Waugh", "Melville", "Tolkien"])),
        ("$.store..price", json!([8.95, 12.99, 8.99, 22.99, 19.95])),
        ("$..book[2].title", titles(&["Moby Dick"])),
        ("$.store.book[-1].title", json!("The Lord")),
        ("$.store.book[0,1].title", titles(&["Sayings", "Sword"])),
        ("$.store.book[:2].title", titles(&["Sayings", "Sword"])),
        ("$.store.book[1:2].title", titles(&["Sword"])),
        (
            "$.store.book[-2:].title",
            titles(&["Moby Dick", "The Lord"]),
        ),
        ("$.store.book[2:].title", titles(&["Moby Dick", "The Lord"])),
        ("$.store.book[7:9].title", json!([])),
        (
            "$..book[?(@.isbn)].title",
            titles(&["Moby Dick", "The Lord"]),
        ),
        (
            "$.store.book[?(@.price < 10)].title",
            titles(&["Sayings", "Moby Dick"]),
        ),
        (
            "$.store.book[?(@.price <= $.expensive)].title",
            titles(&["Sayings", "Moby Dick"]),
        ),
        (
            "$.store.book[?(@.author =~ /.*REES/i)].title",
            titles(&["Sayings"]),
        ),
        ("$.store.book[?(@.author =~ /ees/)].title", json!([])),
        (
            "$.store.book[?(@.category == 'fiction' && @.price > 20)].title",
            titles(&["The Lord"]),
        ),
        (
            "$.store.book[?(@.price < 8.96 || @.price >= 22.99)].title",
            titles(&["Sayings", "The Lord"]),
        ),
        (
            "$.store.book[?(!(@.isbn))].title",
            titles(&["Sayings", "Sword"]),
        ),
        (
            "$.store.book[?(@.category in ['reference', 'x'])].title",
            titles(&["Sayings"]),
        ),
        (
            "$.store.book[?(@.category nin [\"reference\"] && @.price != 8.99)].title",
            titles(&["Sword", "The Lord"]),
        ),
        (
            "$.store.book[?(@.title contains 'Lord')].title",
            titles(&["The Lord"]),
        ),
        ("$.store.book[?(@.price == '8.95')].title", json!([])),
        (
            "$.store.bicycle['color','price']",
            json!({ "color": "red", "price": 19.95 }),
        ),
        ("$.store.bicycle[?(@.color == 'red')].price", json!([19.95])),
        ("$.store.book.length()", json!(4)),
        ("$.store.book[*].price.max()", json!(22.99)),
        ("$.store.bicycle.keys()", json!(["color", "price"])),
        ("$.a-b['c d']", json!(1)),
        ("$['a-b'].*", json!([1])),
        ("$.store.*.color", json!(["red"])),
        ("$..nothing", json!([])),
        ("$.[?(@.expensive == 10)].expensive", json!([10])),
    ];
    for (path, expected) in table {
        assert_eq!(found(path, &store()), Ok(expected), "{path}");
    }
}

#[test]
fn a_definite_path_gives_the_bare_value_or_says_where_it_ends() {
    let input = json!({ "a": { "b": [1, null] }, "t": "text" });
    assert_eq!(found("$.a.b[1]", &input), Ok(json!(null)));
    assert_eq!(found("$", &input), Ok(input.clone()));
    let missing = |path: &str| found(path, &input).unwrap_err();
    assert_eq!(missing("$.x"), "No results for path: $['x']");
    assert_eq!(
        missing("$.no.such.path"),
        "Missing property in path $['no']"
    );
    assert_eq!(
        missing("$.a.b[2]"),
        "Index out of bounds when evaluating path $['a']['b'][2]"
    );
    assert!(missing("$.t.u").contains("['u'] in path $['t'] but found 'string'"));
}

/// Recorded from AWS: what several values would be is empty when nothing leads there, but a slice needs an array.
#[test]
fn an_indefinite_path_into_nothing_is_an_empty_array() {
    for path in [
        "$[*]",
        "$.items[*]",
        "$.items[1:]",
        "$.items[:1]",
        "$.item.items[*]",
        "$.item.items[1:5]",
        "$.items[*].itemValue",
        "$.items[1:].itemValue",
        "$.item.items[1:5].itemValue",
    ] {
        assert_eq!(found(path, &json!({})), Ok(json!([])), "{path}");
    }
    assert!(found("$[1:5]", &json!({})).is_err());
}

#[test]
fn quotes_in_names_may_be_escaped() {
    let input = json!({ "Test\\\"\"Name\"": 1, "it's": 2 });
    assert_eq!(found(r#"$['Test\\\""Name"']"#, &input), Ok(json!(1)));
    assert_eq!(found(r"$['it\'s']", &input), Ok(json!(2)));
}

#[test]
fn what_is_not_a_path_is_refused() {
    for text in [
        "",
        "a",
        "$.",
        "$..",
        "$[",
        "$[]",
        "$['a",
        "$['a'",
        "$[a]",
        "$[1:2:3]",
        "$[?]",
        "$[?(]",
        "$[?(@.a]",
        "$[?(@.a ==)]",
        "$[?(1)]",
        "$.a b",
        "$.a.nope()",
        "$.length().a",
        "$[:]",
        "$.a,",
        "$x y",
    ] {
        assert!(Path::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_nests_too_deep_is_refused_before_the_stack_ends() {
    assert!(Path::parse(&"$[?(@".repeat(50_000)).is_err());
    assert!(Path::parse(&format!("$[?({}", "(".repeat(50_000))).is_err());
    assert!(Path::parse(&format!("$[?({}", "!".repeat(50_000))).is_err());
    assert!(Path::parse(&format!("${}", ".a".repeat(50_000))).is_err());
    let path = Path::parse("$..[?(@.a)]").unwrap();
    let found = |depth: usize| {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        path.find(&deep, &Meter::new()).map(|_| ())
    };
    assert!(found(2_000).is_ok());
    let missing = found(20_000).unwrap_err();
    assert!(
        missing.detail.contains("looks at more than"),
        "{}",
        missing.detail
    );
}

fn any_path() -> impl Strategy<Value = String> {
    let step = prop_oneof![
        "[a-c]{1,2}".prop_map(|name| format!(".{name}")),
        "[a-c'\\\\ ]{1,3}"
            .prop_map(|n| format!("['{}']", n.replace('\\', "\\\\").replace('\'', "\\'"))),
        (-3_i64..4).prop_map(|i| format!("[{i}]")),
        (-3_i64..4, 0_i64..4).prop_map(|(a, b)| format!("[{a}:{b}]")),
        Just("[*]".to_owned()),
        Just("..a".to_owned()),
        Just("[?(@.a || !(@.b == 1))]".to_owned()),
    ];
    proptest::collection::vec(step, 0..5).prop_map(|steps| format!("${}", steps.concat()))
}

proptest! {
    #[test]
    fn every_path_reads_back_and_finds_json(path in any_path(), input in walk::tests::any_json()) {
        let parsed = Path::parse(&path).unwrap();
        prop_assert_eq!(parsed.source(), &path);
        let text = input.to_string();
        if let Ok(node) = parsed.find(&text, &Meter::new()) {
            let value: Value = serde_json::from_str(&node).unwrap();
            prop_assert!(parsed.is_definite() || value.is_array());
        }
    }
}

/// Paths whose work is the square of their data end with words instead of going on for minutes.
#[test]
fn a_path_that_asks_for_too_much_says_so() {
    let deep = format!("{}1{}", "{\"b\":".repeat(3_000), "}".repeat(3_000));
    let numbers = format!("{{\"a\":{:?}}}", (0..30_000).collect::<Vec<_>>());
    let objects: Vec<Value> = (0..12_000).map(|b| json!({ "b": b })).collect();
    let objects = json!({ "a": objects }).to_string();
    for (path, data) in [
        ("$..b..x", &deep),
        ("$.a[?(@ in $.a)]", &numbers),
        ("$.a[?(@.b in $.a[*].b)]", &objects),
    ] {
        let missing = Path::parse(path)
            .unwrap()
            .find(data, &Meter::new())
            .unwrap_err();
        assert_eq!(missing.why, Why::Spent, "{path}");
        assert!(
            missing.detail.contains("looks at more than"),
            "{path}: {}",
            missing.detail
        );
    }
    // What a filter asks of the whole data is asked once, not for each item.
    let path = Path::parse("$.a[?(@.b == $.wanted)]").unwrap();
    let data = objects.replacen('{', "{\"wanted\":7,", 1);
    assert_eq!(path.find(&data, &Meter::new()).unwrap(), "[{\"b\":7}]");
}

/// The data, the context object and one variable.
struct Known {
    data: String,
    variable: String,
}

impl Roots for Known {
    fn root(&self, root: &Root) -> Option<&str> {
        match root {
            Root::Data | Root::Item => Some(self.data.as_str()),
            Root::Context => Some(r#"{"Execution":{"Name":"b","Input":{"most":2}}}"#),
            Root::Variable(name) => (&**name == "wanted").then_some(self.variable.as_str()),
        }
    }
}

#[test]
fn filters_look_at_variables_and_the_context_object() {
    let items =
        json!([{ "id": "a", "n": 1, "p": ["b"] }, { "id": "b", "n": 2 }, { "id": "c", "n": 3.0 }]);
    let known = Known {
        data: json!({ "items": items, "wanted": "c" }).to_string(),
        variable: json!({ "id": "a", "list": ["c", "a"], "none": null }).to_string(),
    };
    let ids = |filter: &str| {
        let path = Path::parse(&format!("$.items[?({filter})].id")).unwrap();
        let found = path.find(&known, &Meter::new());
        found.map(|node| serde_json::from_str::<Value>(&node).unwrap())
    };
    for (filter, expected) in [
        ("@.id == $wanted.id", json!(["a"])),
        ("@.id == $.wanted", json!(["c"])),
        ("@.id in $wanted.list", json!(["a", "c"])),
        ("@.id == $$.Execution.Name", json!(["b"])),
        ("@.n <= $$.Execution.Input.most", json!(["a", "b"])),
        ("$wanted.id", json!(["a", "b", "c"])),
        ("$wanted.gone", json!([])),
        (
            "!($$.Execution.gone) && $wanted.none",
            json!(["a", "b", "c"]),
        ),
        ("$wanted.list[?(@ == 'b')] || @.id == 'c'", json!(["c"])),
        ("@.p[?(@ == $$.Execution.Name)]", json!(["a"])),
    ] {
        assert_eq!(ids(filter), Ok(expected), "{filter}");
    }
    for filter in ["@.id == $other", "$other", "@.p[?(@ == $other.x)]"] {
        assert_eq!(ids(filter), Err(Missing::variable("other")), "{filter}");
    }
    // Also where there is nothing to filter.
    let path = Path::parse("$.gone[?(@.id == $other)]").unwrap();
    assert!(path.find(&known, &Meter::new()).is_err());
    let named: Vec<&str> = path.variables().collect();
    assert_eq!(named, ["other"]);
}

#[test]
fn filters_compare_by_value() {
    let input = json!({ "a": [
        { "v": 1 }, { "v": { "x": 1, "y": [2] } }, { "v": 9_007_199_254_740_993_u64 }, { "v": -0.0 }
    ], "o": { "y": [2.0], "x": 1e0 } });
    for (filter, count) in [
        ("@.v == 1.0", 1),
        ("@.v == $.o", 1),
        ("@.v == {'y': [2], 'x': 1.0}", 1),
        ("@.v == 9007199254740992", 0),
        ("@.v > 9007199254740992", 1),
        ("@.v == 0", 1),
        ("@.v in [10e-1, {'y': [2e0], 'x': 1}]", 2),
        ("[1.0, 5] contains @.v", 1),
    ] {
        let found = found(&format!("$.a[?({filter})]"), &input).unwrap();
        assert_eq!(found.as_array().map(Vec::len), Some(count), "{filter}");
    }
}

/// Neither a pattern nor what it is matched with may hold a worker: both count.
#[test]
fn a_pattern_costs_its_states_times_its_text() {
    let refused = Path::parse("$[?(@ =~ /((a{99}){99}){9}/)]").unwrap_err();
    assert!(refused.why.contains("too large"), "{refused}");
    let long = format!("$[?(@ =~ /{}/)]", "a".repeat(2_000));
    assert!(Path::parse(&long).is_err());
    let input = json!({ "a": ["x".repeat(200_000), "y"] }).to_string();
    let find = |path: &str| {
        let found = Path::parse(path).unwrap().find(&input, &Meter::new());
        found.map(|node| node.len()).map_err(|missing| missing.why)
    };
    assert_eq!(find("$.a[?(@ =~ /([a-z]{0,30}){0,30}/)]"), Err(Why::Spent));
    assert_eq!(find("$.a[?(@ =~ /(x+)+y?/)]"), Ok(200_004));
}

/// What copies a value many times is stopped while it is copied.
#[test]
fn a_field_has_room_for_so_much() {
    let input = json!({ "a": "x".repeat(200_000) }).to_string();
    let names = vec!["'a'"; 150].join(",");
    let path = Path::parse(&format!("$[{names}]")).unwrap();
    let missing = path.find(&input, &Meter::new()).unwrap_err();
    assert_eq!(missing.why, Why::Full);
    // All paths of a field share it, and their work.
    let meter = Meter::new();
    let list = Path::parse("$[*]").unwrap();
    let found = (0..100).map(|_| list.find(&input, &meter).map_err(|missing| missing.why));
    assert_eq!(found.filter(Result::is_ok).count(), 83);
    let meter = Meter::new();
    let member = Path::parse("$.a").unwrap();
    meter.look(1_000_000_000);
    assert!(member.find(&input, &meter).is_ok());
    meter.look(73_700_000);
    let missing = member.find(&input, &meter).unwrap_err();
    assert_eq!(missing.why, Why::Spent);
}
