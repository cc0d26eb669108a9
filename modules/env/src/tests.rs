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
fn get_finds_the_variable() {
    let not_found = Err(Status::NotFound);
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], Result<&'a str>);
    let cases: &[Case] = &[
        ("", "DB_URL", &[("DB_URL", "x")], Ok("x")),
        ("", "DB_URL", &[("DB_URL", "")], Ok("")),
        ("", "DB_URL", &[], not_found),
        ("", "db_url", &[("DB_URL", "x")], Ok("x")),
        ("", "db/url", &[("DB_URL", "x")], Ok("x")),
        ("", "a/b.c-d:e@f+g", &[("A_B_C_D_E_F_G", "x")], Ok("x")),
        ("", "db_url", &[("db_url", "low"), ("DB_URL", "up")], Ok("low")),
        ("", "DB_URL", &[("db_url", "low")], not_found),
        ("APP_", "db/url", &[("APP_DB_URL", "x")], Ok("x")),
        ("APP_", "APP_DB_URL", &[("APP_DB_URL", "x")], not_found),
        ("app_", "db", &[("app_DB", "x")], Ok("x")),
        ("app_", "db", &[("APP_DB", "x")], not_found),
        ("", "1/2", &[("1_2", "x")], Ok("x")),
    ];
    for (prefix, key, vars, want) in cases {
        let mut env = open(&[("prefix", prefix)], vars);
        let want = want.map(|v| v.as_bytes().to_vec());
        assert_eq!(testing::get_one(&mut env, key), want, "prefix {prefix:?} key {key:?}");
    }
}

#[test]
fn get_does_not_find_what_is_not_granted() {
    let cases = [
        ("db", &["db"][..], &[("DB", "x")][..], Ok(b"x".to_vec())),
        ("db", &["db"], &[], Err(Status::NotFound)),
        ("db", &["DB"], &[], Err(Status::NotFound)),
        ("db", &["db", "DB"], &[], Err(Status::NotFound)),
        ("DB", &["DB"], &[], Err(Status::NotFound)),
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
fn open_rejects_a_bad_setting() {
    for setting in [("prefx", "A"), ("prefix", "A=B"), ("prefix", "A\0")] {
        let opened = Env::open(&config(&[setting]));
        assert_eq!(opened.err(), Some(Status::InvalidValue), "{setting:?}");
    }
}
