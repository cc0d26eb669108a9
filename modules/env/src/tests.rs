use super::*;
use postern_guest::testing::{self, Host, config};

fn open(settings: &[(&str, &str)], vars: &[(&str, &str)]) -> Env {
    let mut host = Host::default();
    for (name, value) in vars {
        host.env.insert(name.to_string(), value.as_bytes().to_vec());
    }
    host.install();
    Env::open(&config(settings)).ok().unwrap()
}

#[test]
fn get_finds_the_variable_of_the_key_and_no_other() {
    let not_found = Err(Status::NotFound);
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a [(&'a str, &'a str)], Result<&'a str>);
    let cases: &[Case] = &[
        (&[], "DB_URL", &[("DB_URL", "x")], Ok("x")),
        (&[], "DB_URL", &[("DB_URL", "")], Ok("")),
        (&[], "DB_URL", &[], not_found),
        (&[], "db_url", &[("DB_URL", "x")], not_found),
        (&[], "db/url", &[("DB_URL", "x")], not_found),
        (&[], "a/b.c-d:e@f+g", &[("A_B_C_D_E_F_G", "x")], not_found),
        (&[], "a/b.c-d:e@f+g", &[("a/b.c-d:e@f+g", "x")], Ok("x")),
        (&[], "db_url", &[("db_url", "low"), ("DB_URL", "up")], Ok("low")),
        (&[], "DB_URL", &[("db_url", "low")], not_found),
        (&[("names", "exact")], "_A_", &[("_A_", "x")], Ok("x")),
        (&[("prefix", "APP_")], "DB_URL", &[("APP_DB_URL", "x")], Ok("x")),
        (&[("prefix", "APP_")], "db/url", &[("APP_DB_URL", "x")], not_found),
        (&[("prefix", "APP_")], "APP_DB_URL", &[("APP_DB_URL", "x")], not_found),
        (&[("prefix", "app_")], "DB", &[("APP_DB", "x")], not_found),
        (&[("names", "path")], "db/max_conn", &[("DB__MAX_CONN", "x")], Ok("x")),
        (&[("names", "path")], "1/2", &[("1__2", "x")], Ok("x")),
        (&[("names", "path")], "db.url", &[("DB.URL", "x")], Ok("x")),
        (&[("names", "path")], "db_max/conn", &[("DB__MAX_CONN", "x")], not_found),
        (&[("names", "path")], "DB/MAX_CONN", &[("DB__MAX_CONN", "x")], not_found),
        (&[("names", "path")], "db__max_conn", &[("DB__MAX_CONN", "x")], not_found),
        (&[("names", "path")], "db/max_conn", &[("db__max_conn", "x")], not_found),
        (&[("names", "path")], "a/_b", &[("A___B", "x")], not_found),
        (&[("names", "path")], "a_/b", &[("A___B", "x")], not_found),
        (&[("names", "path")], "_a", &[("_A", "x")], not_found),
        (&[("names", "path")], "a_", &[("A_", "x")], not_found),
        (&[("names", "path"), ("prefix", "APP_")], "db/url", &[("APP_DB__URL", "x")], Ok("x")),
        (&[("names", "path"), ("prefix", "app_")], "db", &[("app_DB", "x")], Ok("x")),
    ];
    for (settings, key, vars, want) in cases {
        let mut env = open(settings, vars);
        let want = want.map(|v| v.as_bytes().to_vec());
        assert_eq!(testing::get_one(&mut env, key), want, "{settings:?} key {key:?}");
    }
}

