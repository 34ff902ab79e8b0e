//! Expressions mean what they meant, and hold no more than they may.

use jsonata_core::evaluator::Evaluator;
use jsonata_core::parser;
use jsonata_core::value::JValue;

use super::expression::{Contextual, Expression, Scope, Variables};
use super::sizes::{self, Weighed};
use crate::json::Json;

#[derive(Debug)]
struct NoContext;

impl Contextual for NoContext {
    fn context(&self) -> Json {
        Json::trusted("{}")
    }
}

fn bounded(source: &str) -> Result<String, String> {
    bounded_with(source, &[])
}

/// With variables of the workflow, by name and as JSON.
fn bounded_with(source: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let variables = variables.iter();
    let variables = variables.map(|(name, json)| ((*name).into(), Json::trusted(*json)));
    let variables: Variables = std::sync::Arc::new(variables.collect());
    let expression = Expression::compile(source)?;
    let scope = Scope {
        input: &Json::trusted("{}"),
        result: None,
        error_output: None,
        context: &NoContext,
        variables: &variables,
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
        r#"("x").$pad(5)"#,
        r##"("x").$pad(-5, "#")"##,
        r#"$pad(nothing, 5)"#,
        r#"$pad(5)"#,
        r#"$pad("x", 5, "-", 1)"#,
        r#"($p := $pad; [$p("x", 3), $p("x", 3, "-"), "x" ~> $p(3)])"#,
        r#"($p := $pad(?, 3, "-"); $map(["a", "b"], $p))"#,
        r#"($f := $trim ~> $uppercase; $f(" a "))"#,
        r#"" a " ~> $trim ~> $uppercase"#,
        r#"" a " ~> $trim() ~> $split("")"#,
        r#"("a,b" ~> $split(","))[0]"#,
        r#"["a,b" ~> $split(",")[1]]"#,
        r#"$map([" a", "b "], $trim)"#,
        r#"$map(["a", "b"], $substringBefore)"#,
        r#"[" a", "b "].$trim()"#,
        r#"["a-b", "c-d"].$substringBefore("-")"#,
        r#"["a-b", "c-d"].$substringAfter("-")"#,
        r#"$substring("hello", 1, 2) & $substring("hello", -2)"#,
        r#"$uppercase(nothing)"#,
        r#"$uppercase(5)"#,
        r#"$lowercase("ÄB")"#,
        r#"$base64encode("a") & $base64decode("YQ==")"#,
        r#"$split("a, b", /,\s*/)"#,
        r#"$split("abc", "")"#,
        r#"$split("a,b,c", ",", 2)"#,
        r#"("a,b").$split(",")"#,
        r#"$split("a", ",")"#,
        r#"$split(nothing, ",")"#,
        r#"$match("ababbab", /a(b+)/)"#,
        r#"$match("ababbab", /a(b+)/, 1)"#,
        r#"$match("ab", /a(b)/)"#,
        r#"$match("ab", /a(b)/)[]"#,
        r#"$match("x", /y/)"#,
        r#"["ab", "b"].$match(/b/).index"#,
        r#"$map(["ab", "b"], $match(?, /b/))"#,
        r#"$replace("John Smith", /(\w+)\s(\w+)/, "$2, $1")"#,
        r#"("aab").$replace("a", "b", 1)"#,
        r#"$map(["aa"], $replace(?, "a", "b"))"#,
        r#"("abc" ~> $replace(/b/, function($m) { $uppercase($m.match) }))"#,
        r#"$replace("abc", /b/, function($m) { 5 })"#,
        r##"$formatNumber(12345.6, "#,###.00")"##,
        r#"$formatNumber(0.5, "00%", {"percent": "pc"})"#,
        r#"$formatInteger(2789, "w") & $formatInteger(1999, "I")"#,
        r#"[1, 2].$formatInteger("01")"#,
        r#"$lookup({"f": $pad}, "f")("x", 3)"#,
        r#"({"f": $pad}).f("x", 3)"#,
        r#"$filter(["a", " "], $trim)"#,
        r#"$exists($pad) and $exists($string)"#,
        r#"($string := "a"; $string)"#,
        r#"($number := 5; $number + 1)"#,
        r#"($string := function($x) { "own" }; $string())"#,
        r#"[($number := function() { "own" }; $number()), "2".$number()]"#,
        r#"(function($number, $string) { $number & $string })(1, "a")"#,
        r#"$map([1, 2], function($number) { $number + 1 })"#,
        r#"[1, 2].($number := $; $number + 1)"#,
        r#"{"a": [{"b": 1}, {"b": 2}]}.a#$number.{"n": $number, "b": b}"#,
        r#"{"a": [{"b": 1}, {"b": 2}]}.a@$string.$string.b"#,
        r#"{"a": [{"b": 1}, {"b": 2}]}.a@$pad#$trim.{"b": $pad.b, "i": $trim}"#,
        r#"($count := 2; $reduce([1, 2], function($a, $b) { $a + $b }) + $count)"#,
        r#"($pad := 5; $pad)"#,
        r#"(($pad := function($x) { "own" }; $pad("x")) & $pad("x", 2))"#,
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
        r#"($p := $pad; $length($p("x", 1000000000)))"#,
        r#"$map([1000000000], $pad("x", ?)).$length()"#,
        r#"$length(("x").$pad(1000000000))"#,
        r#"$length("x" ~> $pad(1000000000))"#,
        r#"$pad("x", 1000000000) ~> $length()"#,
        r#"("x" ~> $pad(?, 1000000000) ~> $length)"#,
        r#"($f := $pad(?, 1000000000) ~> $length; $f("x"))"#,
        r#"$length($lookup({"f": $pad}, "f")("x", 1000000000))"#,
        r#"$length(({"f": $pad}).f("x", 1000000000))"#,
        r#"$length((function($p) { $p("x", 1000000000) })($pad))"#,
        r#"(($pad := 1; $pad); $length($pad("x", 1000000000)))"#,
        r#"(false ? ($pad := 1) : 0; $length($pad("x", 1000000000)))"#,
        r#"$length($reduce(["x", 1000000000], $pad))"#,
        "$length($pad\u{2003}(\"x\", 1000000000))",
        r#"($t := $pad("", 1000000, "x"); $j := $join; $length($j([1..1000].$t)))"#,
        r#"($t := $pad("", 1000000, "x"); $h := [1..60].($t & ""); $count($map([1..10], function($i) { $uppercase($t) })) + $count($h))"#,
        r#"($t := $pad("", 1000000, "x"); $h := [1..60].($t & ""); $count([1..10].$substring($t, 0)) + $count($h))"#,
        r#"($t := $pad("", 1000000, "x"); $h := [1..60].($t & ""); $count([1..10].$trim($t)) + $count($h))"#,
        r#"($t := $pad("", 1000000, "x"); $h := [1..60].($t & ""); $count([1..10].$base64encode($t)) + $count($h))"#,
        r#"($t := $pad("", 1000000, "x"); $h := [1..60].($t & ""); $count([1..10].$encodeUrl($t)) + $count($h))"#,
        r#"($t := $pad("", 1000000, "x"); $h := [1..60].($t & ""); $s := $string; $count([1..10].($s([$t]))) + $count($h))"#,
        r#"($t := $pad("", 2000000, "x"); $count($split($t, "")))"#,
        r#"($t := $pad("", 2000000, "x"); $count($t ~> $split(/x/)))"#,
        r#"($t := $pad("", 1000000, "x"); $count($match($t, /x/)))"#,
        r#"($t := $pad("", 1000000, "x"); $m := $match(?, /(x)(x)/); $count($m($t)))"#,
        r#"($t := $pad("", 1000000, "x"); $length($replace($t, /x/, $t)))"#,
        r#"($t := $pad("", 1000000, "x"); $length($replace($t, /x+/, $pad("", 1000, "$0"))))"#,
        r#"($t := $pad("", 1000000, "x"); $length($replace($t, /x/, function($m) { $t })))"#,
        r#"($t := $pad("", 1000000, "x"); $r := $replace; $length($r($t, /x/, function($m) { $t })))"#,
        r#"$length($formatInteger(1000000000000000, "I"))"#,
        r#"($f := $formatInteger; $length($f(1000000000000000, "i")))"#,
        r#"($t := $pad("", 1000000, "0"); $length($formatNumber(1, $t & ",0", {"grouping-separator": $t})))"#,
        r#"$count($parse($pad("[", 10000000, "[")))"#,
        r#"($n := $now; $length($n("[D,9999999999]")))"#,
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
    assert_eq!(sizes::result(&levels(100, 1)), Ok(()));
    assert_eq!(sizes::result(&levels(10, 2)), Ok(()));
    // A million million letters.
    let large = levels(40, 2);
    assert_eq!(sizes::result(&large), Err(Weighed::TooLarge));
    assert!(sizes::text_bytes(&large) > sizes::MAX_TEXT_BYTES);
    assert_eq!(sizes::result(&levels(600, 1)), Err(Weighed::TooDeep));
    let function = JValue::array(vec![JValue::builtin("sum")]);
    assert_eq!(sizes::result(&function), Err(Weighed::Function));
}

#[test]
fn texts_that_are_let_go_of_do_not_count() {
    let piece = "x".repeat(64);
    let source =
        format!(r#"$length($reduce([1..2500], function($t, $i) {{ $t & "{piece}" }}, ""))"#);
    // Together they have 200 MB, and one at a time is held.
    assert_eq!(bounded(&source).as_deref(), Ok("160000"));
}

#[test]
fn texts_of_the_expression_itself_count_when_they_are_many() {
    let source = format!(r#"$count([1..1000].("{}"))"#, "x".repeat(500_000));
    let refused = bounded(&source).expect_err("it is too large");
    assert!(refused.contains("more than 64 MiB of text"));
    let step = format!(r#"{{"{0}": 1}}."{0}""#, "x".repeat(5_000));
    assert_eq!(bounded(&step).as_deref(), Ok("1"));
}

#[test]
fn one_text_that_is_held_many_times_counts_once() {
    let source = r#"($t := $pad("", 1000000, "x"); $count([1..1000].($string($t))))"#;
    assert_eq!(bounded(source).as_deref(), Ok("1000"));
}

#[test]
fn variables_of_the_workflow_shadow_functions() {
    let variables = [
        ("number", "5"),
        ("string", r#""x""#),
        ("pad", "[1]"),
        ("count", "7"),
        ("now", r#""noon""#),
        ("reduce", "1"),
    ];
    for (source, expected) in [
        ("$number + 1", "6"),
        (r#"$string & "y""#, r#""xy""#),
        ("$string", r#""x""#),
        ("$pad[0] + $count", "8"),
        ("$now", r#""noon""#),
        ("$map([1, 2], function($i) { $i + $number })", "[6,7]"),
        ("($f := function() { $number }; $f())", "5"),
        ("($number := $number + 1; $number)", "6"),
        ("[1, 2].($ + $number)", "[6,7]"),
        (r#"$exists($number) and $string = "x""#, "true"),
    ] {
        let told = bounded_with(source, &variables);
        assert_eq!(told.as_deref(), Ok(expected), "{source}");
    }
    for source in ["$number(1)", "$string(1)", "$string()", r#"$pad("x", 5)"#] {
        let refused = bounded_with(source, &variables).expect_err(source);
        assert!(refused.contains("T1006"), "{source}: {refused}");
    }
    let counted = [("count", "7")];
    let sum = "$reduce([1, 2], function($a, $b) { $a + $b }) + $count";
    assert_eq!(bounded_with(sum, &counted).as_deref(), Ok("10"));
}

#[test]
fn eval_is_refused_however_it_is_spelled() {
    for source in [
        "$eval(\"1\")",
        "$eval\u{2003}(\"1\")",
        "($e := $eval; $e(\"1\"))",
    ] {
        let refused = bounded(source).expect_err(source);
        assert!(refused.contains("$eval"), "{source}: {refused}");
    }
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
