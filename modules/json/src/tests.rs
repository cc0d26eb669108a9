use alloc::string::String;
use alloc::vec::Vec;

use postern_guest::Status;
use text::source::Source;
use text::testing::{deletes, holds, provides, read, refused, round_trips, sets};

use crate::json::Json as F;

#[test]
fn reads() {
    holds::<F>(&[
        ("{}", &[]),
        (" \r\n{ } \n", &[]),
        ("\u{feff}{\"a\":\"x\"}", &["a=x"]),
        ("{\"a\":{\"b\":{\"c\":\"x\"}},\"b\":\"y\"}", &["a/b/c=x", "b=y"]),
        (
            "{\"a\":1.10,\"b\":12345678901234567890123,\"c\":-0.0e+10,\"d\":true}",
            &["a=1.10", "b=12345678901234567890123", "c=-0.0e+10", "d=true"],
        ),
        ("{\"a\":null,\"b\":[1,{\"c\":2}],\"d\":{}}", &[]),
        ("{\"a\":\"\\u00e9\\n\\ud83d\\ude00\\/\"}", &["a=é\n\u{1f600}/"]),
        ("{\"\\u0061\":\"x\"}", &["a=x"]),
        ("{\"a/b\":\"x\",\"a\":{\"c\":\"y\"}}", &["a/b=x", "a/c=y"]),
        ("{\"a\":\"1\",\"a/b\":\"2\"}", &["a=1", "a/b=2"]),
        ("{\"a b\":1,\"\":2,\"..\":3,\"a//b\":4,\"é\":5,\"k\":{\" \":6},\"ok\":7}", &["ok=7"]),
    ]);
}

#[test]
fn rejects() {
    refused::<F>(&[
        ("", "line 1, column 1: not JSON"),
        ("{\"a\":1,}", "line 1, column 8: not JSON"),
        ("{\n  \"a\": s3cret\n}", "line 2, column 8: not JSON"),
        ("{\"a\":1} x", "line 1, column 9: not JSON"),
        ("[1]", "line 1, column 1: the document is not an object"),
        ("\"x\"", "line 1, column 1: the document is not an object"),
        ("{\"a\":\"\\ud800\"}", "line 1, column 13: not JSON"),
        ("{\"a\":1,\"a\":2}", "line 1, column 8: duplicate key"),
        ("{\"a\":1,\"a\":{\"b\":2}}", "line 1, column 8: duplicate key"),
        ("{\"a/b\":1,\n\"a\":{\"b\":2}}", "line 2, column 6: duplicate key"),
    ]);
}

#[test]
fn has_limits() {
    let deep = "{\"a\":".repeat(100) + "1" + &"}".repeat(100);
    let wide = alloc::format!(
        "{{{}}}",
        (0..60_000).map(|i| alloc::format!("\"{i}\":1")).collect::<Vec<_>>().join(",")
    );
    let lists = alloc::format!("{{\"a\":{}1{}}}", "[".repeat(300_000), "]".repeat(300_000));
    assert_eq!(read::<F>(&deep), Err(Status::TooLarge));
    assert_eq!(read::<F>(&wide), Err(Status::TooLarge));
    assert_eq!(read::<F>(&lists), Err(Status::TooLarge));
}

#[test]
fn sets_in_place() {
    sets::<F>(&[
        ("{}\n", "a", "x", "{\n  \"a\": \"x\"\n}\n"),
        ("{\"a\": \"x\"}", "a", "y", "{\"a\": \"y\"}"),
        ("{\"b\":1, \"a\":2}", "b", "x", "{\"b\":\"x\", \"a\":2}"),
        ("{\"b\":1.10}", "b", "1.20", "{\"b\":\"1.20\"}"),
        ("{\"b\":1.10}", "b", "1.25", "{\"b\":1.25}"),
        ("{\"b\":true}", "b", "false", "{\"b\":false}"),
        ("{\"b\":1}", "b", "007", "{\"b\":\"007\"}"),
        ("{\"b\":\"1\"}", "b", "2", "{\"b\":\"2\"}"),
        ("{\"b\":null}", "b", "x", "{\"b\":\"x\"}"),
        ("{\n\t\"z\": 1,\n\t\"a\": 2\n}\n", "m", "x", "{\n\t\"z\": 1,\n\t\"a\": 2,\n\t\"m\": \"x\"\n}\n"),
        ("{\"a\": {\"b\": 1}}", "a/c", "x", "{\"a\": {\"b\": 1, \"c\": \"x\"}}"),
        ("{\"a\": {}}", "a/b/c", "x", "{\"a\": {\"b\": {\"c\": \"x\"}}}"),
        ("{\"a\": \"s\"}", "a/b", "x", "{\"a\": \"s\", \"a/b\": \"x\"}"),
        ("{\"a\": null, \"c\": 1}", "a/b", "x", "{\"a\": {\"b\": \"x\"}, \"c\": 1}"),
        ("{\"a\": {\"b\": null}}", "a/b/c/d", "x", "{\"a\": {\"b\": {\"c\": {\"d\": \"x\"}}}}"),
        ("{\"a/b\": 1}", "a/b", "x", "{\"a/b\": \"x\"}"),
    ]);
}

