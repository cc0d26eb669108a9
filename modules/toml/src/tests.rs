use alloc::string::ToString;
use alloc::vec::Vec;

use postern_guest::Status;
use text::testing::{deletes, holds, provides, read, refused, round_trips, sets};

use crate::toml::Toml as F;

#[test]
fn reads() {
    holds::<F>(&[
        ("", &[]),
        ("# c\r\n\r\na = 'x'\r\n", &["a=x"]),
        ("\u{feff}a = 1\n", &["a=1"]),
        (
            "a = 1.10\nb = 9_223_372_036_854_775_808\nc = 0xDEAD\nd = true\ne = inf\n",
            &["a=1.10", "b=9_223_372_036_854_775_808", "c=0xDEAD", "d=true", "e=inf"],
        ),
        (
            "a = 1979-05-27T07:32:00.999-07:00\nb = 07:32:00\nc = 1979-05-27\n",
            &["a=1979-05-27T07:32:00.999-07:00", "b=07:32:00", "c=1979-05-27"],
        ),
        (
            "a = \"x\\n\\u00e9\\\"\"\nb = '\\n'\nc = \"\"\"\nx\ny\"\"\"\nd = '''\nz'''\n",
            &["a=x\né\"", "b=\\n", "c=x\ny", "d=z"],
        ),
        ("r = 0\n[a]\nx = 1\n[a.b]\ny = 2\n[c.d]\nz = 3\n", &["a/b/y=2", "a/x=1", "c/d/z=3", "r=0"]),
        ("a.b.c = 1\na.b.d = 2\n[e]\nf.g = 3\n", &["a/b/c=1", "a/b/d=2", "e/f/g=3"]),
        ("a = { b = 1, c.d = 'x', e = {} }\n", &["a/b=1", "a/c/d=x"]),
        ("[[l]]\na = 1\n[l.m]\nb = 2\n[[l]]\na = 3\n[n]\nc = 4\n", &["n/c=4"]),
        ("a = [1, [2, {b = 3}],\n 4]\nb = 5\n", &["b=5"]),
        ("\"a/b\" = 1\n'a b' = 2\n\"\" = 3\n\"x.y\" = 4\n", &["a/b=1", "x.y=4"]),
        ("[a.b]\nx = 1\n[a]\ny = 2\n", &["a/b/x=1", "a/y=2"]),
    ]);
}

#[test]
fn rejects() {
    refused::<F>(&[
        ("a = 1\nb = s3cret\n", "line 2, column 5: not TOML"),
        ("a = \n", "line 1, column 5: not TOML"),
        ("a 1\n", "line 1, column 3: not TOML"),
        ("a = 'x\n", "line 1, column 7: not TOML"),
        ("a = 1\na = 2\n", "line 2, column 1: duplicate key"),
        ("a = 1\n[a]\nb = 2\n", "line 2, column 2: duplicate key"),
        ("\"a/b\" = 1\n[a]\nb = 2\n", "line 3, column 1: duplicate key"),
        ("[a]\nx = 1\n[a]\ny = 2\n", "line 3, column 2: duplicate table"),
        ("a = 1 b = 2\n", "line 1, column 9: not TOML"),
    ]);
}

#[test]
fn has_limits() {
    let wide = (0..60_000).map(|i| alloc::format!("k{i}=1\n")).collect::<Vec<_>>().concat();
    assert_eq!(read::<F>(&wide), Err(Status::TooLarge));
    let dotted = "a.".repeat(100) + "a = 1\n";
    assert_eq!(read::<F>(&dotted), Err(Status::TooLarge));
    let lists = "a = ".to_string() + &"[".repeat(10_000) + &"]".repeat(10_000);
    assert!(read::<F>(&lists).is_err());
    let tables = "a = ".to_string() + &"{a=".repeat(10_000) + "1" + &"}".repeat(10_000);
    assert!(read::<F>(&tables).is_err());
}

