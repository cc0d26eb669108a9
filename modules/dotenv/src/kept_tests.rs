use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use postern_guest::testing::{self, Host, Reply, config, host};
use postern_guest::{Provider, Status};
use text::source::Source;

use crate::dotenv::Dotenv;
use crate::kept::{Kept, hash};
use crate::tests::{READS, dialect};

/// A provider for a file with this text.
fn open(text: &str) -> Kept {
    let files = [("f".into(), text.into())].into();
    Host { files, ..Host::default() }.install();
    Kept::open(&config(&[("path", "f")])).unwrap()
}

/// What a get of the keys answers, and how many file functions it calls.
fn get(kept: &mut Kept, keys: &[&str]) -> (Vec<Reply>, usize) {
    host(|h| h.file_calls = 0);
    let replies = testing::get(kept, keys).unwrap();
    (replies, host(|h| h.file_calls))
}

/// Checks that a reading from places is one of the whole file.
fn reads_the_same(text: &str) {
    let source = Source::<Dotenv>::parse(text.into()).unwrap();
    let entries = source.entries().unwrap();
    let names: Vec<_> = entries.iter().map(|e| &*e.key).chain(["NONE", "A", "a//b"]).collect();
    for name in names {
        let mut kept = open(text);
        let (whole, _) = get(&mut kept, &[name]);
        assert_eq!(
            whole[0].value.as_deref().ok(),
            entries.get(name).and_then(|e| e.value),
            "{name} in {text:?}"
        );
        assert!(host(|h| h.kv.contains_key("places")), "{text:?}");
        let (placed, calls) = get(&mut kept, &[name]);
        assert_eq!(placed, whole, "{name} in {text:?}");
        assert_eq!(calls, 2, "{name} in {text:?}");
    }
}

#[test]
fn places_read_as_the_whole_file() {
    for (text, _) in READS {
        reads_the_same(text);
        reads_the_same(&format!("\u{feff}{}", text.trim_start_matches('\u{feff}')));
        reads_the_same(&format!("{text}\nA='x\n=y' # c\r\nexport A=\"\\n\"\rNONE2=`\n`"));
    }
    for case in dialect()["read"].as_array().unwrap() {
        if case["error"].is_null() {
            reads_the_same(case["text"].as_str().unwrap());
        }
    }
}

#[test]
fn places_of_random_texts_read_as_the_whole_file() {
    let parts = [
        "A", "B", "NONE", "=", "=", "=", "\n", "\n", "\r\n", "\r", "'", "'", "\"", "\"", "`", "`", "#",
        " # ", " ", "\t", "export ", "\\n", "\\", "é", "x", "$A", "a//b",
    ];
    let mut seed = 1u64;
    let (mut read, mut refused) = (0, 0);
    while read < 3000 {
        let mut text = String::new();
        for _ in 0..2 + seed % 29 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            text += parts[(seed >> 33) as usize % parts.len()];
        }
        match Source::<Dotenv>::parse(text.clone().into()) {
            Ok(_) => reads_the_same(&text),
            Err(_) => refused += 1,
        }
        read += 1;
    }
    assert!(refused < 2900, "{refused} of 3000 texts are refused");
}

#[test]
fn several_keys_are_of_one_state_of_the_file() {
    let lines: Vec<_> = (0..40).map(|i| format!("K{i}=v{i}\n")).collect();
    let mut kept = open(&lines.concat());
    for keys in [&["K7", "K0", "NONE"][..], &["K1", "K2", "K3", "K4"], &["K1", "K2", "K3", "K4", "K5"]] {
        let (whole, _) = get(&mut kept, keys);
        let (again, calls) = get(&mut kept, keys);
        assert_eq!(again, whole);
        let expected = if keys.len() <= 4 { 1 + keys.len() } else { 3 }; // stat, read, stat
        assert_eq!(calls, expected, "{keys:?}");
    }
}

/// An edit that the version does not show has moved the lines: names are not said to be gone.
#[test]
fn moved_lines_are_read_as_a_whole() {
    let mut kept = open("AA=1\nBB=2\nCC=3\n");
    get(&mut kept, &["AA"]);
    host(|h| h.files.insert("f".into(), "CC=3\nBB=2\nAA=1\n".into()));
    for (key, value) in [("AA", "1"), ("BB", "2"), ("CC", "3")] {
        assert_eq!(get(&mut kept, &[key]).0[0].value, Ok(value.into()), "{key}");
    }
}

#[test]
fn a_changed_file_is_read_as_a_whole() {
    let mut kept = open("A=1\n");
    get(&mut kept, &["A"]);
    host(|h| {
        h.files.insert("f".into(), "B=2\nA=3\n".into());
        h.generation += 1;
    });
    assert_eq!(get(&mut kept, &["A"]).0[0].value, Ok("3".into()));
    assert_eq!(get(&mut kept, &["A"]).1, 2);
    host(|h| h.files.insert("f".into(), "B=2\n".into())); // another size
    assert_eq!(get(&mut kept, &["A"]).0[0].value, Err(Status::NotFound));
    host(|h| h.files.remove("f"));
    assert_eq!(testing::get(&mut kept, &["A"]), Err(Status::NotConfigured));
}

/// An edit of the same size that the version does not show, as some file systems have it.
#[test]
fn a_value_is_not_cut_if_the_version_is_late() {
    for (text, value) in [
        ("#23456\nA=abc\n#\n", "abc"),
        ("#23456\nA=xyz\n#\n", "xyz"),
        ("#23456\nA=abcd\n\n", "abcd"),
        ("#23456\nA=ab\n##\n", "ab"),
        ("#2345\nA=abc\n##\n", "abc"),
        ("#234567\nA=abc\n\n", "abc"),
        ("#23456\nB=x\nA=\n", ""),
        ("#23456\nA='\n' \n", "\n"),
    ] {
        let mut kept = open("#23456\nA=abc\n#\n");
        get(&mut kept, &["A"]);
        host(|h| h.files.insert("f".into(), text.into()));
        assert_eq!(get(&mut kept, &["A"]).0[0].value, Ok(value.into()), "{text:?}");
    }
}

#[test]
fn places_of_an_unsettled_file_are_not_kept() {
    let mut kept = open("A=1\n");
    host(|h| h.unsettled = true);
    for _ in 0..2 {
        let (replies, calls) = get(&mut kept, &["A"]);
        assert_eq!((replies[0].value.clone(), calls), (Ok("1".into()), 3));
    }
    assert!(host(|h| h.kv.is_empty()));
}

/// Whatever the store holds, the values are those of the file: here places of other names
/// have the hash of the key, or lead to nothing.
#[test]
fn places_with_the_hash_of_another_name_are_passed_over() {
    let text = "A=1\nB=2\n";
    for others in [1, 8, 9, 100] {
        let mut kept = open(text);
        get(&mut kept, &["A"]);
        let b = [hash("A"), 4, 4].map(u32::to_le_bytes).concat();
        host(|h| {
            let places = h.kv.get_mut("places").unwrap();
            places.extend(core::iter::repeat_n(b, others).flatten());
        });
        let (replies, calls) = get(&mut kept, &["A"]);
        assert_eq!(replies[0].value, Ok("1".into()));
        assert_eq!(calls, if others <= 8 { 2 + others } else { 1 + 9 + 2 });
    }
    for bad in [&b"\xff\xff\xff\xff"[..], b"", b"\0\0\0\0"] {
        let mut kept = open(text);
        host(|h| h.kv.insert("places".into(), bad.into()));
        assert_eq!(get(&mut kept, &["A"]).0[0].value, Ok("1".into()));
    }
}