#[test]
fn does_not_set_over_a_container() {
    for text in ["{\"a\":{\"b\":1}}", "{\"a\":[1]}"] {
        let source = Source::<F>::parse(text.into()).unwrap();
        assert_eq!(source.set("a", "x"), Err(Status::InvalidKey), "{text}");
    }
}

#[test]
fn deletes_members() {
    deletes::<F>(&[
        ("{\"a\": 1}", "a", "{}"),
        ("{\"a\": 1, \"b\": 2, \"c\": 3}", "a", "{\"b\": 2, \"c\": 3}"),
        ("{\"a\": 1, \"b\": 2, \"c\": 3}", "b", "{\"a\": 1, \"c\": 3}"),
        ("{\"a\": 1, \"b\": 2, \"c\": 3}", "c", "{\"a\": 1, \"b\": 2}"),
        ("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "a/b", "{\n  \"a\": {\n  }\n}\n"),
    ]);
    let source = Source::<F>::parse(b"{\"a\":{\"b\":1}}".to_vec()).unwrap();
    assert_eq!(source.delete("a"), Err(Status::NotFound));
    assert_eq!(source.delete("x"), Err(Status::NotFound));
}

#[test]
fn hard_values_round_trip() {
    let texts =
        ["{}", "{\n  \"x\": 1,\n  \"d\": {\"y\": 1.10, \"k\": \"v\"},\n  \"n\": null\n}\n", "{\"k\":2}"];
    round_trips::<F>(&texts, &["k", "d/k", "d/new/x", "x/y"]);
}

/// Removes, inserts and replaces bytes of valid documents, and checks that exactly
/// those that serde_json accepts are accepted, with the same content.
#[test]
fn agrees_with_serde_json() {
    let seeds = [
        "{\"a\":{\"b\":\"x\\u00e9\\ud83d\\ude00\\n\"},\"c\":[1,-0.5e+3,null,true],\"d\":false}",
        " {\n\t\"k\" : \"v\\\"\\\\\\/\" , \"n\": -12.5E-1, \"é\": 0 } \r\n",
    ];
    let bytes = b" \t\n{}[]:,\"\\/-+.0123456789eEabfnrtuls\x01\x7f";
    let mut state = 1u32;
    let mut next = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % n
    };
    let mut valid = 0;
    for round in 0..40_000 {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..1 + next(3) {
            let at = next(text.len());
            match next(3) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, bytes[next(bytes.len())]),
                _ => text[at] = bytes[next(bytes.len())],
            }
        }
        let Ok(text) = String::from_utf8(text) else { continue };
        let theirs: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&text).ok();
        let ours = crate::parse::parse(&text).ok();
        assert_eq!(ours.is_some(), theirs.is_some(), "{text:?}");
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            valid += 1;
            same(&ours, &serde_json::Value::Object(theirs), &text);
        }
    }
    assert!(valid > 1000, "only {valid} documents were valid");
}

fn same(ours: &crate::parse::Node, theirs: &serde_json::Value, text: &str) {
    use serde_json::Value;
    use text::tree::Kind;
    match (&ours.kind, theirs) {
        (Kind::Null, Value::Null) | (Kind::Opaque, Value::Array(_)) => {}
        (Kind::Scalar(s), Value::String(v)) => assert_eq!(s.value, v.as_bytes(), "{text:?}"),
        (Kind::Scalar(s), v) => {
            let v = v.clone();
            assert_eq!(serde_json::from_slice::<Value>(&s.value).unwrap(), v, "{text:?}");
        }
        (Kind::Table(members), Value::Object(map)) => {
            for member in members {
                // Of two members with one name, serde_json keeps the last.
                if members.iter().filter(|m| m.name == member.name).count() == 1 {
                    same(&member.node, &map[&member.name], text);
                }
            }
        }
        _ => panic!("{text:?}"),
    }
}

#[test]
fn is_a_provider() {
    provides::<F>("{\n  \"A\": \"x\"\n}\n", "{");
}

#[test]
fn a_number_that_others_read_otherwise_is_quoted() {
    sets::<F>(&[
        ("{\"a\": 1}", "a", "9007199254740991", "{\"a\": 9007199254740991}"),
        ("{\"a\": 1}", "a", "98765432109876543210", "{\"a\": \"98765432109876543210\"}"),
        ("{\"a\": 1}", "a", "1e3", "{\"a\": \"1e3\"}"),
        ("{\"a\": 98765432109876543210}", "a", "7", "{\"a\": 7}"),
    ]);
}

#[test]
fn files_of_sops_are_not_edited() {
    let source = Source::<F>::parse(
        r#"{"a": "ENC[AES256_GCM,data:x]", "sops": {"mac": "ENC[AES256_GCM,data:y]"}}"#.into(),
    )
    .unwrap();
    assert_eq!(source.set("a", "n"), Err(Status::ReadOnly));
    assert_eq!(source.set("new", "n"), Err(Status::ReadOnly));
    assert_eq!(source.delete("a"), Err(Status::ReadOnly));
}
