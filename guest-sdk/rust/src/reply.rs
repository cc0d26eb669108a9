//! The records that an operation emits.

use alloc::vec::Vec;

use crate::call::done;
use crate::raw;
use crate::status::{Result, Status};
use crate::tlv::{Tag, append};

/// Receives the results of a get: exactly one per requested key, in any order. If a
/// method fails, a limit of the host was reached: return the error.
pub struct Replies(pub(crate) ());

impl Replies {
    /// Adds a value and its version, if the store has versions. A version is
    /// printable ASCII and must not be derived from the value alone.
    pub fn value(&mut self, key: &str, value: &[u8], version: Option<&str>) -> Result<()> {
        let mut record = Vec::with_capacity(64 + key.len() + value.len());
        append(&mut record, Tag::Key, key.as_bytes());
        if let Some(version) = version {
            append(&mut record, Tag::Version, version.as_bytes());
        }
        append(&mut record, Tag::Value, value);
        emit(&record)
    }

    /// Adds the reason why a key has no value. It is [`NotFound`](Status::NotFound)
    /// only if the store answered that there is no such key.
    pub fn status(&mut self, key: &str, status: Status) -> Result<()> {
        let mut record = Vec::with_capacity(64 + key.len());
        append(&mut record, Tag::Key, key.as_bytes());
        append(&mut record, Tag::Status, &status.code().to_le_bytes());
        emit(&record)
    }
}

/// Receives the keys of a listing, in any order. The host sorts and filters them,
/// and drops invalid ones.
pub struct Names(pub(crate) ());

impl Names {
    /// Adds a key. If it fails, a limit of the host was reached: return the error.
    pub fn push(&mut self, key: &str) -> Result<()> {
        let mut record = Vec::with_capacity(16 + key.len());
        append(&mut record, Tag::Key, key.as_bytes());
        emit(&record)
    }
}

fn emit(record: &[u8]) -> Result<()> {
    // SAFETY: the slice outlives the call.
    done(unsafe { raw::emit(record.as_ptr(), record.len()) })
}
