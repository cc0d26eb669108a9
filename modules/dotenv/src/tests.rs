use alloc::format;
use alloc::vec::Vec;

use postern_guest::Status;
use postern_guest::testing::{self, Host};
use serde_json::Value;
use text::source::Source;
use text::testing::{HARD, deletes, holds, provides, read, refused, sets};

use crate::dotenv::Dotenv as F;

/// Texts, and the keys and values in them.
pub(crate) const READS: &[(&str, &[&str])] = &[
    ("", &[]),
    ("\n# c\n  # c\r\n", &[]),
    ("A=1", &["A=1"]),
    ("A=1\nB=2\n", &["A=1", "B=2"]),
    ("A=1\r\nB=2\r\n", &["A=1", "B=2"]),
    ("\u{feff}A=1\n", &["A=1"]),
    ("export A=1\nexport\tB=2\n", &["A=1", "B=2"]),
    ("exportA=1\n", &["exportA=1"]),
    ("  A = 1 \n", &["A=1"]),
    ("A=\n", &["A="]),
    ("A= # c\n", &["A="]),
    ("A=#x\n", &["A=#x"]),
    ("A=a#b\n", &["A=a#b"]),
    ("A=a #b\n", &["A=a"]),
    ("A=a\t#b\n", &["A=a"]),
    ("A=a b c\n", &["A=a b c"]),
    ("A='a #b' # c\n", &["A=a #b"]),
    ("A='a\\nb'\n", &["A=a\\nb"]),
    ("A=\"a\\nb\\r\\t\\\"\\\\\\$\\d\"\n", &["A=a\nb\r\t\"\\$\\d"]),
    ("A=\"a\nb\"\nB=2\n", &["A=a\nb", "B=2"]),
    ("A='a\nb'\n", &["A=a\nb"]),
    ("A=$B ${C}\n", &["A=$B ${C}"]),
    ("A=a=b\n", &["A=a=b"]),
    ("A=1\nA=2\n", &["A=2"]),
    ("db/password=x\na.b-c=y\n", &["a.b-c=y", "db/password=x"]),
    ("a//b=x\n~=y\nA=1\n", &["A=1"]),
    ("A=it's\n", &["A=it's"]),
    ("A=\"\\é\"\n", &["A=\\é"]),
];

#[test]
fn reads() {
    holds::<F>(READS);
}

#[test]
fn rejects() {
    refused::<F>(&[
        ("A=1\nhello\n", "line 2, column 1: not an assignment"),
        ("=x\n", "line 1, column 1: not an assignment"),
        ("A B=x\n", "line 1, column 1: not an assignment"),
        ("A=1\nB=\"x\nC=2\n", "line 2, column 3: unclosed quote"),
        ("A='x\\'y'\n", "line 1, column 7: text after the closing quote"),
    ]);
}

#[test]
fn sets_in_place() {
    sets::<F>(&[
        ("", "A", "1", "A=1\n"),
        ("B=2", "A", "1", "B=2\nA=1\n"),
        ("B=2\r\n", "A", "1", "B=2\r\nA=1\r\n"),
        ("B=2\rC=3", "A", "1", "B=2\rC=3\rA=1\r"),
        ("# c\nexport A = old # note\n\nB='x'\n", "A", "new", "# c\nexport A=new # note\n\nB='x'\n"),
        ("A='old'\n", "A", "new", "A='new'\n"),
        ("A=\"old\"\n", "A", "new", "A=\"new\"\n"),
        ("A=\"old\"\n", "A", "n$w", "A='n$w'\n"),
        ("A=\"old\"\n", "A", "`x`", "A='`x`'\n"),
        ("A=`old`\n", "A", "new", "A='new'\n"),
        ("A=old\n", "A", "a b", "A='a b'\n"),
        ("A='old'\n", "A", "it's", "A=\"it's\"\n"),
        ("A=\"a\nb\"\nB=2\n", "A", "c", "A=\"c\"\nB=2\n"),
        ("A=1\nA=2\n", "A", "3", "A=1\nA=3\n"),
        ("A=\nB=2\n", "A", "1", "A=1\nB=2\n"),
        ("A= # c\n", "A", "1", "A=1 # c\n"),
        ("\u{feff}A=1\n", "A", "2", "\u{feff}A=2\n"),
        ("A=1\n # c\n \n", "B", "2", "A=1\nB=2\n # c\n \n"),
        ("A=1\n# c\n\n", "B", "2", "A=1\n# c\n\nB=2\n"),
        (" # c", "B", "2", "B=2\n # c"),
        ("A=1\t# c\n", "A", "2", "A='2'\t# c\n"),
        ("A= \t# c\n", "A", "2", "A='2' \t# c\n"),
        ("A=1\n # c\n# d\n", "B", "2", "A=1\nB=2\n # c\n# d\n"),
        ("A=`x\n # c`", "B", "2", "A=`x\n # c`\nB=2\n"),
        ("A='x\n # c\n'", "B", "2", "A='x\n # c\n'\nB=2\n"),
    ]);
}

