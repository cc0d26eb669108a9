//! Tables of texts and edits for the four formats, and the provider on a host
//! that is made for tests.

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

/// What a text holds, as `key=value` pairs.
fn read(format: Format, text: &str) -> Result<Vec<String>> {
    let source = Source::parse(format, text.as_bytes().to_vec())?;
    let entries = source.entries()?;
    Ok(entries.iter().map(|(k, v)| format!("{k}={v}")).collect())
}

/// Checks a table of texts and what they hold.
fn holds(format: Format, cases: &[(&str, &[&str])]) {
    for (text, want) in cases {
        let got = read(format, text);
        let want: Vec<String> = want.iter().map(|s| s.to_string()).collect();
        assert_eq!(got, Ok(want), "{format:?} {text:?}");
    }
}

/// Checks a table of texts that are refused, with the message for each.
fn refused(format: Format, cases: &[(&str, &str)]) {
    for (text, message) in cases {
        Host::default().install();
        assert_eq!(read(format, text), Err(Status::Unavailable), "{format:?} {text:?}");
        assert_eq!(testing::failed().as_deref(), Some(*message), "{format:?} {text:?}");
    }
}

/// Checks a table of texts, a key, its new value and the text that follows.
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

/// Checks a table of texts, a key to delete and the text that follows.
fn deletes(format: Format, cases: &[(&str, &str, &str)]) {
    for (text, key, want) in cases {
        let source = Source::parse(format, text.as_bytes().to_vec()).unwrap();
        let got = source.delete(key);
        assert_eq!(got.as_deref(), Ok(*want), "{format:?} {text:?} delete {key:?}: {:?}", testing::failed());
    }
}

/// Values that are hard to spell.
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

/// Every hard value reads back through every way into a text: new, in place of
/// another, and nested; and goes out again without a trace.
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
