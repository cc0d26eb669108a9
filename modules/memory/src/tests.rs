use super::*;
use postern_guest::testing::{self, Host, config};

fn open() -> Memory {
    Host::default().install();
    Memory::open(&config(&[])).ok().unwrap()
}

#[test]
fn returns_what_was_set() {
    let mut memory = open();
    assert_eq!(testing::get_one(&mut memory, "a"), Err(Status::NotFound));
    for value in [&b"x"[..], b"", b"\n", b"1\n2\n", b"\x00\xff\xfe", &[b'v'; 1 << 20]] {
        memory.set("a/b", value).unwrap();
        assert_eq!(testing::get_one(&mut memory, "a/b"), Ok(value.to_vec()));
    }
    memory.delete("a/b").unwrap();
    assert_eq!(testing::get_one(&mut memory, "a/b"), Err(Status::NotFound));
    assert_eq!(memory.delete("a/b"), Err(Status::NotFound));
}

#[test]
fn never_repeats_a_version() {
    let mut memory = open();
    let mut seen = alloc::vec::Vec::new();
    for step in 0..12 {
        memory.set("a", b"same").unwrap();
        let reply = testing::get(&mut memory, &["a"]).unwrap().remove(0);
        let version = reply.version.unwrap();
        assert!(!seen.contains(&version), "version {version} is repeated");
        seen.push(version);
        if step % 3 == 0 {
            memory.delete("a").unwrap();
        }
    }
}

#[test]
fn lists_keys_and_not_its_own_counter() {
    let mut memory = open();
    for key in ["b", "a/x", "a/y", "version"] {
        memory.set(key, b"v").unwrap();
    }
    let names = |found: Result<alloc::vec::Vec<alloc::string::String>>| found.unwrap().join(" ");
    assert_eq!(names(testing::keys(&mut memory, "")), "a/x a/y b version");
    assert_eq!(names(testing::keys(&mut memory, "a/")), "a/x a/y");
    assert_eq!(names(testing::keys(&mut memory, "z")), "");
}

#[test]
fn open_rejects_a_setting() {
    assert_eq!(Memory::open(&config(&[("size", "1")])).err(), Some(Status::InvalidValue));
}
