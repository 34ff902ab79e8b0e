//! Expressions mean what they meant, and hold no more than they may.

use jsonata_core::evaluator::Evaluator;
use jsonata_core::parser;
use jsonata_core::value::JValue;

use super::bounds::{self, Weighed};
use super::expression::{Contextual, Expression, Scope};
use crate::json::Json;

#[derive(Debug)]
struct NoContext;

impl Contextual for NoContext {
    fn context(&self) -> Json {
        Json::trusted("{}")
    }
}

fn bounded(source: &str) -> Result<String, String> {
    let expression = Expression::compile(source)?;
    let scope = Scope {
        input: &Json::trusted("{}"),
        result: None,
        error_output: None,
        context: &NoContext,
        variables: &Default::default(),
        now_ms: 0,
        seed: 1,
    };
    let told = expression.json(&scope, "Output");
    told.map(|json| json.as_str().to_owned())
        .map_err(|failure| failure.sentence)
}

/// As the crate evaluates it by itself.
fn unbounded(source: &str) -> Option<String> {
    let ast = parser::parse(source).expect("an expression");
    let value = Evaluator::new().evaluate(&ast, &JValue::Undefined).ok()?;
    (!value.is_undefined()).then(|| value.to_json_string().expect("a value"))
}

#[test]
fn expressions_with_bounds_mean_what_they_mean_without() {
    let sources = [
        r#""a" & 1 & null & true & 1.5"#,
        r#"[1, 2] & {"a": "x"}"#,
        r#"nothing & "x""#,
        r#"nothing & nothing"#,
        r#""a" & function($x) { $x }"#,
        r#"$join(["a", "b"], "-")"#,
        r#"$join("a")"#,
        r#"$join([1])"#,
        r#"$join(nothing)"#,
        r#"$join(["a"], 5)"#,
        r#"["a", "b"] ~> $join("-")"#,
        r#"("a" & "b") ~> $uppercase() ~> $pad(5, "-")"#,
        r#"$map([1, 2], $string)"#,
        r#"$string({"a": 1}, true)"#,
        r#"$string(nothing)"#,
        r#"$string()"#,
        r#"[1, 2].$string()"#,
        r#"[1, 2].$string($)"#,
        r#"[{"a": "x"}, {"a": "y"}].(a & "!")"#,
        r#"[{"a": "x"}, {"a": "y"}].$join([a, "!"])"#,
        r#"[{"a": "x"}].$join([a, "!"])"#,
        r#"($j := $join(?, "+"); $j(["a", "b"]))"#,
        r#"($join := function($x) { $x + 1 }; $join(5))"#,
        r#"$map([1, 2], function($string) { $string & "" })"#,
        r#"$pad("x", 5, "-") & $pad("x", -5)"#,
        r#"$fromMillis(0)"#,
        r#"$fromMillis(1510067557121, "[Y0001]-[M01]-[D01] [H01]:[m01]", "+0100")"#,
        r#"[1510067557121].$fromMillis("[D1o] [MNn,*-3] [Y,*-4]")"#,
        r#"$fromMillis(nothing, "[Y]")"#,
        r#"$replace("aab", "a", "b", 1)"#,
        r#"$replace("abc", /b/, function($m) { $m.match & "!" })"#,
        r#"$reduce(["a", "b"], function($x, $y) { $x & $y })"#,
        r#"($f := function($n, $t) { $n = 0 ? $t : $f($n - 1, $t & "x") }; $f(3000, ""))"#,
        r#"($f := function($n) { $n = 0 ? $join(["a", "b"]) : $f($n - 1) }; $f(3))"#,
        r#"($f := function($n) { $n = 0 ? "a" & "b" : $f($n - 1) }; $f(3))"#,
        r#"$sort(["b", "a"], function($l, $r) { $l & "" > $r & "" })"#,
        r#"{"a" & "b": 1 & 2}"#,
        r#"[{"n": "a"}, {"n": "b"}]{n & "!": $count($)}"#,
        r#"[1..3].("n" & $)"#,
        r#"[1..3]["n" & $ = "n2"]"#,
        r#"$uppercase("a" & "b") & $string(5)"#,
        r#"{"a": 1} ~> |$|{"x": "a" & "b"}|"#,
        r#"[{"a": [{"b": 1}, {"b": 2}], "x": "y"}].a.(b & %.x)"#,
        r#"[{"a": "2"}, {"a": "1"}]^(a & "")"#,
        r#"$string(function($x) { $x })"#,
        r#"($a := "1"; ($a := $a & "2"; $a) & $a)"#,
        r#"$join($map([3, 1], function($n, $i) { $string($n) & $i }), ",")"#,
        r#"$join($join(["a"], "b") & "c")"#,
    ];
    for source in sources {
        assert_eq!(bounded(source).ok(), unbounded(source), "{source}");
    }
}

#[test]
fn what_would_be_too_large_is_refused_before_it_is_there() {
    let texts = [
        r#"($d := function($t, $n) { $n = 0 ? $t : $d($t & $t, $n - 1) }; $length($d("0123456789", 30)))"#,
        r#"$length($reduce([1..40], function($t, $i) { $t & $t }, "0123456789"))"#,
        r#"$length($pad("x", 1000000000))"#,
        r#"$length($fromMillis(0, "[D,9999999999]"))"#,
        r#"$length($fromMillis(0, "[Y,*-99999999999999999999]"))"#,
        r#"$length([0].$fromMillis("[D,1][D,9999999999]"))"#,
        r#"$length($now("[D,9999999999]"))"#,
        r#"($t := $pad("", 1000000, "x"); $length($join([1..1000].$t)))"#,
        r#"($t := $pad("", 1000000, "x"); $count([1..1000].($t & $)))"#,
        r#"($t := $pad("", 1000000, "x"); $length($replace($t, "x", $t)))"#,
    ];
    for source in texts {
        let refused = bounded(source).expect_err(source);
        assert!(
            refused.contains("more than 64 MiB of text"),
            "{source}: {refused}"
        );
    }
    if let Some(peak_mib) = peak_mib() {
        assert!(peak_mib < 512, "{peak_mib} MiB at the most");
    }
}

#[test]
fn a_result_that_is_small_in_memory_and_large_when_written_is_refused() {
    let levels = |count: usize, times: usize| {
        let mut value = JValue::from("a");
        for _ in 0..count {
            value = JValue::array(vec![value; times]);
        }
        value
    };
    assert_eq!(bounds::result(&levels(100, 1)), Ok(()));
    assert_eq!(bounds::result(&levels(10, 2)), Ok(()));
    // A million million letters.
    let large = levels(40, 2);
    assert_eq!(bounds::result(&large), Err(Weighed::TooLarge));
    assert!(bounds::text_bytes(&large) > bounds::MAX_TEXT_BYTES);
    assert_eq!(bounds::result(&levels(600, 1)), Err(Weighed::TooDeep));
    let function = JValue::array(vec![JValue::builtin("sum")]);
    assert_eq!(bounds::result(&function), Err(Weighed::Function));
}

#[test]
fn texts_that_are_let_go_of_do_not_count() {
    let piece = "x".repeat(64);
    let source =
        format!(r#"$length($reduce([1..2500], function($t, $i) {{ $t & "{piece}" }}, ""))"#);
    // Together they have 200 MB, and one at a time is held.
    assert_eq!(bounded(&source).as_deref(), Ok("160000"));
}

/// The most memory that this process has had.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1_024)
}
