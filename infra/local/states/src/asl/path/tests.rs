use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn found(path: &str, input: &Value) -> Result<Value, String> {
    let text = input.to_string();
    let path = Path::parse(path).unwrap();
    match path.find(&text, &text) {
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
        path.find(&deep, &deep).map(|_| ())
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
        if let Ok(node) = parsed.find(&text, &text) {
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
        ("$..b..b", &deep),
        ("$.a[?(@ in $.a)]", &numbers),
        ("$.a[?(@.b in $.a[*].b)]", &objects),
    ] {
        let missing = Path::parse(path).unwrap().find(data, data).unwrap_err();
        assert!(
            missing.detail.contains("looks at more than"),
            "{path}: {}",
            missing.detail
        );
    }
    // What a filter asks of the whole data is asked once, not for each item.
    let path = Path::parse("$.a[?(@.b == $.wanted)]").unwrap();
    let data = objects.replacen('{', "{\"wanted\":7,", 1);
    assert_eq!(path.find(&data, &data).unwrap(), "[{\"b\":7}]");
}
