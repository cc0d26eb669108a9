//! The records that a verb answers with.

use alloc::vec::Vec;

use crate::call::done;
use crate::raw;
use crate::status::{Result, Status};
use crate::tlv::{Tag, append};

/// Takes the answer to a read: exactly one record for each key that was asked
/// for, in any order. An error of a method is a cap of the host: pass it on.
pub struct Replies(pub(crate) ());

impl Replies {
    /// Answers with a value, and with the store's version of it where the store
    /// has one. A version is printable ASCII and not derived from the value
    /// alone.
    pub fn value(&mut self, key: &str, value: &[u8], version: Option<&str>) -> Result<()> {
        let mut record = Vec::with_capacity(64 + key.len() + value.len());
        append(&mut record, Tag::Key, key.as_bytes());
        if let Some(version) = version {
            append(&mut record, Tag::Version, version.as_bytes());
        }
        append(&mut record, Tag::Value, value);
        emit(&record)
    }

    /// Answers that there is no value, and why. [`NotFound`](Status::NotFound)
    /// only when the store said so.
    pub fn status(&mut self, key: &str, status: Status) -> Result<()> {
        let mut record = Vec::with_capacity(64 + key.len());
        append(&mut record, Tag::Key, key.as_bytes());
        append(&mut record, Tag::Status, &status.code().to_le_bytes());
        emit(&record)
    }
}

/// Takes the answer to a listing, in any order. The host sorts and filters, and
/// drops names that are no keys.
pub struct Names(pub(crate) ());

impl Names {
    /// Adds a key. An error is a cap of the host: pass it on.
    pub fn push(&mut self, key: &str) -> Result<()> {
        let mut record = Vec::with_capacity(16 + key.len());
        append(&mut record, Tag::Key, key.as_bytes());
        emit(&record)
    }
}

fn emit(record: &[u8]) -> Result<()> {
    // SAFETY: the pair is a living slice.
    done(unsafe { raw::emit(record.as_ptr(), record.len()) })
}