#[test]
fn sets_in_place() {
    sets::<F>(&[
        ("", "a", "x", "a = \"x\"\n"),
        ("", "a/b", "x", "[a]\nb = \"x\"\n"),
        ("# top\na = 1 # one\nb = 'x'\n", "b", "y", "# top\na = 1 # one\nb = \"y\"\n"),
        ("a = 1 # one\n", "a", "2", "a = 2 # one\n"),
        ("a = \"\"\"\nx\"\"\" # c\nb = 1\n", "a", "y", "a = \"y\" # c\nb = 1\n"),
        ("a = 1\n\n[t]\nb = 2\n\n[u]\nc = 3\n", "z", "x", "a = 1\nz = \"x\"\n\n[t]\nb = 2\n\n[u]\nc = 3\n"),
        ("[t]\nb = 2 # c\n\n[u]\nc = 3\n", "t/z", "x", "[t]\nb = 2 # c\nz = \"x\"\n\n[u]\nc = 3\n"),
        ("[t]\nb = 2\n", "a", "x", "a = \"x\"\n[t]\nb = 2\n"),
        ("[t]\nb = 2", "t/a", "x", "[t]\nb = 2\na = \"x\"\n"),
        ("[t]", "t/a", "x", "[t]\na = \"x\"\n"),
        ("t = { b = 2 }\n", "t/a", "x", "t = { b = 2, a = \"x\" }\n"),
        ("t = {}\n", "t/a", "x", "t = { a = \"x\" }\n"),
        ("t.b = 2\n", "t/b", "x", "t.b = \"x\"\n"),
        ("a = 1\n", "b/c/d", "x", "a = 1\n\n[b.c]\nd = \"x\"\n"),
        ("[b.c.e]\nf = 1\n", "b/c/d", "x", "[b.c.e]\nf = 1\n\n[b.c]\nd = \"x\"\n"),
        ("a = 1\n", "a/b", "x", "a = 1\n\"a/b\" = \"x\"\n"),
        ("a = 1\r\n", "b", "x", "a = 1\r\nb = \"x\"\r\n"),
    ]);
}

#[test]
fn deletes_lines() {
    deletes::<F>(&[
        ("a = 1 # c\nb = 2\n", "a", "b = 2\n"),
        ("[t]\na = 1\n# keep\n", "t/a", "[t]\n# keep\n"),
        ("t = { a = 1, b = 2 }\n", "t/a", "t = { b = 2 }\n"),
        ("t = { a = 1, b = 2 }\n", "t/b", "t = { a = 1 }\n"),
        ("a = \"\"\"\nx\n\"\"\"\nb = 1\n", "a", "b = 1\n"),
        ("t.a = 1\nt.b = 2\n", "t/a", "t.b = 2\n"),
    ]);
}

#[test]
fn hard_values_round_trip() {
    let texts =
        ["", "k = 'v'\nx = 1\n[d]\nk = 2\n[d.e]\ny = 3\n", "x = 1\nd = { k = 1 }\n", "d.z = 1\nx = 2\n"];
    round_trips::<F>(&texts, &["k", "d/k", "d/new/x", "x/y", "a.b"]);
}

#[test]
fn is_a_provider() {
    provides::<F>("A = \"x\"\n", "a =");
}

#[test]
fn a_new_key_is_written_as_its_table_is() {
    sets::<F>(&[
        ("a.b = 1\n", "a/n", "q", "a.b = 1\na.n = \"q\"\n"),
        ("a . \"b\" = 1 # c\nx = 2\n", "a/n", "q", "a . \"b\" = 1 # c\na.n = \"q\"\nx = 2\n"),
        ("a.b.c = 1\n", "a/b/d", "q", "a.b.c = 1\na.b.d = \"q\"\n"),
        ("a.b.c = 1\n", "a/x/y", "q", "a.b.c = 1\na.x.y = \"q\"\n"),
        ("[t]\na.b = 1\n[u]\n", "t/a/n", "q", "[t]\na.b = 1\na.n = \"q\"\n[u]\n"),
        ("\"x y\".b = 1\n\"p.q\".b = 1\n", "p.q/n", "q", "\"x y\".b = 1\n\"p.q\".b = 1\n\"p.q\".n = \"q\"\n"),
        ("[a]\nb.c = 1\n[a.d]\ne = 1\n", "a/b/x", "q", "[a]\nb.c = 1\nb.x = \"q\"\n[a.d]\ne = 1\n"),
        ("a.b = 1\n[a.c]\nd = 2\n", "a/c/e", "q", "a.b = 1\n[a.c]\nd = 2\ne = \"q\"\n"),
        ("a = { b.c = 1 }\n", "a/b/d", "q", "a = { b.c = 1, b.d = \"q\" }\n"),
        ("x = { p.q = 1, r = \"s\" }\n", "x/n", "q", "x = { p.q = 1, r = \"s\", n = \"q\" }\n"),
        ("x = { p.q = 1, r = \"s\" }\n", "x/p/n", "q", "x = { p.q = 1, r = \"s\", p.n = \"q\" }\n"),
        ("a.x = { b = 1 }\n", "a/x/c", "q", "a.x = { b = 1, c = \"q\" }\n"),
        (
            "[[l]]\na.b = 1\n[[l]]\na.b = 2\n",
            "m/n",
            "q",
            "[[l]]\na.b = 1\n[[l]]\na.b = 2\n\n[m]\nn = \"q\"\n",
        ),
    ]);
    deletes::<F>(&[
        ("a.b = 1\na.n = \"q\"\n", "a/n", "a.b = 1\n"),
        ("a.b = 1\n", "a/b", ""),
        ("x = { p.q = 1, r = \"s\" }\n", "x/r", "x = { p.q = 1 }\n"),
        ("x = { p.q = 1, r = \"s\", p.z = 2 }\n", "x/p/q", "x = { r = \"s\", p.z = 2 }\n"),
        ("x = { p.q = 1 }\n", "x/p/q", "x = {}\n"),
    ]);
}

