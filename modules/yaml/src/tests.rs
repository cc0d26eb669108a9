use alloc::string::{String, ToString};
use alloc::vec::Vec;

use postern_guest::Status;
use text::source::Source;
use text::testing::{deletes, holds, provides, read, refused, round_trips, sets};

use crate::yaml::Yaml as F;

#[test]
fn reads() {
    holds::<F>(&[
        ("", &[]),
        ("# c\n---\n", &[]),
        ("a: x\n", &["a=x"]),
        ("\u{feff}a: x\r\nb: y\r\n", &["a=x", "b=y"]),
        (
            "a: 1.10\nb: 12345678901234567890\nc: true\nd: 0o7\ne: 2001-12-14\nf: yes\n",
            &["a=1.10", "b=12345678901234567890", "c=true", "d=0o7", "e=2001-12-14", "f=yes"],
        ),
        ("a: ~\nb: null\nc:\nd: ''\ne: \"null\"\nf: !!str null\n", &["d=", "e=null", "f=null"]),
        ("a:\n  b:\n    c: x\n  d: y\ne: z\n", &["a/b/c=x", "a/d=y", "e=z"]),
        ("a: {b: 1, c: {d: 'x'}}\n", &["a/b=1", "a/c/d=x"]),
        ("a:\n- x\n- b: y\nc: z\n", &["c=z"]),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\nc: |+\n  x\n\n", &["a=x\ny\n", "b=x y", "c=x\n\n"]),
        ("a: 'it''s'\nb: \"\\x41\\u00e9\\n\"\n", &["a=it's", "b=Aé\n"]),
        ("a: x # c\nb: x#y\n", &["a=x", "b=x#y"]),
        ("1: x\ntrue: y\nnull: z\n", &["1=x", "null=z", "true=y"]),
        ("a/b: x\na b: y\n? [c]\n: z\n", &["a/b=x"]),
        ("a: &x s\nb: *x\n", &["a=s", "b=s"]),
        ("a: &x {b: s}\nc: *x\nd:\n  <<: *x\n", &["a/b=s"]),
        ("é: x\nk: é # é\nl: y\n", &["k=é", "l=y"]),
        ("a: x\n...\n", &["a=x"]),
    ]);
}

/// The parser of the module refuses some of them, all other readers accept them.
#[test]
fn a_closing_bracket_may_stand_at_the_margin() {
    holds::<F>(&[
        ("a: [\n  'x'\n]\nb: 1\n", &["b=1"]),
        ("a: [\n  x\n]\nb: 1\n", &["b=1"]),
        ("a: [\n]\nb: 1\n", &["b=1"]),
        ("a: {\n  b: 'x',\n  c: [1, {d: e}],\n}\nd: é\n", &["a/b=x", "d=é"]),
        ("é: {\r\n  \"b\": \"é\" # é ]\r\n}\r\nc: {\r\n  b: 'y'\r\n}\r\nd: 1\r\n", &["c/b=y", "d=1"]),
        ("a:\n  b: {\n    c: 'x'\n  }\n  d: 'y'\n", &["a/b/c=x", "a/d=y"]),
        ("a:\n  - [\n    'x'\n  ]\nb: 1\n", &["b=1"]),
        ("a: &r [\n  'x',\n  ['y'\n]\n]\nb: 1\n", &["b=1"]),
        ("a: {\n  b: {\n    c: 'x'\n}\n}\n", &["a/b/c=x"]),
        ("a: [\n  \"]\n  ]\"\n] # c\nb: 1\n", &["b=1"]),
    ]);
    sets::<F>(&[
        ("a: {\n  b: 'x'\n}\nc: 1\n", "a/d", "y", "a: {\n  b: 'x',\n  d: \"y\"\n}\nc: 1\n"),
        ("a: {\n  b: 'x'\n}\nc: 'é'\n", "c", "y", "a: {\n  b: 'x'\n}\nc: \"y\"\n"),
        ("a: [\n  'x'\n]\n", "b", "y", "a: [\n  'x'\n]\nb: \"y\"\n"),
    ]);
    deletes::<F>(&[
        ("a: {\n  b: 'x',\n  c: 'y'\n}\nd: 1\n", "a/b", "a: {\n  c: 'y'\n}\nd: 1\n"),
        ("a: [\n  'x'\n]\nb: 1\n", "b", "a: [\n  'x'\n]\n"),
    ]);
    refused::<F>(&[
        ("a: ]\n", "line 1, column 4: not YAML"),
        ("a:\n  b: [\n    'x'\n]\n", "line 4, column 1: not YAML"),
        ("é: [\n  'é'\n]\nb: [\n 'x'\n]\n]\n", "line 7, column 1: not YAML"),
        ("a: [\n'x'\n]\n", "line 2, column 1: not YAML"),
        ("a: [\n  'x'\n}\n", "line 3, column 1: not YAML"),
    ]);
    let all = |space: usize| -> String {
        let lists = (0..100).map(|i| alloc::format!("k{i}: ['x'\n]\n"));
        [alloc::format!("#{}\n", " ".repeat(space))].into_iter().chain(lists).collect()
    };
    assert_eq!(read::<F>(&all(0)), Ok(Vec::new()));
    assert_eq!(read::<F>(&all(1 << 19)), Err(Status::Unavailable), "it would be parsed 100 times");
}

