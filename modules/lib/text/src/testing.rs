//! Tables of texts and edits for the tests of a format. It does not exist on wasm32.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use postern_guest::testing::{self, Host, config};
use postern_guest::{Provider, Result, Status};

use crate::entries::Entry;
use crate::file::File;
use crate::source::{Format, Source};

/// The keys and values of a text, as `key=value`.
pub fn read<F: Format>(text: &str) -> Result<Vec<String>> {
    let source = Source::<F>::parse(text.as_bytes().to_vec())?;
    let entries = source.entries()?;
    let line = |e| match source.refusal(e) {
        Some(reason) => format!("refused {reason}"),
        None => format!("{}={}", e.key, shown(e)),
    };
    Ok(entries.iter().map(line).collect())
}

/// The value of an entry. Bytes that are not UTF-8 are as in a Rust literal.
pub fn shown(entry: &Entry) -> String {
    let value = entry.value.unwrap_or_default();
    let escaped = || value.escape_ascii().to_string();
    core::str::from_utf8(value).map_or_else(|_| escaped(), String::from)
}

/// Checks a table of texts and their keys and values.
pub fn holds<F: Format>(cases: &[(&str, &[&str])]) {
    for (text, want) in cases {
        let got = read::<F>(text);
        let want: Vec<String> = want.iter().map(|s| s.to_string()).collect();
        assert_eq!(got, Ok(want), "{text:?}");
    }
}

/// Checks a table of invalid texts and the messages for them, whether they are read or
/// edited.
pub fn refused<F: Format>(cases: &[(&str, &str)]) {
    let uses: [(&str, fn(&Source<F>) -> Result<()>); 4] = [
        ("read", |s| s.entries().map(drop)),
        ("set a new key", |s| s.set("new-key", "value").map(drop)),
        ("set", |s| s.set("a", "value").map(drop)),
        ("delete", |s| s.delete("new-key").map(drop)),
    ];
    for (text, message) in cases {
        for (name, used) in uses {
            Host::default().install();
            let got = Source::<F>::parse(text.as_bytes().to_vec()).and_then(|s| used(&s));
            assert_eq!(got, Err(Status::Unavailable), "{name} {text:?}");
            assert_eq!(testing::failed().as_deref(), Some(*message), "{name} {text:?}");
        }
    }
}

/// Checks a table of texts, a key, its new value and the resulting text.
pub fn sets<F: Format>(cases: &[(&str, &str, &str, &str)]) {
    for (text, key, value, want) in cases {
        let source = Source::<F>::parse(text.as_bytes().to_vec()).unwrap();
        let got = source.set(key, value);
        assert_eq!(got.as_deref(), Ok(*want), "{text:?} set {key:?} {value:?}: {:?}", testing::failed());
    }
}

/// Checks a table of texts, a key to delete and the resulting text.
pub fn deletes<F: Format>(cases: &[(&str, &str, &str)]) {
    for (text, key, want) in cases {
        let source = Source::<F>::parse(text.as_bytes().to_vec()).unwrap();
        let got = source.delete(key);
        assert_eq!(got.as_deref(), Ok(*want), "{text:?} delete {key:?}: {:?}", testing::failed());
    }
}

/// Values that need quotes or escapes in some format.
pub const HARD: &[&str] = &[
    "",
    " ",
    "  two  ",
    "a b",
    "#",
    "a #b",
    "'",
    "\"",
    "'\"",
    "\\",
    "\\n",
    "\\\\n",
    "\n",
    "a\nb\n",
    "\r\n",
    "\r",
    "\t",
    "$HOME",
    "${X}",
    "`id`",
    "true",
    "null",
    "~",
    "1.10",
    "007",
    "1e3",
    "{}",
    "[a]",
    "- a",
    "a: b",
    "a:",
    "&x",
    "*x",
    "!x",
    "|",
    ">",
    "%x",
    "@x",
    "?",
    "--- a",
    "...",
    "é",
    "\u{1f600}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{1}",
    "\u{7f}",
    "\u{ffff}",
    "=",
    "a=b",
    "export",
    "'''",
    "\"\"\"",
    "\\u0041",
    "\u{b}\u{c}",
];