#[test]
fn deletes_lines() {
    deletes::<F>(&[
        ("A=1\n", "A", ""),
        ("# c\nA=1 # x\nB=2\n", "A", "# c\nB=2\n"),
        ("A=1\nB=2\nA=3\n", "A", "B=2\n"),
        ("A=\"x\ny\"\nB=2\n", "A", "B=2\n"),
        ("B=2\nA=1", "A", "B=2\n"),
        // For some readers a byte order mark is a part of the name behind it.
        ("\u{feff}A=1\nB=2\n", "A", "B=2\n"),
        ("\u{feff}A=1\nB=2\nA=3\n", "A", "B=2\n"),
        ("\u{feff}A=1\nB=2\n", "B", "\u{feff}A=1\n"),
        ("\u{feff}# c\nA=1\nB=2\n", "A", "\u{feff}# c\nB=2\n"),
        ("\u{feff}A=1\n", "A", ""),
    ]);
}

// Node takes an indented comment or a line of blanks for a part of the next name.
#[test]
fn delete_hides_no_other_name_from_node() {
    deletes::<F>(&[
        ("X=0\n  # database\nA=1\nB=2\n", "A", "X=0\n# database\nB=2\n"),
        ("X=0\n  \nA=1\nB=2\n", "A", "X=0\n\nB=2\n"),
        ("\t# c\r\n  \r\n# d\r\nA=1\r\nB=2\r\n", "A", "# c\r\n\r\n# d\r\nB=2\r\n"),
        ("X=0\n  # c\nA=1\nA=2\nB=2\n", "A", "X=0\n# c\nB=2\n"),
        ("X='a\n # b'\n # c\nA=1\nB=2\n", "A", "X='a\n # b'\n# c\nB=2\n"),
        (" # c\nA=1\na//b=2\n", "A", "# c\na//b=2\n"),
        // Nothing follows, or Node does not see it anyway.
        ("X=0\n  # c\nA=1\n", "A", "X=0\n  # c\n"),
        ("X=0\nA=1\n  # c\nB=2\n", "A", "X=0\n  # c\nB=2\n"),
    ]);
}

// A shell that reads on behind an earlier line would run a part of a value, or take it for a
// part of another one.
#[test]
fn refuses_edits_that_a_shell_reads_as_part_of_another_line() {
    let edit = |text: &str, key: &str, value: Option<&str>| {
        Host::default().install();
        let source = Source::<F>::parse(text.into()).unwrap();
        value
            .map_or_else(|| source.delete(key), |value| source.set(key, value))
            .map_err(|_| testing::failed().unwrap())
    };
    let open = [
        "N=O'Brien",
        "Q=5\" x",
        "Q=say \"hi",
        "D=C:\\data\\",
        "T=a`b",
        "C=a$(b",
        "P=a${b",
        "P=a(b",
        "H=a <<b",
        "N=O'Brien # it",
        "N=a#'b",
    ];
    for line in open {
        for (text, number) in [
            (format!("{line}\nB=2\n"), "line 1:"),
            (format!("A='1'\n# it's\n\n{line}\nB=2\nC=3\n"), "line 4:"),
        ] {
            for (key, value) in [("NEW", Some("x y")), ("B", Some("z")), ("B", None)] {
                if key == "NEW" && line.ends_with('\\') {
                    continue; // only the next line is joined
                }
                let message = edit(&text, key, value).unwrap_err();
                assert!(message.starts_with(number), "{text:?}, {key}, {value:?}: {message}");
            }
        }
        let fixed = edit(&format!("{line}\nB=2\n"), &line[..1], Some("fixed"));
        assert!(fixed.unwrap().ends_with("=fixed\nB=2\n") || line.contains(" #"), "{line}");
        let removed = edit(&format!("{line}\nB=2\n"), &line[..1], None);
        assert_eq!(removed.unwrap(), "B=2\n");
    }
    for line in [
        "N='O'",
        "N=\"O'Brien\"",
        "N=1 # it's",
        "# it's",
        "N=a\\b",
        "N=\"a\\\"b\"",
        "N=`a b`",
        "N='a\nb\\'",
        "N=$A",
        "N=a\\'b",
        "N='it'\\''s'",
        "N=a<b",
    ] {
        let text = format!("{line}\nB=2\n");
        if Source::<F>::parse(text.clone().into()).is_ok() {
            assert_eq!(edit(&text, "NEW", Some("x y")).unwrap(), format!("{text}NEW='x y'\n"));
        }
    }
}

