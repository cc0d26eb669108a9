//! State that survives the reset between calls: private to the provider, held
//! in protected memory by the host, gone with the process. Needs no grant.

use alloc::string::String;
use alloc::vec::Vec;

use crate::call::{done, fill};
use crate::status::Result;
use crate::{raw, tlv};

/// The value of a key, or [`NotFound`](crate::Status::NotFound).
pub fn get(key: &str) -> Result<Vec<u8>> {
    fill(raw::kv_get, key)
}

/// Stores a value; [`TooLarge`](crate::Status::TooLarge) above the cap.
pub fn put(key: &str, value: &[u8]) -> Result<()> {
    // SAFETY: both pairs are living slices.
    done(unsafe { raw::kv_put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) })
}

/// Removes a value, or says [`NotFound`](crate::Status::NotFound).
pub fn delete(key: &str) -> Result<()> {
    // SAFETY: the pair is a living slice.
    done(unsafe { raw::kv_delete(key.as_ptr(), key.len()) })
}

/// The keys that begin with `prefix`, sorted.
pub fn list(prefix: &str) -> Result<Vec<String>> {
    let found = fill(raw::kv_list, prefix)?;
    tlv::texts(&found, tlv::Tag::Key)
}