/// Checks that every hard value can be set and read in every text, as a new key, as
/// an existing one and nested, and that deleting it restores the other keys.
pub fn round_trips<F: Format>(texts: &[&str], keys: &[&str]) {
    for text in texts {
        for key in keys {
            let mut now = String::from(*text);
            let before = read::<F>(&now).unwrap();
            for value in HARD {
                let source = Source::<F>::parse(now.into_bytes()).unwrap();
                let set = source.set(key, value);
                now = set.unwrap_or_else(|e| {
                    panic!("{text:?} set {key:?} {value:?}: {e:?} {:?}", testing::failed())
                });
                let source = Source::<F>::parse(now.clone().into_bytes()).unwrap();
                assert_eq!(source.entries().unwrap().get(key).map(shown).as_deref(), Some(*value), "{now:?}");
            }
            let source = Source::<F>::parse(now.into_bytes()).unwrap();
            let after = read::<F>(&source.delete(key).unwrap()).unwrap();
            let prefix = format!("{key}=");
            let before: Vec<_> = before.into_iter().filter(|e| !e.starts_with(&prefix)).collect();
            assert_eq!(after, before, "{text:?} delete {key:?}");
        }
    }
}

const PATH: &str = "f";

fn open<F: Format>(text: Option<&str>) -> File<F> {
    let mut host = Host::default();
    if let Some(text) = text {
        host.files.insert(PATH.into(), text.into());
    }
    host.install();
    File::open(&config(&[("path", PATH)])).ok().unwrap()
}

fn content() -> Option<String> {
    testing::host(|h| h.files.get(PATH).map(|c| String::from_utf8(c.clone()).unwrap()))
}

/// Checks what holds for the provider of every format. `created` is a new file after
/// `A` was set to `x`, `broken` a text that does not parse.
pub fn provides<F: Format>(created: &str, broken: &str) {
    for settings in [&[][..], &[("path", "")], &[("path", "a"), ("x", "y")]] {
        assert_eq!(File::<F>::open(&config(settings)).err(), Some(Status::InvalidValue), "{settings:?}");
    }
    without_a_file::<F>(created);
    with_a_file::<F>(created);
    refuses_what_cannot_be::<F>(created, broken);
    returns_a_status_of_the_host::<F>(created);
}

fn without_a_file<F: Format>(created: &str) {
    let mut file = open::<F>(None);
    assert_eq!(testing::get(&mut file, &["A"]), Err(Status::NotConfigured));
    assert_eq!(testing::keys(&mut file, ""), Err(Status::NotConfigured));
    assert_eq!(file.delete("A"), Err(Status::NotFound));
    assert_eq!(file.set("A", b"x"), Ok(()));
    assert_eq!(content().as_deref(), Some(created));
    assert_eq!(testing::get_one(&mut file, "A"), Ok(b"x".to_vec()));
    assert_eq!(file.delete("A"), Ok(()));
    assert_eq!(file.delete("A"), Err(Status::NotFound));
}

fn with_a_file<F: Format>(created: &str) {
    let mut file = open::<F>(Some(created));
    let replies = testing::get(&mut file, &["A", "C"]).unwrap();
    let got: Vec<_> =
        replies.iter().map(|r| (r.key.as_str(), r.value.is_ok(), r.version.is_some())).collect();
    assert_eq!(got, [("A", true, true), ("C", false, false)]);
    assert_eq!(testing::host(|h| h.file_calls), 2, "one stat and one read");
}

fn refuses_what_cannot_be<F: Format>(created: &str, broken: &str) {
    for value in [&b"a\0b"[..], b"\xff"] {
        let mut file = open::<F>(None);
        assert_eq!(file.set("A", value), Err(Status::InvalidValue), "{value:?}");
        assert!(testing::failed().unwrap().contains("A: "), "{:?}", testing::failed());
        assert_eq!(content(), None);
    }
    let mut file = open::<F>(Some(broken));
    assert_eq!(file.set("A", b"x"), Err(Status::Unavailable));
    assert_eq!(content().as_deref(), Some(broken));
    testing::host(|h| h.files.insert(PATH.into(), b"a\nb\n\xff".to_vec()));
    assert_eq!(testing::get_one(&mut file, "A"), Err(Status::Unavailable));
    assert_eq!(testing::failed().as_deref(), Some("line 3: not UTF-8"));
    let mut file = open::<F>(Some(&(String::from(created) + &" ".repeat(1 << 20))));
    assert_eq!(testing::get_one(&mut file, "A"), Err(Status::TooLarge));
}

fn returns_a_status_of_the_host<F: Format>(created: &str) {
    for status in [Status::Forbidden, Status::Capability, Status::TooLarge] {
        let mut file = open::<F>(None);
        testing::host(|h| h.file_errors.insert(PATH.into(), status));
        assert_eq!(testing::get_one(&mut file, "A"), Err(status));
        assert_eq!(file.set("A", b"x"), Err(status));
    }
    let mut file = open::<F>(Some(created));
    testing::host(|h| h.read_only = true);
    assert_eq!(file.set("A", b"x"), Err(Status::ReadOnly));
    assert_eq!(file.delete("A"), Err(Status::ReadOnly));
}
