use super::*;

const F: Format = Format::Json;

#[test]
fn reads() {
    holds(F, &[
        ("{}", &[]),
        (" \r\n{ } \n", &[]),
        ("\u{feff}{\"a\":\"x\"}", &["a=x"]),
        ("{\"a\":{\"b\":{\"c\":\"x\"}},\"b\":\"y\"}", &["a/b/c=x", "b=y"]),
        ("{\"a\":1.10,\"b\":12345678901234567890123,\"c\":-0.0e+10,\"d\":true}", &[
            "a=1.10", "b=12345678901234567890123", "c=-0.0e+10", "d=true",
        ]),
        ("{\"a\":null,\"b\":[1,{\"c\":2}],\"d\":{}}", &[]),
        ("{\"a\":\"\\u00e9\\n\\ud83d\\ude00\\/\"}", &["a=é\n\u{1f600}/"]),
        ("{\"\\u0061\":\"x\"}", &["a=x"]),
        ("{\"a/b\":\"x\",\"a\":{\"c\":\"y\"}}", &["a/b=x", "a/c=y"]),
        ("{\"a\":\"1\",\"a/b\":\"2\"}", &["a=1", "a/b=2"]),
        ("{\"a b\":1,\"\":2,\"..\":3,\"a//b\":4,\"é\":5,\"k\":{\" \":6},\"ok\":7}", &["ok=7"]),
    ]);
}

#[test]
fn refuses() {
    refused(F, &[
        ("", "line 1, column 1: not JSON"),
        ("{\"a\":1,}", "line 1, column 8: not JSON"),
        ("{\n  \"a\": s3cret\n}", "line 2, column 8: not JSON"),
        ("{\"a\":1} x", "line 1, column 9: not JSON"),
        ("[1]", "line 1, column 1: the document is no object"),
        ("\"x\"", "line 1, column 1: the document is no object"),
        ("{\"a\":\"\\ud800\"}", "line 1, column 6: not JSON"),
        ("{\"a\":1,\"a\":2}", "line 1, column 8: two spellings of one key"),
        ("{\"a\":1,\"a\":{\"b\":2}}", "line 1, column 8: two spellings of one key"),
        ("{\"a/b\":1,\n\"a\":{\"b\":2}}", "line 2, column 6: two spellings of one key"),
    ]);
}

#[test]
fn bounds_what_it_takes() {
    let deep = "{\"a\":".repeat(100) + "1" + &"}".repeat(100);
    let wide = alloc::format!("{{{}}}", (0..60_000).map(|i| format!("\"{i}\":1")).collect::<Vec<_>>().join(","));
    let lists = alloc::format!("{{\"a\":{}1{}}}", "[".repeat(300_000), "]".repeat(300_000));
    assert_eq!(read(F, &deep), Err(Status::TooLarge));
    assert_eq!(read(F, &wide), Err(Status::TooLarge));
    assert!(read(F, &lists).is_ok() || read(F, &lists).is_err());
}

#[test]
fn sets_in_place() {
    sets(F, &[
        ("{}\n", "a", "x", "{\n  \"a\": \"x\"\n}\n"),
        ("{\"a\": \"x\"}", "a", "y", "{\"a\": \"y\"}"),
        ("{\"b\":1, \"a\":2}", "b", "x", "{\"b\":\"x\", \"a\":2}"),
        ("{\"b\":1.10}", "b", "1.20", "{\"b\":1.20}"),
        ("{\"b\":true}", "b", "false", "{\"b\":false}"),
        ("{\"b\":1}", "b", "007", "{\"b\":\"007\"}"),
        ("{\"b\":\"1\"}", "b", "2", "{\"b\":\"2\"}"),
        ("{\"b\":null}", "b", "x", "{\"b\":\"x\"}"),
        ("{\n\t\"z\": 1,\n\t\"a\": 2\n}\n", "m", "x", "{\n\t\"z\": 1,\n\t\"a\": 2,\n\t\"m\": \"x\"\n}\n"),
        ("{\"a\": {\"b\": 1}}", "a/c", "x", "{\"a\": {\"b\": 1, \"c\": \"x\"}}"),
        ("{\"a\": {}}", "a/b/c", "x", "{\"a\": {\"b\": {\"c\": \"x\"}}}"),
        ("{\"a\": \"s\"}", "a/b", "x", "{\"a\": \"s\", \"a/b\": \"x\"}"),
        ("{\"a/b\": 1}", "a/b", "x", "{\"a/b\": \"x\"}"),
    ]);
}

#[test]
fn does_not_set_over_a_container() {
    for text in ["{\"a\":{\"b\":1}}", "{\"a\":[1]}"] {
        let source = Source::parse(F, text.into()).unwrap();
        assert_eq!(source.set("a", "x"), Err(Status::InvalidKey), "{text}");
    }
}

#[test]
fn deletes_members() {
    deletes(F, &[
        ("{\"a\": 1}", "a", "{}"),
        ("{\"a\": 1, \"b\": 2, \"c\": 3}", "a", "{\"b\": 2, \"c\": 3}"),
        ("{\"a\": 1, \"b\": 2, \"c\": 3}", "b", "{\"a\": 1, \"c\": 3}"),
        ("{\"a\": 1, \"b\": 2, \"c\": 3}", "c", "{\"a\": 1, \"b\": 2}"),
        ("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "a/b", "{\n  \"a\": {\n    \n  }\n}\n"),
    ]);
    let source = Source::parse(F, b"{\"a\":{\"b\":1}}".to_vec()).unwrap();
    assert_eq!(source.delete("a"), Err(Status::NotFound));
    assert_eq!(source.delete("x"), Err(Status::NotFound));
}

#[test]
fn hard_values_round_trip() {
    let texts = ["{}", "{\n  \"x\": 1,\n  \"d\": {\"y\": 1.10, \"k\": \"v\"},\n  \"n\": null\n}\n", "{\"k\":2}"];
    round_trips(F, &texts, &["k", "d/k", "d/new/x", "x/y"]);
}