#[test]
fn rejects() {
    refused::<F>(&[
        ("a: [1\nb: 2\n", "line 2, column 2: not YAML"),
        ("a: s3cret: x\n", "line 1, column 10: not YAML"),
        ("- a\n", "line 1, column 1: the document is not a mapping"),
        ("word\n", "line 1, column 1: the document is not a mapping"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: more than one document"),
        ("a: 1\na: 2\n", "line 2, column 1: duplicate key"),
        ("a/b: 1\na:\n  b: 2\n", "line 3, column 3: duplicate key"),
        ("a: *x\n", "line 1, column 4: not YAML"),
    ]);
}

#[test]
fn has_limits() {
    let wide = (0..60_000).map(|i| alloc::format!("k{i}: 1\n")).collect::<Vec<_>>().concat();
    assert_eq!(read::<F>(&wide), Err(Status::TooLarge));
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let deep = "a: ".to_string() + &open.repeat(10_000) + &close.repeat(10_000);
        assert!(read::<F>(&deep).is_err(), "{open}");
    }
    let deep: String = (0..100).map(|i| alloc::format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(read::<F>(&deep), Err(Status::TooLarge));
    let bomb = "a: &a [x, x]\n".to_string()
        + &(1..60).map(|i| alloc::format!("b{i}: &b{i} [*a, *a]\n")).collect::<Vec<_>>().concat();
    assert_eq!(read::<F>(&bomb), Ok(Vec::new()));
    let repeat = alloc::format!("a: &a {}\n", "x".repeat(100_000))
        + &(0..1000).map(|i| alloc::format!("b{i}: *a\n")).collect::<Vec<_>>().concat();
    assert_eq!(read::<F>(&repeat), Err(Status::TooLarge));
}

#[test]
fn sets_in_place() {
    sets::<F>(&[
        ("", "a", "x", "a: \"x\"\n"),
        ("# c\n---\n", "a", "x", "# c\n---\na: \"x\"\n"),
        ("", "a/b/c", "x", "a:\n  b:\n    c: \"x\"\n"),
        ("a: x # c\nb: y\n", "a", "z", "a: \"z\" # c\nb: y\n"),
        ("a: 5432 # c\n", "a", "5433", "a: 5433 # c\n"),
        ("a: true\n", "a", "false", "a: false\n"),
        ("a:\n# c\nb: y\n", "a", "x", "a: \"x\"\n# c\nb: y\n"),
        ("a: ~\n", "a", "x", "a: \"x\"\n"),
        ("a: |\n  x\n  y\nb: z\n", "a", "n", "a: \"n\"\nb: z\n"),
        ("a: x\n  y\nb: z\n", "a", "n", "a: \"n\"\nb: z\n"),
        ("a: {b: 1}\n", "a/c", "x", "a: {b: 1, c: \"x\"}\n"),
        ("a: {}\n", "a/c", "x", "a: {c: \"x\"}\n"),
        ("a:\n  {} # c\nb: 1\n", "a/c/d", "x", "a:\n  c:\n    d: \"x\" # c\nb: 1\n"),
        ("{a:\n  {}}\n", "a/c", "x", "{a:\n  {c: \"x\"}}\n"),
        ("{}\n", "a", "x", "a: \"x\"\n"),
        ("a:\n  b: 1 # c\n# d\ne: 2\n", "a/f", "x", "a:\n  b: 1 # c\n  f: \"x\"\n# d\ne: 2\n"),
        ("a:\n    b: 1\ne: 2", "g", "x", "a:\n    b: 1\ne: 2\ng: \"x\"\n"),
        ("a:\n    b: 1\ne: 2", "a/g/h", "x", "a:\n    b: 1\n    g:\n      h: \"x\"\ne: 2"),
        ("a:\n- x\n- y\n", "b", "z", "a:\n- x\n- y\nb: \"z\"\n"),
        ("a: |\n  x\n\nb: y\n", "no", "z", "a: |\n  x\n\nb: y\n\"no\": \"z\"\n"),
        ("é: x # é\nk: v # é\nl: w\n", "k", "n", "é: x # é\nk: \"n\" # é\nl: w\n"),
        ("a: s\n", "a/b", "x", "a: s\n\"a/b\": \"x\"\n"),
        ("a: &x s\nb: *x\n", "b", "n", "a: &x s\nb: \"n\"\n"),
        ("a: 1\r\n", "b", "x", "a: 1\r\nb: \"x\"\r\n"),
    ]);
}

// A table without members may be written as null.
#[test]
fn sets_in_a_table_without_members() {
    sets::<F>(&[
        ("db:\n", "db/p", "x", "db:\n  p: \"x\"\n"),
        ("db: ~ # c\n", "db/p/q", "x", "db:\n  p:\n    q: \"x\" # c\n"),
        ("a:\n    db:\nc: 1\n", "a/db/p", "x", "a:\n    db:\n      p: \"x\"\nc: 1\n"),
        ("a: {db: null, c: 1}\n", "a/db/p", "x", "a: {db: {p: \"x\"}, c: 1}\n"),
        ("a: {db, c: 1}\n", "a/db/p", "x", "a: {db: {p: \"x\"}, c: 1}\n"),
        ("? db\nc: 1\n", "db/p", "x", "db:\n  p: \"x\"\nc: 1\n"),
    ]);
    let source = Source::<F>::parse(b"a: &a\nb: *a\n".to_vec()).unwrap();
    assert_eq!(source.set("a/b", "n"), Err(Status::ReadOnly));
}

#[test]
fn deleted_keys_come_back_in_their_place() {
    for (before, key, after) in [
        ("db:\n  p: \"x\"\nc: 1\n", "db/p", "db:\n  {}\nc: 1\n"),
        ("a:\n  db:\n      p: \"x\"\n", "a/db/p", "a:\n  db:\n      {}\n"),
        ("p: \"x\"\n", "p", "{}\n"),
    ] {
        deletes::<F>(&[(before, key, after)]);
        sets::<F>(&[(after, key, "x", before)]);
    }
}

#[test]
fn does_not_set_an_anchored_value() {
    let source = Source::<F>::parse(b"a: &x s\nb: *x\n".to_vec()).unwrap();
    assert_eq!(source.set("a", "n"), Err(Status::ReadOnly));
}

#[test]
fn deletes_lines() {
    deletes::<F>(&[
        ("a: 1 # c\nb: 2\n", "a", "b: 2\n"),
        ("a:\n  b: 1\n  c: 2\n# d\n", "a/b", "a:\n  c: 2\n# d\n"),
        ("a:\n  b: 1\nc: 2\n", "a/b", "a:\n  {}\nc: 2\n"),
        ("a: 1 # c\n# d\n", "a", "{}\n# d\n"),
        ("a: |\n  x\n  y\nb: 1\n", "a", "b: 1\n"),
        ("a: {b: 1, c: 2}\n", "a/b", "a: {c: 2}\n"),
        ("a: 1\nb: 2", "b", "a: 1\n"),
    ]);
}

#[test]
fn hard_values_round_trip() {
    let texts = [
        "",
        "x: 1\nk: v # c\nd:\n  y: 2\n  k: |\n    t\n    u\n# end\n",
        "{k: 1, d: {y: 2}, x: 3}\n",
        "d:\n",
    ];
    round_trips::<F>(&texts, &["k", "d/k", "d/new/x", "x/y", "a.b"]);
}

#[test]
fn is_a_provider() {
    provides::<F>("A: \"x\"\n", "a: [");
}

#[test]
fn a_block_scalar_at_the_end_has_no_line_break_of_its_own() {
    for header in ["|", ">", "|+", "|-", ">+", "|2", "| # c"] {
        holds::<F>(&[
            (&alloc::format!("a: {header}\n  x"), &["a=x"]),
            (
                &alloc::format!("b: {header}\n  x\n  y\na:\n  c: {header}\n    x"),
                &[
                    "a/c=x",
                    if header.starts_with('|') && !header.ends_with('-') {
                        "b=x\ny\n"
                    } else if header == "|-" {
                        "b=x\ny"
                    } else {
                        "b=x y\n"
                    },
                ],
            ),
        ]);
    }
    sets::<F>(&[
        ("a: |\n  x", "b", "n", "b: \"n\"\na: |\n  x"),
        ("a:\n- |\n  x", "b", "n", "b: \"n\"\na:\n- |\n  x"),
        ("c: 1\na: |\n  x", "b", "n", "c: 1\nb: \"n\"\na: |\n  x"),
        ("a: |-\n  x", "b", "n", "a: |-\n  x\nb: \"n\"\n"),
        ("a: |\n  x", "a", "n", "a: \"n\""),
        ("b: x\na: |+\n  l1\n\n", "m", "q", "b: x\na: |+\n  l1\n\nm: \"q\"\n"),
        ("a: |+ # c\n  l1\n\nb: 1\n", "a", "q", "a: \"q\" # c\nb: 1\n"),
        ("a: |\n\n\n  x\n\nb: 1\n", "a", "q", "a: \"q\"\n\nb: 1\n"),
    ]);
    deletes::<F>(&[
        ("p: |+\n  x\na: 1\n\nb: 2\n", "a", "p: |+\n  x\nb: 2\n"),
        ("p: |\n  x\na: 1\n  # in\nb: 2\n", "a", "p: |\n  x\n#\n  # in\nb: 2\n"),
    ]);
}

/// PyYAML and libyaml refuse a tab that is in no scalar.
#[test]
fn a_tab_in_the_last_line_of_a_block_scalar_goes_with_it() {
    for header in ["|", ">", "|-", ">-", "|2", "| # c", "!!str |"] {
        let comment = if header.ends_with('c') { " # c" } else { "" };
        let tag = if header.starts_with('!') { "!!str " } else { "" };
        for last in ["  \t", "  \t\t", "   \t ", "  \t \n", "  \t\n\n", "  \t\r", "  \n  \t"] {
            let blank = last.trim_start_matches([' ', '\t', '\r']);
            let blank = if last.starts_with("  \n") { "" } else { blank };
            sets::<F>(&[
                (
                    &alloc::format!("k: {header}\n  a\n{last}\nz: 1\n"),
                    "k",
                    "n",
                    &alloc::format!("k: {tag}\"n\"{comment}\n{blank}z: 1\n"),
                ),
                (
                    &alloc::format!("k: {header}\n  a\n{last}\n"),
                    "k",
                    "n",
                    &alloc::format!("k: {tag}\"n\"{comment}\n{blank}"),
                ),
            ]);
        }
        deletes::<F>(&[
            (&alloc::format!("k: {header}\n  a\n  \t\nz: 1\n"), "k", "z: 1\n"),
            (&alloc::format!("m:\n  k: {header}\n    a\n    \t\n  z: 1\n"), "m/k", "m:\n  z: 1\n"),
        ]);
    }
}

/// A line of more spaces than the indentation is text of a block scalar.
#[test]
fn what_follows_a_block_scalar_does_not_become_text_of_it() {
    sets::<F>(&[
        ("a: >-\n  x\n   \n   \n", "b", "n", "a: >-\n  x\n   \n   \nb: \"n\"\n"),
        ("a: |\r\n  x\r\n    \r\n", "b", "n", "a: |\r\n  x\r\n    \r\nb: \"n\"\r\n"),
        (
            "m:\n  a: |\n\n    x\n     \n  \nz: 1\n",
            "m/b",
            "n",
            "m:\n  a: |\n\n    x\n     \n  b: \"n\"\n  \nz: 1\n",
        ),
        ("a: |\n  x\n   \n\nb: 1\n", "a", "n", "a: \"n\"\n\nb: 1\n"),
    ]);
}

#[test]
fn set_keeps_comment_and_tag() {
    sets::<F>(&[
        ("pw: old # rotate\nz: 1\n", "pw", "n", "pw: \"n\" # rotate\nz: 1\n"),
        ("pw: \"old\" # rotate\nz: 1\n", "pw", "n", "pw: \"n\" # rotate\nz: 1\n"),
        ("pw: 'o''ld' # rotate\nz: 1\n", "pw", "n", "pw: \"n\" # rotate\nz: 1\n"),
        ("pw: !!str \"old\"   # rotate\n", "pw", "n", "pw: !!str \"n\"   # rotate\n"),
        ("pw: ! &a 'old'   # rotate\n", "pw", "n", "pw: &a \"n\"   # rotate\n"),
        ("pw: !!str # c\n", "pw", "n", "pw: !!str \"n\" # c\n"),
        ("pw: !!int \"5\" # c\n", "pw", "6", "pw: !!int 6 # c\n"),
        ("pw: # c\nz: 1\n", "pw", "n", "pw: \"n\" # c\nz: 1\n"),
    ]);
    let source = Source::<F>::parse(b"a: !!int 5\n".to_vec()).unwrap();
    assert_eq!(source.set("a", "n"), Err(Status::InvalidValue));
}

/// Each value is what PyYAML, ruamel.yaml and js-yaml read, as text.
#[test]
fn a_tag_decides_what_a_value_is() {
    holds::<F>(&[
        ("a: !!binary \"ef8=\"\nb: !!binary aGk=\nc: !!binary\nd: 1\n", &["a=y\\xff", "b=hi", "c=", "d=1"]),
        ("a: !!binary |\n  AAEC\n  AwQ=\n\nb: !!binary 'aG k='\n", &["a=\0\u{1}\u{2}\u{3}\u{4}", "b=hi"]),
        ("a: !<tag:yaml.org,2002:binary> aGk=\nb: !!b%69nary aGk=\n", &["a=hi", "b=hi"]),
        ("%TAG !y! tag:yaml.org,2002:\n---\na: !y!binary aGk=\nb: !y!str 1\n", &["a=hi", "b=1"]),
        (
            "a: &x !!binary aGk=\nb: *x\nc: {d: !!binary &y aGk=, e: *y}\n",
            &["a=hi", "b=hi", "c/d=hi", "c/e=hi"],
        ),
        ("a: !!str null\nb: !!str\nc: ! 1\nd: !\ne: !!str yes\n", &["a=null", "b=", "c=1", "d=", "e=yes"]),
        (
            "a: !!int 5\nb: !!int '-5'\nc: !!float 1.10\nd: !!bool true\n",
            &["a=5", "b=-5", "c=1.10", "d=true"],
        ),
        ("a: !!null\nb: !!null ~\nc: !!null 'null'\nd: &x ~\ne: *x\n", &[]),
        ("a: !!map {b: 1}\nc: ! {d: 2}\ne: !!seq [x]\nf: !x [y]\n", &["a/b=1", "c/d=2"]),
        ("!!str a: 1\n! b: 2\n", &["a=1", "b=2"]),
    ]);
    // Names of another type are skipped, like those that are not keys.
    holds::<F>(&[("!!binary YQ==: 1\n!!int 1: 2\n!x b: 3\n", &[])]);
}

#[test]
fn a_value_with_a_tag_that_does_not_say_what_it_is_is_refused() {
    let refused = |why: &str| alloc::format!("refused a: line 1: {why}");
    for (value, why) in [
        ("!local x", "its tag !local is not supported"),
        ("!local 'x'", "its tag !local is not supported"),
        ("!vault |\n  x", "its tag !vault is not supported"),
        ("&k !vault\n  # !c\n  x", "its tag !vault is not supported"),
        ("!<tag:example.com,2000:x> x", "its tag !<tag:example.com,2000:x> is not supported"),
        ("!!python/none x", "its tag  is not supported"),
        ("!!timestamp 2001-12-14", "its tag !!timestamp is not supported"),
        ("!!set x", "its tag !!set is not supported"),
        ("!!int x", "its tag !!int is not supported"),
        ("!!int 0o17", "its tag !!int is not supported"),
        ("!!int 1.5", "its tag !!int is not supported"),
        ("!!float x", "its tag !!float is not supported"),
        ("!!bool yes", "its tag !!bool is not supported"),
        ("!!null x", "its tag !!null is not supported"),
        ("!!map x", "its tag !!map is not supported"),
        ("!!binary ef8", "its tag !!binary is not supported"),
        ("!!binary e=f8", "its tag !!binary is not supported"),
        ("!!binary ef8===", "its tag !!binary is not supported"),
        ("!!binary é", "its tag !!binary is not supported"),
        ("!Pa55word", "its tag  is not supported"),
        ("!Pa55 word", "its tag  is not supported"),
        ("!!int", "its tag  is not supported"),
    ] {
        let want = [refused(why), "b=1".to_string()];
        assert_eq!(read::<F>(&alloc::format!("a: {value}\nb: 1\n")), Ok(want.to_vec()), "{value:?}");
    }
    for text in ["a: &x !local v\nb: *x\n", "a: &x !local v\n? b\n: *x\n", "a: !local v\nb: !local v\n"] {
        assert_eq!(read::<F>(text).unwrap().len(), 2, "{text:?}");
        assert!(read::<F>(text).unwrap().iter().all(|e| e.starts_with("refused")), "{text:?}");
    }
    // In a table with such a tag, no value is what it seems.
    for tag in ["!x", "!!set", "!!omap", "!!str", "!<!y>"] {
        let text = alloc::format!("v: &v 1\nt: {tag} {{a: 1, b: *v, c: {{d: !!str x}}, e: [1]}}\n");
        let why = alloc::format!("its tag {tag} is not supported");
        let want = ["a", "b", "c/d"].map(|k| alloc::format!("refused t/{k}: line 2: {why}"));
        assert_eq!(read::<F>(&text).unwrap()[..3], want, "{text:?}");
    }
}

#[test]
fn set_and_delete_know_tags() {
    sets::<F>(&[
        ("a: &k !!str |\n  x\nb: 1\n", "a", "n", "a: &k !!str \"n\"\nb: 1\n"),
        ("a: !x old\nb: 1\n", "b", "2", "a: !x old\nb: 2\n"),
        ("a: !!binary ef8=\nb: 1\n", "c", "2", "a: !!binary ef8=\nb: 1\nc: \"2\"\n"),
        ("a: !x\nb: 1\n", "c", "2", "a: !x\nb: 1\nc: \"2\"\n"),
    ]);
    for text in
        ["!!binary aGk=", "!x old", "!x", "!vault |\n  x", "!!int x", "!!null ~", "!!timestamp 2001-12-14"]
    {
        let source = Source::<F>::parse(alloc::format!("a: {text}\n").into_bytes()).unwrap();
        assert_eq!(source.set("a", "n"), Err(Status::InvalidValue), "{text}");
    }
    deletes::<F>(&[
        ("a: !!binary ef8=\nb: 1\n", "a", "b: 1\n"),
        ("a: !vault |\n  x\nb: 1\n", "a", "b: 1\n"),
        ("a: !x\nb: 1\n", "a", "b: 1\n"),
        ("a: !x {b: 1, c: 2}\n", "a/b", "a: !x {c: 2}\n"),
        ("a: !x\n  b: 1\n", "a/b", "a: !x\n  {}\n"),
    ]);
    for key in ["a/b", "a/n", "a/n/m"] {
        let source = Source::<F>::parse(b"a: !x {b: 1}\n".to_vec()).unwrap();
        assert_eq!(source.set(key, "n"), Err(Status::InvalidValue), "{key}");
    }
}

#[test]
fn sound_files_are_edited() {
    sets::<F>(&[
        ("? a\n: b\n", "m", "q", "? a\n: b\nm: \"q\"\n"),
        ("a: {b: [x] } # c\nd: 1\n", "a/e", "q", "a: {b: [x], e: \"q\" } # c\nd: 1\n"),
        ("? a\n: b\n", "a", "q", "? a\n: \"q\"\n"),
        ("? a\n: b: 1\n", "a/m", "q", "? a\n: b: 1\n  m: \"q\"\n"),
        ("{a: \"q\" # t\n}\n", "z", "q", "{a: \"q\", # t\n  z: \"q\"\n}\n"),
        ("{\n  a: 1, # t\n}\n", "z", "q", "{\n  a: 1, # t\n  z: \"q\",\n}\n"),
        ("{c, d: , ? e : 1}\n", "c", "q", "{c: \"q\", d: , ? e : 1}\n"),
        ("{c, d: , ? e : 1}\n", "d", "q", "{c, d: \"q\" , ? e : 1}\n"),
        ("---\n...\n", "a", "q", "---\na: \"q\"\n...\n"),
        ("--- # c\na: 1\n...\n# d\n", "b", "q", "--- # c\na: 1\nb: \"q\"\n...\n# d\n"),
        ("a: 1\rb: 2\r", "c", "q", "a: 1\rb: 2\rc: \"q\"\r"),
        ("&k a: 1\n!!str b: 2\n", "c", "q", "&k a: 1\n!!str b: 2\nc: \"q\"\n"),
        ("a: !!map\n  b: 1\n", "a/c", "q", "a: !!map\n  b: 1\n  c: \"q\"\n"),
        ("version: 1.9\n", "version", "1.10", "version: \"1.10\"\n"),
        ("mode: 0644\n", "mode", "0600", "mode: \"0600\"\n"),
        ("n: 1\n", "n", "1_000", "n: \"1_000\"\n"),
        ("d: 2001-12-14\n", "d", "2001-12-15", "d: \"2001-12-15\"\n"),
        ("y: yes\n", "y", "no", "y: \"no\"\n"),
        ("y: true\n", "y", "null", "y: \"null\"\n"),
    ]);
    deletes::<F>(&[
        ("? a\n: b\nc: 1\n", "a", "c: 1\n"),
        ("{\n  a: 1, # about a\n  b: 2\n}\n", "b", "{\n  a: 1 # about a\n}\n"),
        ("{\n  a: 1, # about a\n  b: 2\n}\n", "a", "{\n  b: 2\n}\n"),
        ("{\n  a: 1,\n  # keep me\n  b: 2\n}\n", "b", "{\n  a: 1\n  # keep me\n}\n"),
        ("a: 1\n...", "a", "{}\n..."),
        ("{&k a: 1, !!str b: 2}\n", "b", "{&k a: 1}\n"),
        ("a: !!map\n  b: 1\n", "a/b", "a: !!map\n  {}\n"),
        ("a: |+\n  x\n\nb: 1\n", "a", "b: 1\n"),
    ]);
}

#[test]
fn what_an_alias_refers_to_is_read_only() {
    let text = b"a: &x {b: 1}\nc: *x\n&k d: 1\ne: *k\nf: &u 1\n".to_vec();
    let source = Source::<F>::parse(text).unwrap();
    for key in ["a/b", "a/n", "d"] {
        assert_eq!(source.set(key, "n"), Err(Status::ReadOnly), "{key}");
    }
    assert_eq!(source.delete("a/b"), Err(Status::ReadOnly));
    assert_eq!(source.delete("d"), Err(Status::ReadOnly));
    assert!(source.set("f", "2").is_ok());
}

/// A key is added behind all of the value before it, even if that ends with nothing.
#[test]
fn a_key_is_added_behind_an_empty_value() {
    for list in [
        "h:\n  - x\n  -\n",
        "h:\n- x\n-\n",
        "h:\n-\n",
        "h:\n- x\n- \n",
        "h:\n- x\n-\t\n",
        "h:\n- x\n- # none\n",
        "h:\n- é # é\n- # é\n",
        "h:\r\n- x\r\n-\r\n",
        "h:\n- - x\n  -\n",
        "h:\n- - x\n  -\n-\n",
        "h:\n- - - # none\n",
        "h:\n-\n  - # none\n",
        "h:\n- k:\n  -\n",
        "h:\n- |\n  x\n-\n",
        "h:\n- [\n  x\n]\n- # none\n",
        "h: &x !!seq # none\n-\n",
        "h:\n- x\n- &x # none\n",
        "h:\n- x\n- &x !!str\n",
        "h:\n- ?\n",
        "h:\n- ? -\n  : - # none\n",
        "h:\n  x: 1\n  ?\n",
        "h:\n  x: 1\n  ? # none\n",
        "h:\n  ?\n  : # none\n",
        "h:\n  x: 1\n  : # none\n",
        "? - x\n  -\n: 1\n",
        "? -\n",
        "? h # none\n",
    ] {
        let feed = if list.contains("\r") { "\r\n" } else { "\n" };
        let nested =
            alloc::format!("m:{feed}  {}", list.trim_end().replace(feed, &[feed, "  "].concat())) + feed;
        for rest in ["", "# d\n", "\n  # d\n\n", "...\n", "...\n# d\n"] {
            let new = alloc::format!("new: \"v\"{feed}");
            let (text, want) = ([list, rest].concat(), [list, &new, rest].concat());
            sets::<F>(&[
                (&text, "new", "v", &want),
                (&["---", feed, &text].concat(), "new", "v", &["---", feed, &want].concat()),
            ]);
            let (text, want) = ([&nested, rest].concat(), [&nested, "  ", &new, rest].concat());
            sets::<F>(&[(&text, "m/new", "v", &want)]);
            deletes::<F>(&[(&want, "m/new", &text)]);
        }
        let (text, want) = ([list, "z: 1\n"].concat(), [list, "z: \"v\"\n"].concat());
        sets::<F>(&[(&text, "z", "v", &want)]);
    }
    sets::<F>(&[
        ("h: &x\n!!str z: 1\n", "h", "v", "h: &x \"v\"\n!!str z: 1\n"),
        ("h:\n  : |\n    x", "h/z", "v", "h:\n  z: \"v\"\n  : |\n    x"),
        ("{ : x, z: 1}\n", "z", "v", "{ : x, z: \"v\"}\n"),
        ("{a: 1, : x}\n", "z", "v", "{a: 1, : x, z: \"v\"}\n"),
        ("{a: 1, ? }\n", "z", "v", "{a: 1, ? , z: \"v\" }\n"),
    ]);
}

/// In braces, some readers take `a:,` for a name and `!!str,` for a tag.
#[test]
fn a_comma_or_brace_does_not_touch_an_empty_value() {
    sets::<F>(&[
        ("{a: }\n", "z", "v", "{a: , z: \"v\" }\n"),
        ("{a:\n}\n", "z", "v", "{a: , z: \"v\"\n}\n"),
        ("{a: !!str }\n", "z", "v", "{a: !!str , z: \"v\" }\n"),
        ("{a}\n", "z", "v", "{a, z: \"v\"}\n"),
    ]);
    deletes::<F>(&[
        ("{a: , b: 1}\n", "b", "{a: }\n"),
        ("{a: !!str , b: 1}\n", "b", "{a: !!str }\n"),
        ("{a: , b: 1, c: 2}\n", "b", "{a: , c: 2}\n"),
        ("{a, b: 1}\n", "b", "{a}\n"),
    ]);
}

/// PyYAML, ruamel.yaml and psych resolve what follows it as if it had no quotes.
#[test]
fn set_removes_a_tag_that_leaves_the_type_open() {
    for value in ["1_000", "<<", "007", "yes", "~", "2024-01-01", "=", "5", "true", ":x", ""] {
        let new = alloc::format!("\"{value}\"");
        for (before, after) in [
            ("a: ! \"x\" # c\n", "a: NEW # c\n"),
            ("a: ! 5\n", "a: NEW\n"),
            ("a: ! true\n", "a: NEW\n"),
            ("a: !\nb: 1\n", "a: NEW\nb: 1\n"),
            ("a: ! # !\nb: 1\n", "a: NEW # !\nb: 1\n"),
            ("a: ! &k 'x'\n", "a: &k NEW\n"),
            ("a: &k !\n", "a: &k NEW\n"),
            ("a: ! |\n  x\nb: 1\n", "a: NEW\nb: 1\n"),
            ("a: !<!> 'x'\n", "a: NEW\n"),
            ("a:\t!\t'x'\n", "a:\t\tNEW\n"),
            ("a: # !\n  !\n  'x'\n", "a: # !\n \n  NEW\n"),
            ("m:\n  a:\n    ! 'x'\n", "m:\n  a:\n    NEW\n"),
            ("m: {a: !, b: 1}\n", "m: {a: NEW, b: 1}\n"),
            ("m: {\"a\":! 'x'}\n", "m: {\"a\": NEW}\n"),
            ("? a # !\n: ! 'x'\n", "? a # !\n: NEW\n"),
            ("! a: ! 'x'\n", "! a: NEW\n"),
        ] {
            let key = if before.starts_with('m') { "m/a" } else { "a" };
            sets::<F>(&[(before, key, value, &after.replace("NEW", &new))]);
        }
    }
}

#[test]
fn files_of_sops_are_not_edited() {
    let source = Source::<F>::parse(
        "a: ENC[AES256_GCM,data:x]\nsops:\n    age: []\n    mac: ENC[AES256_GCM,data:y]\n".into(),
    )
    .unwrap();
    assert_eq!(source.set("a", "n"), Err(Status::ReadOnly));
    assert_eq!(source.set("new", "n"), Err(Status::ReadOnly));
    assert_eq!(source.delete("a"), Err(Status::ReadOnly));
}
