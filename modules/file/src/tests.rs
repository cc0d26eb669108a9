//! Tables of texts and edits for the four formats, and tests of the provider on the
//! SDK's test host.

use super::*;
use alloc::string::ToString;
use alloc::vec::Vec;
use postern_guest::testing::{self, Host, config};

mod dotenv;
mod folder;
mod json;
mod provider;
mod toml;
mod yaml;

/// The keys and values of a text, as `key=value`.
fn read(format: Format, text: &str) -> Result<Vec<String>> {
    let source = Source::parse(format, text.as_bytes().to_vec())?;
    let entries = source.entries()?;
    Ok(entries.iter().map(|(k, v)| format!("{k}={v}")).collect())
}

/// Checks a table of texts and their keys and values.
fn holds(format: Format, cases: &[(&str, &[&str])]) {
    for (text, want) in cases {
        let got = read(format, text);
        let want: Vec<String> = want.iter().map(|s| s.to_string()).collect();
        assert_eq!(got, Ok(want), "{format:?} {text:?}");
    }
}

/// Checks a table of invalid texts and the messages for them.
fn refused(format: Format, cases: &[(&str, &str)]) {
    for (text, message) in cases {
        Host::default().install();
        assert_eq!(read(format, text), Err(Status::Unavailable), "{format:?} {text:?}");
        assert_eq!(testing::failed().as_deref(), Some(*message), "{format:?} {text:?}");
    }
}

/// Checks a table of texts, a key, its new value and the resulting text.
fn sets(format: Format, cases: &[(&str, &str, &str, &str)]) {
    for (text, key, value, want) in cases {
        let source = Source::parse(format, text.as_bytes().to_vec()).unwrap();
        let got = source.set(key, value);
        assert_eq!(
            got.as_deref(),
            Ok(*want),
            "{format:?} {text:?} set {key:?} {value:?}: {:?}",
            testing::failed()
        );
    }
}

/// Checks a table of texts, a key to delete and the resulting text.
fn deletes(format: Format, cases: &[(&str, &str, &str)]) {
    for (text, key, want) in cases {
        let source = Source::parse(format, text.as_bytes().to_vec()).unwrap();
        let got = source.delete(key);
        assert_eq!(got.as_deref(), Ok(*want), "{format:?} {text:?} delete {key:?}: {:?}", testing::failed());
    }
}

/// Values that need quotes or escapes in some format.
const HARD: &[&str] = &[
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
fn round_trips(format: Format, texts: &[&str], keys: &[&str]) {
    for text in texts {
        for key in keys {
            let mut now = String::from(*text);
            let before = read(format, &now).unwrap();
            for value in HARD {
                let source = Source::parse(format, now.into_bytes()).unwrap();
                let set = source.set(key, value);
                now = set.unwrap_or_else(|e| {
                    panic!("{format:?} {text:?} set {key:?} {value:?}: {e:?} {:?}", testing::failed())
                });
                let source = Source::parse(format, now.clone().into_bytes()).unwrap();
                assert_eq!(source.entries().unwrap().get(key), Some(*value), "{format:?} {now:?}");
            }
            let source = Source::parse(format, now.into_bytes()).unwrap();
            let after = read(format, &source.delete(key).unwrap()).unwrap();
            let prefix = format!("{key}=");
            let before: Vec<_> = before.into_iter().filter(|e| !e.starts_with(&prefix)).collect();
            assert_eq!(after, before, "{format:?} {text:?} delete {key:?}");
        }
    }
}
