use super::*;

fn open(settings: &[(&str, &str)], files: &[(&str, &str)]) -> File {
    let mut host = Host::default();
    for (path, content) in files {
        host.files.insert(path.to_string(), content.as_bytes().to_vec());
    }
    host.install();
    File::open(&config(settings)).ok().unwrap()
}

fn content(path: &str) -> Option<String> {
    testing::host(|h| h.files.get(path).map(|c| String::from_utf8(c.clone()).unwrap()))
}

#[test]
fn guesses_the_format() {
    let cases = [
        (".env", Some(Format::Dotenv)),
        ("x/.env", Some(Format::Dotenv)),
        (".env.local", Some(Format::Dotenv)),
        ("prod.env", Some(Format::Dotenv)),
        ("s.toml", Some(Format::Toml)),
        ("./a/s.json", Some(Format::Json)),
        ("s.yaml", Some(Format::Yaml)),
        ("s.yml", Some(Format::Yaml)),
        ("/run/secrets/", Some(Format::Dir)),
        ("/run/secrets", None),
        ("a.toml/secrets", None),
        ("secrets.txt", None),
    ];
    for (path, want) in cases {
        assert_eq!(Format::of_path(path), want, "{path}");
    }
}

#[test]
fn looks_at_a_path_without_a_known_name() {
    let mut folder = open(&[("path", "s")], &[("s/a", "x")]);
    assert_eq!(testing::get_one(&mut folder, "a"), Ok(b"x".to_vec()));
    let mut file = open(&[("path", "s")], &[("s", "A=x")]);
    assert_eq!(testing::get_one(&mut file, "A"), Err(Status::InvalidValue));
    let mut file = open(&[("path", "s"), ("format", "dotenv")], &[("s", "A=x")]);
    assert_eq!(testing::get_one(&mut file, "A"), Ok(b"x".to_vec()));
    let mut none = open(&[("path", "s")], &[]);
    assert_eq!(testing::get_one(&mut none, "A"), Err(Status::NotConfigured));
}

#[test]
fn open_rejects_a_bad_setting() {
    for settings in
        [&[][..], &[("path", "")], &[("path", "a"), ("format", "xml")], &[("path", "a"), ("x", "y")]]
    {
        assert_eq!(File::open(&config(settings)).err(), Some(Status::InvalidValue), "{settings:?}");
    }
}

#[test]
fn get_reads_the_file_once() {
    let mut file = open(&[("path", ".env")], &[(".env", "A=1\nB=2\n")]);
    let replies = testing::get(&mut file, &["A", "B", "C"]).unwrap();
    let got: Vec<_> =
        replies.iter().map(|r| (r.key.as_str(), r.value.is_ok(), r.version.is_some())).collect();
    assert_eq!(got, [("A", true, true), ("B", true, true), ("C", false, false)]);
    assert_eq!(testing::host(|h| h.file_calls), 2, "one stat and one read");
}

#[test]
fn warns_once_for_names_that_are_not_keys() {
    let mut file = open(&[("path", "s.json")], &[("s.json", "{\"a b\":1,\"c d\":2,\"e\":3}")]);
    assert_eq!(testing::keys(&mut file, ""), Ok(alloc::vec!["e".into()]));
    let logged = testing::host(|h| h.logged.clone());
    assert_eq!(logged, ["skipped 2 names that are not valid keys"]);
}

#[test]
fn is_not_configured_without_the_file() {
    let mut file = open(&[("path", ".env")], &[]);
    assert_eq!(testing::get(&mut file, &["A"]), Err(Status::NotConfigured));
    assert_eq!(testing::keys(&mut file, ""), Err(Status::NotConfigured));
    assert_eq!(file.delete("A"), Err(Status::NotFound));
}

#[test]
fn set_creates_the_file() {
    let cases = [
        (".env", "A=x\n"),
        ("s.toml", "A = \"x\"\n"),
        ("s.json", "{\n  \"A\": \"x\"\n}\n"),
        ("s.yaml", "A: \"x\"\n"),
    ];
    for (path, want) in cases {
        let mut file = open(&[("path", path)], &[]);
        assert_eq!(file.set("A", b"x"), Ok(()));
        assert_eq!(content(path).as_deref(), Some(want));
        assert_eq!(testing::get_one(&mut file, "A"), Ok(b"x".to_vec()));
        assert_eq!(file.delete("A"), Ok(()));
        assert_eq!(file.delete("A"), Err(Status::NotFound));
    }
}

#[test]
fn set_rejects_what_a_text_cannot_contain() {
    for path in [".env", "s.toml", "s.json", "s.yaml"] {
        for value in [&b"a\0b"[..], b"\xff"] {
            let mut file = open(&[("path", path)], &[]);
            assert_eq!(file.set("A", value), Err(Status::InvalidValue), "{path} {value:?}");
            assert_eq!(content(path), None);
        }
    }
}

#[test]
fn a_broken_file_is_not_written_to() {
    for (path, text) in [(".env", "x y z"), ("s.toml", "a ="), ("s.json", "{"), ("s.yaml", "a: [")] {
        let mut file = open(&[("path", path)], &[(path, text)]);
        assert_eq!(file.set("A", b"x"), Err(Status::Unavailable), "{path}");
        assert_eq!(content(path).as_deref(), Some(text));
    }
}

#[test]
fn reports_the_line_of_bytes_that_are_not_utf8() {
    for path in [".env", "s.toml", "s.json", "s.yaml"] {
        let mut file = open(&[("path", path)], &[]);
        testing::host(|h| h.files.insert(path.into(), b"a\nb\n\xff".to_vec()));
        assert_eq!(testing::get_one(&mut file, "A"), Err(Status::Unavailable));
        assert_eq!(testing::failed().as_deref(), Some("line 3: not UTF-8"), "{path}");
    }
}

#[test]
fn returns_a_status_of_the_host() {
    for status in [Status::Forbidden, Status::Capability, Status::TooLarge] {
        let mut file = open(&[("path", ".env")], &[]);
        testing::host(|h| h.file_errors.insert(".env".into(), status));
        assert_eq!(testing::get_one(&mut file, "A"), Err(status));
        assert_eq!(file.set("A", b"x"), Err(status));
    }
    let mut file = open(&[("path", ".env")], &[(".env", "A=1\n")]);
    testing::host(|h| h.read_only = true);
    assert_eq!(file.set("A", b"x"), Err(Status::ReadOnly));
    assert_eq!(file.delete("A"), Err(Status::ReadOnly));
}

#[test]
fn rejects_a_file_that_is_too_large() {
    let mut file = open(&[("path", ".env")], &[(".env", &"#".repeat((1 << 20) + 1))]);
    assert_eq!(testing::get_one(&mut file, "A"), Err(Status::TooLarge));
}