pub(crate) fn dialect() -> Value {
    serde_json::from_str(include_str!("../../../testdata/documents/dotenv.json")).unwrap()
}

#[test]
fn reads_the_dialect() {
    for case in dialect()["read"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        if let Some(message) = case["error"].as_str() {
            refused::<F>(&[(text, message)]);
            continue;
        }
        let want = case["want"].as_object().unwrap();
        let mut want: Vec<_> =
            want.iter().map(|(k, v)| alloc::format!("{k}={}", v.as_str().unwrap())).collect();
        want.sort();
        assert_eq!(read::<F>(text), Ok(want), "{text:?}");
    }
}

#[test]
fn writes_the_dialect_or_refuses_with_the_key() {
    for case in dialect()["write"].as_array().unwrap() {
        let value = case["value"].as_str().unwrap();
        let empty = Source::<F>::empty().unwrap();
        match case["want"].as_str() {
            Some(want) => sets::<F>(&[("", "K", value, &alloc::format!("K={want}\n"))]),
            None => {
                Host::default().install();
                assert_eq!(empty.set("K", value), Err(Status::InvalidValue), "{value:?}");
                let message = testing::failed().unwrap();
                assert!(message.starts_with("K: "), "{message}");
            }
        }
    }
    for name in dialect()["names"]["written"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        sets::<F>(&[("", name, "x", &alloc::format!("{name}=x\n"))]);
    }
    let names = &dialect()["names"];
    for name in names["refused"].as_array().unwrap().iter().chain(names["kept"].as_array().unwrap()) {
        let name = name.as_str().unwrap();
        Host::default().install();
        assert_eq!(Source::<F>::empty().unwrap().set(name, "x"), Err(Status::InvalidKey), "{name}");
        assert!(testing::failed().unwrap().starts_with(name));
    }
}

#[test]
fn hard_values_round_trip_or_are_refused() {
    for text in ["", "X=1\n# c\nA=old\nY=2\n", "A='q' # c\r\nX=1\r\n", "A=\"d\"\nX='\n'"] {
        for value in HARD {
            let source = Source::<F>::parse(text.into()).unwrap();
            let spelt = crate::spell::value(value, None).is_ok();
            match source.set("A", value) {
                Ok(new) => {
                    let new = Source::<F>::parse(new.into_bytes()).unwrap();
                    assert_eq!(new.entries().unwrap().get("A").unwrap().value, Some(value.as_bytes()));
                }
                Err(status) => assert_eq!((spelt, status), (false, Status::InvalidValue), "{value:?}"),
            }
        }
    }
}

#[test]
fn is_a_provider() {
    provides::<F>("A=x\n", "x y z");
}

#[test]
fn encrypted_files_get_no_plain_text() {
    for (text, deletes) in [
        ("A=ENC[AES256_GCM,data:x]\nsops_mac=ENC[AES256_GCM,data:y]\n", false),
        ("DOTENV_PUBLIC_KEY=\"03a1\"\nA=encrypted:BE9\n", true),
        ("DOTENV_PUBLIC_KEY_PRODUCTION=03a1\nA=encrypted:BE9\n", true),
    ] {
        let source = Source::<F>::parse(text.into()).unwrap();
        assert_eq!(source.set("A", "n"), Err(Status::ReadOnly), "{text}");
        assert_eq!(source.set("NEW", "n"), Err(Status::ReadOnly), "{text}");
        assert_eq!(source.delete("A").is_ok(), deletes, "{text}");
    }
}
