//! A provider that uses every capability, on the test host.

use postern_guest::testing::{self, Host, config, host};
use postern_guest::{Config, Names, Provider, Replies, Result, Status, env, file, kv, log};

struct All;

impl Provider for All {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["a"])?;
        Ok(All)
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        for key in keys {
            let found = match key.split_once('/') {
                Some(("env", name)) => env::get(name),
                Some(("file", path)) => file::read(path),
                Some(("kv", name)) => kv::get(name),
                _ => Err(Status::InvalidKey.because("no such store")),
            };
            match found {
                Ok(value) => replies.value(key, &value, Some("v1"))?,
                Err(status) => replies.status(key, status)?,
            }
        }
        log::info("done");
        Ok(())
    }

    fn keys(&mut self, prefix: &str, names: &mut Names) -> Result<()> {
        for name in env::list(prefix)? {
            names.push(&name)?;
        }
        for entry in file::list("d")? {
            names.push(&entry.name)?;
        }
        for name in kv::list(prefix)? {
            names.push(&name)?;
        }
        Ok(())
    }
}

fn open() -> All {
    let mut h = Host::default();
    h.env.insert("A".into(), vec![b'x'; 5000]);
    h.env_denied.push("B".into());
    h.files.insert("d/f".into(), b"y".to_vec());
    h.files.insert("d/g/h".into(), b"z".to_vec());
    h.kv.insert("k".into(), Vec::new());
    h.install();
    All::open(&config(&[("a", "b")])).ok().unwrap()
}

#[test]
fn returns_values_of_any_size() {
    let mut all = open();
    assert_eq!(testing::get_one(&mut all, "env/A"), Ok(vec![b'x'; 5000]));
    assert_eq!(testing::get_one(&mut all, "file/d/f"), Ok(b"y".to_vec()));
    assert_eq!(testing::get_one(&mut all, "kv/k"), Ok(Vec::new()));
    assert_eq!(host(|h| h.logged.clone()), ["done"]);
}

#[test]
fn returns_a_status_of_the_host() {
    let mut all = open();
    assert_eq!(testing::get_one(&mut all, "env/B"), Err(Status::Capability));
    assert_eq!(testing::get_one(&mut all, "env/C"), Err(Status::NotFound));
    assert_eq!(testing::get_one(&mut all, "x"), Err(Status::InvalidKey));
    assert_eq!(testing::failed().as_deref(), Some("no such store"));
}

#[test]
fn returns_listings() {
    let mut all = open();
    assert_eq!(testing::keys(&mut all, "").unwrap(), ["A", "f", "g", "k"]);
}

#[test]
fn stat_distinguishes_files_and_folders() {
    open();
    let found = file::stat("d/f").unwrap();
    assert_eq!((found.kind, found.size, found.version.as_str()), (file::Kind::File, 1, "v0"));
    assert_eq!(file::stat("d/g").unwrap().kind, file::Kind::Folder);
    assert_eq!(file::stat("d/x"), Err(Status::NotFound));
    assert_eq!(file::write("d/f", b"new"), Ok(()));
    assert_eq!(file::stat("d/f").unwrap().version, "v1");
    assert_eq!(file::remove("d/f"), Ok(()));
    assert_eq!(file::remove("d/f"), Err(Status::NotFound));
}

#[test]
fn other_operations_are_unsupported() {
    let mut all = open();
    assert_eq!(all.set("a", b"b"), Err(Status::Unsupported));
    assert_eq!(all.delete("a"), Err(Status::Unsupported));
}

#[test]
fn rejects_an_unknown_setting() {
    assert_eq!(All::open(&config(&[("b", "c")])).err(), Some(Status::InvalidValue));
}

#[test]
fn exports_decode_requests_and_encode_statuses() {
    use postern_guest::tlv::{Fields, Tag, append};
    static SLOT: postern_guest::Slot<All> = postern_guest::Slot::new();
    open();
    assert_eq!(SLOT.get(), Status::Internal.code(), "get before open");
    let mut setting = Vec::new();
    append(&mut setting, Tag::Name, b"a");
    append(&mut setting, Tag::Text, b"b");
    let mut request = Vec::new();
    append(&mut request, Tag::Provider, b"p");
    append(&mut request, Tag::Config, &setting);
    host(|h| h.input = request);
    assert_eq!(SLOT.open(), 0);
    let mut request = Vec::new();
    append(&mut request, Tag::Key, b"file/d/f");
    append(&mut request, Tag::Unknown(77), b"later");
    append(&mut request, Tag::Key, b"kv/none");
    host(|h| h.input = request);
    assert_eq!(SLOT.get(), 0);
    let records = host(|h| h.emitted.clone());
    let tags = |r: &[u8]| Fields::new(r).map(|f| f.unwrap().tag).collect::<Vec<_>>();
    assert_eq!(tags(&records[0]), [Tag::Key, Tag::Version, Tag::Value]);
    assert_eq!(tags(&records[1]), [Tag::Key, Tag::Status]);
    host(|h| h.input = vec![1, 0, 9]);
    assert_eq!(SLOT.get(), Status::Internal.code(), "an incomplete request");
}
