//! A host in memory, with which tests run a provider without a WebAssembly engine.
//! It does not exist on wasm32.
//!
//! Every thread has its own host, so tests may run in parallel.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

use crate::config::Config;
use crate::provider::Provider;
use crate::reply::{Names, Replies};
use crate::status::{Result, Status};
use crate::tlv::{Fields, Tag};

pub(crate) mod raw;

thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host::default());
}

/// The state of a host. Paths and names must match exactly. Everything in it is
/// granted.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Environment variables.
    pub env: BTreeMap<String, Vec<u8>>,
    /// Variables that exist for the host but are not granted.
    pub env_denied: Vec<String>,
    /// Regular files by path. The part before any `/` of a path is a folder.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Paths for which every file function fails with this status.
    pub file_errors: BTreeMap<String, Status>,
    /// If true, writing and removing files fails.
    pub read_only: bool,
    /// The number of calls of file functions.
    pub file_calls: usize,
    /// The number of writes, which is the version of every file.
    pub generation: u64,
    /// If true, `stat` reports no file as settled.
    pub unsettled: bool,
    /// The state of the provider.
    pub kv: BTreeMap<String, Vec<u8>>,
    /// The request of the current call.
    pub input: Vec<u8>,
    /// The records that were emitted.
    pub emitted: Vec<Vec<u8>>,
    /// The last message of the module.
    pub failed: Option<String>,
    /// The lines that were logged.
    pub logged: Vec<String>,
}

impl Host {
    /// Makes this the host of the thread.
    pub fn install(self) {
        HOST.with(|h| *h.borrow_mut() = self);
    }
}

/// Calls `f` with the host of the thread.
pub fn host<T>(f: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with(|h| f(&mut h.borrow_mut()))
}

/// A configuration with these settings.
pub fn config(settings: &[(&str, &str)]) -> Config {
    let mut config = Config::default();
    for (name, text) in settings {
        config.push(name, text);
    }
    config
}

/// The result of a get for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The key.
    pub key: String,
    /// The value, or why there is none.
    pub value: Result<Vec<u8>>,
    /// The version, if there is one.
    pub version: Option<String>,
}

/// Reads keys from a provider.
pub fn get(provider: &mut impl Provider, keys: &[&str]) -> Result<Vec<Reply>> {
    begin();
    provider.get(keys, &mut Replies(()))?;
    host(|h| h.emitted.iter().map(|r| reply(r)).collect())
}

/// Reads one key from a provider.
pub fn get_one(provider: &mut impl Provider, key: &str) -> Result<Vec<u8>> {
    let mut replies = get(provider, &[key])?;
    assert_eq!(replies.len(), 1, "one record for one key");
    assert_eq!(replies[0].key, key);
    replies.remove(0).value
}

/// The keys that a provider lists, in the order in which it emits them.
pub fn keys(provider: &mut impl Provider, prefix: &str) -> Result<Vec<String>> {
    begin();
    provider.keys(prefix, &mut Names(()))?;
    host(|h| h.emitted.iter().map(|r| reply(r).map(|r| r.key)).collect())
}

/// The last message of the module.
pub fn failed() -> Option<String> {
    host(|h| h.failed.clone())
}

fn begin() {
    host(|h| {
        h.emitted.clear();
        h.failed = None;
        h.logged.clear();
    });
}

fn reply(record: &[u8]) -> Result<Reply> {
    let mut reply = Reply { key: String::new(), value: Ok(Vec::new()), version: None };
    for field in Fields::new(record) {
        let field = field?;
        match field.tag {
            Tag::Key => reply.key = field.text()?.into(),
            Tag::Value => reply.value = Ok(field.content.to_vec()),
            Tag::Version => reply.version = Some(field.text()?.into()),
            Tag::Status => {
                if let Err(status) = Status::from_code(field.u32()?) {
                    reply.value = Err(status);
                }
            }
            _ => {}
        }
    }
    Ok(reply)
}
