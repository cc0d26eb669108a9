use alloc::string::ToString;

use postern_guest::testing::{self, Host, config};
use postern_guest::{Provider, Status};

use crate::Folder;

fn open(files: &[(&str, &[u8])]) -> Folder {
    let mut host = Host::default();
    for (path, content) in files {
        host.files.insert(path.to_string(), content.to_vec());
    }
    host.install();
    Folder::open(&config(&[("path", "s/")])).ok().unwrap()
}

#[test]
fn reads_files_byte_for_byte() {
    let mut folder = open(&[("s/a", b"x\n"), ("s/b/c", b"\x00\xff"), ("s/..data/a", b"x"), ("s/a b", b"n")]);
    assert_eq!(testing::get_one(&mut folder, "a"), Ok(b"x\n".to_vec()));
    assert_eq!(testing::get_one(&mut folder, "b/c"), Ok(b"\x00\xff".to_vec()));
    for key in ["b", "x", "..data/a", "b/x"] {
        assert_eq!(testing::get_one(&mut folder, key), Err(Status::NotFound), "{key}");
    }
    // The empty name counts one that is not a valid key.
    assert_eq!(testing::keys(&mut folder, ""), Ok(alloc::vec!["a".into(), "".into(), "b/c".into()]));
}

#[test]
fn skips_what_editors_and_file_systems_leave() {
    let left = [".a.swp", "b/.c.swo", ".swp.swa", ".nfs000000000123abcd", "b/.DS_Store"];
    let kept = [".dockerconfigjson", ".env", ".nfs", ".nfsmount-credentials", ".swp", "a.swp", "b/DS_Store"];
    let all: alloc::vec::Vec<(alloc::string::String, &[u8])> =
        left.iter().chain(&kept).map(|name| (["s/", name].concat(), &b"x"[..])).collect();
    let all: alloc::vec::Vec<(&str, &[u8])> = all.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut folder = open(&all);
    for key in left {
        assert_eq!(testing::get_one(&mut folder, key), Err(Status::NotFound), "{key}");
        assert_eq!(folder.set(key, b"x"), Err(Status::InvalidKey), "{key}");
        assert_eq!(folder.delete(key), Err(Status::NotFound), "{key}");
    }
    let mut names = testing::keys(&mut folder, "").ok().unwrap();
    names.sort();
    let counted = names.partition_point(|name| name.is_empty());
    assert_eq!(names.split_off(counted), kept.map(alloc::string::String::from));
    assert_eq!(counted, left.len());
}

#[test]
fn is_not_configured_without_the_folder() {
    let mut folder = open(&[]);
    assert_eq!(testing::get_one(&mut folder, "a"), Err(Status::NotConfigured));
    assert_eq!(testing::keys(&mut folder, ""), Err(Status::NotConfigured));
}

#[test]
fn writes_and_removes_files() {
    let mut folder = open(&[("s/a", b"x"), ("s/b/c", b"y")]);
    assert_eq!(folder.set("b/d", b"\xff\n"), Ok(()));
    assert_eq!(testing::get_one(&mut folder, "b/d"), Ok(b"\xff\n".to_vec()));
    assert_eq!(folder.delete("b/d"), Ok(()));
    assert_eq!(folder.delete("b/d"), Err(Status::NotFound));
    assert_eq!(folder.delete("b"), Err(Status::NotFound));
    assert_eq!(folder.set("..data", b"x"), Err(Status::InvalidKey));
}

#[test]
fn returns_a_status_of_the_host() {
    let mut folder = open(&[("s/a", b"x"), ("s/b", b"y")]);
    testing::host(|h| h.file_errors.insert("s/a".into(), Status::Forbidden));
    assert_eq!(testing::get_one(&mut folder, "a"), Err(Status::Forbidden));
    assert_eq!(testing::get_one(&mut folder, "b"), Ok(b"y".to_vec()));
}

#[test]
fn limits_the_depth() {
    let deep = "s".to_string() + &"/d".repeat(40);
    let mut folder = open(&[(&deep, b"x")]);
    assert_eq!(testing::keys(&mut folder, ""), Err(Status::TooLarge));
}