#[test]
fn a_new_table_is_beside_the_others_of_its_table() {
    sets::<F>(&[
        ("[a]\nb = 1\n\n[c]\nd = 2\n", "a/x/y", "q", "[a]\nb = 1\n\n[a.x]\ny = \"q\"\n\n[c]\nd = 2\n"),
        ("[a.b]\nc = 1\n[d]\n", "a/x/y", "q", "[a.b]\nc = 1\n\n[a.x]\ny = \"q\"\n[d]\n"),
        ("[a]\n[a.b]\nc = 1\n[d]\n", "a/x/y", "q", "[a]\n[a.b]\nc = 1\n\n[a.x]\ny = \"q\"\n[d]\n"),
        (
            "[a]\n[[a.b]]\n[[a.b]]\n[a.b.c]\nd = 1\n[e]\n",
            "a/x/y",
            "q",
            "[a]\n[[a.b]]\n[[a.b]]\n[a.b.c]\nd = 1\n\n[a.x]\ny = \"q\"\n[e]\n",
        ),
        ("[[a.b]]\n[e]\n", "a/x/y", "q", "[[a.b]]\n\n[a.x]\ny = \"q\"\n[e]\n"),
        ("[a.b]\nc = 1 # c\n# of d\n[d]\n", "a/n", "q", "[a.b]\nc = 1 # c\n\n[a]\nn = \"q\"\n# of d\n[d]\n"),
        (
            "[a.b]\n[c]\n[a.d]\ne = 1\n[f]\n",
            "a/x/y",
            "q",
            "[a.b]\n[c]\n[a.d]\ne = 1\n\n[a.x]\ny = \"q\"\n[f]\n",
        ),
        ("[a]\nb = 1\n[c]\n", "x/y", "q", "[a]\nb = 1\n[c]\n\n[x]\ny = \"q\"\n"),
    ]);
}

#[test]
fn a_table_is_defined_once() {
    refused::<F>(&[
        ("a.b = 1\n\n[a]\nn = 2\n", "line 3, column 2: duplicate table"),
        ("[a]\nb.c = 1\n[a.b]\nd = 2\n", "line 3, column 2: duplicate table"),
        ("[a.b]\nx = 1\n[a]\nb.y = 2\n", "line 4, column 1: duplicate table"),
        ("[[a]]\n[a]\n", "line 2, column 2: duplicate table"),
        ("[a]\n[[a]]\n", "line 2, column 3: duplicate table"),
        ("[a.b]\n[[a]]\n", "line 2, column 3: duplicate table"),
        ("a = { b = 1 }\na.c = 2\n", "line 2, column 1: duplicate key"),
    ]);
}

#[test]
fn a_number_that_others_read_otherwise_is_quoted() {
    sets::<F>(&[
        ("a = 1\n", "a", "9007199254740991", "a = 9007199254740991\n"),
        ("a = 1\n", "a", "9007199254740992", "a = \"9007199254740992\"\n"),
        ("a = 1\n", "a", "9223372036854775808", "a = \"9223372036854775808\"\n"),
        ("a = 1\n", "a", "-5", "a = -5\n"),
        ("a = 1\n", "a", "-0", "a = \"-0\"\n"),
        ("a = 1.5\n", "a", "2.25", "a = 2.25\n"),
        ("a = 1.5\n", "a", "2.50", "a = \"2.50\"\n"),
        ("a = 1.5\n", "a", "0.0001", "a = \"0.0001\"\n"),
        ("a = 1.5\n", "a", "0.1234567890123456", "a = \"0.1234567890123456\"\n"),
        ("a = 1_000\n", "a", "1_001", "a = \"1_001\"\n"),
        ("a = 1979-05-27\n", "a", "1979-05-28", "a = \"1979-05-28\"\n"),
    ]);
}
