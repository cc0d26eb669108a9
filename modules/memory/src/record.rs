//! A value in the host's store: the version in decimal digits, a line feed, then
//! the value.
//!
//! All keys share one version counter, so that a key that is deleted and set again
//! never gets an old version. The counter is written before the value: if writing
//! the value fails, only a number is lost.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use postern_guest::{Result, Status, kv};

/// The name of the last version. Names of records begin with `k:`.
const COUNTER: &str = "version";
const RECORDS: &str = "k:";

/// A value with its version.
pub struct Record {
    bytes: Vec<u8>,
    split: usize,
}

impl Record {
    /// The value.
    pub fn value(&self) -> &[u8] {
        &self.bytes[self.split + 1..]
    }

    /// The version, in decimal digits.
    pub fn version(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.split]).unwrap_or("")
    }
}

/// The name of a key, or of a prefix of keys, in the host's store.
pub fn name(key: &str) -> String {
    format!("{RECORDS}{key}")
}

/// The key with a name in the host's store.
pub fn key(name: &str) -> Option<&str> {
    name.strip_prefix(RECORDS)
}

/// Reads the record of a key.
pub fn read(key: &str) -> Result<Record> {
    let bytes = kv::get(&name(key))?;
    let split = bytes.iter().position(|b| *b == b'\n').ok_or(Status::Internal)?;
    Ok(Record { bytes, split })
}

/// Stores a value under the next version.
pub fn write(key: &str, value: &[u8]) -> Result<()> {
    let version = next()?;
    let mut bytes = Vec::with_capacity(24 + value.len());
    bytes.extend_from_slice(version.as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(value);
    kv::put(&name(key), &bytes)
}

/// Removes the record of a key.
pub fn remove(key: &str) -> Result<()> {
    kv::delete(&name(key))
}

fn next() -> Result<String> {
    let last: u64 = match kv::get(COUNTER) {
        Err(Status::NotFound) => 0,
        Err(status) => return Err(status),
        Ok(digits) => {
            let digits = core::str::from_utf8(&digits).map_err(|_| Status::Internal)?;
            digits.parse().map_err(|_| Status::Internal)?
        }
    };
    let version = format!("{}", last + 1);
    kv::put(COUNTER, version.as_bytes())?;
    Ok(version)
}