/// Every string of a small alphabet, as a variable and as a key: a key is listed
/// exactly if it answers, and no variable answers to two keys.
#[test]
fn a_provider_answers_to_the_keys_that_it_lists() {
    let mut strings = vec![String::new()];
    for length in 1..=5 {
        let longest: Vec<_> = strings.iter().filter(|s| s.len() == length - 1).cloned().collect();
        strings.extend(longest.iter().flat_map(|s| ['A', 'b', '_', '/', '.'].map(|c| format!("{s}{c}"))));
    }
    for names in [Names::Exact, Names::Path] {
        let mut owners = std::collections::BTreeMap::new();
        for key in strings.iter().chain(&strings.iter().map(|s| s.to_lowercase()).collect::<Vec<_>>()) {
            if let Some(variable) = names.variable(key).filter(|v| names.key(v).is_some()) {
                assert_eq!(names.key(&variable).as_ref(), Some(key));
                assert_eq!(owners.insert(variable.into_owned(), key).unwrap_or(key), key);
            }
        }
        for variable in &strings {
            if let Some(key) = names.key(variable) {
                assert_eq!(names.variable(&key).as_deref(), Some(variable.as_str()));
            }
        }
    }
}

#[test]
fn get_does_not_find_what_is_not_granted() {
    let cases = [
        ("DB", &["db"][..], &[("DB", "x")][..], Ok(b"x".to_vec())),
        ("db", &["db"], &[("DB", "x")], Err(Status::NotFound)),
        ("db", &["db"], &[], Err(Status::NotFound)),
        ("DB", &["DB"], &[("DB", "x")], Err(Status::NotFound)),
    ];
    for (key, denied, vars, want) in cases {
        let mut env = open(&[], vars);
        testing::host(|h| h.env_denied = denied.iter().map(|n| n.to_string()).collect());
        assert_eq!(testing::get_one(&mut env, key), want, "key {key:?} denied {denied:?}");
    }
}

#[test]
fn get_answers_for_every_key() {
    let mut env = open(&[], &[("A", "1"), ("C", "3")]);
    let replies = testing::get(&mut env, &["A", "B", "C"]).unwrap();
    let got: Vec<_> = replies.iter().map(|r| (r.key.as_str(), r.value.is_ok())).collect();
    assert_eq!(got, [("A", true), ("B", false), ("C", true)]);
}

#[test]
fn keys_have_the_spelling_of_the_environment() {
    let vars = [("APP_A", "1"), ("APP_b", "2"), ("APP_", "3"), ("OTHER", "4")];
    let mut env = open(&[("prefix", "APP_")], &vars);
    assert_eq!(testing::keys(&mut env, ""), Ok(vec!["A".into(), "b".into()]));
    assert_eq!(testing::keys(&mut env, "b"), Ok(vec!["b".into()]));
    let mut all = open(&[], &vars);
    assert_eq!(testing::keys(&mut all, "").unwrap().len(), 4);
}

#[test]
fn keys_lead_back_to_their_variable() {
    let vars = [
        ("DB__MAX_CONN", "1"),
        ("PLAIN", "2"),
        ("_LEADING", "3"),
        ("TRAILING_", "4"),
        ("A___B", "5"),
        ("lower", "6"),
        ("BAD(NAME)", "7"),
    ];
    let mut env = open(&[("names", "path")], &vars);
    assert_eq!(testing::keys(&mut env, ""), Ok(vec!["db/max_conn".into(), "plain".into()]));
    assert_eq!(testing::keys(&mut env, "db/m"), Ok(vec!["db/max_conn".into()]));
    let mut exact = open(&[], &vars);
    assert_eq!(testing::keys(&mut exact, "").unwrap().len(), 6);
}

#[test]
fn variables_without_a_key_are_named() {
    let one = ["A_".to_string()];
    assert_eq!(mention(&one), "no key leads to these variables: A_");
    let many: Vec<_> = (0..200).map(|n| format!("A_{n:010}_")).collect();
    let text = mention(&many);
    assert!(text.len() < 500 && text.ends_with(" more"), "{text}");
}

#[test]
fn open_rejects_a_bad_setting() {
    for setting in
        [("prefx", "A"), ("names", "Path"), ("names", "fold"), ("prefix", "A=B"), ("prefix", "A\0")]
    {
        let opened = Env::open(&config(&[setting]));
        assert_eq!(opened.err(), Some(Status::InvalidValue), "{setting:?}");
    }
}
