//! State that survives a reset: private to the provider, in protected memory of the
//! host, until the process ends. It needs no grant.

use alloc::string::String;
use alloc::vec::Vec;

use crate::call::{done, fill};
use crate::status::Result;
use crate::{raw, tlv};

/// The value of a key; [`NotFound`](crate::Status::NotFound) if there is none.
pub fn get(key: &str) -> Result<Vec<u8>> {
    fill(raw::kv_get, key)
}

/// Stores a value; [`TooLarge`](crate::Status::TooLarge) above the limit.
pub fn put(key: &str, value: &[u8]) -> Result<()> {
    // SAFETY: both slices outlive the call.
    done(unsafe { raw::kv_put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) })
}

/// Removes a value; [`NotFound`](crate::Status::NotFound) if there is none.
pub fn delete(key: &str) -> Result<()> {
    // SAFETY: the slice outlives the call.
    done(unsafe { raw::kv_delete(key.as_ptr(), key.len()) })
}

/// The keys that begin with `prefix`, sorted.
pub fn list(prefix: &str) -> Result<Vec<String>> {
    let found = fill(raw::kv_list, prefix)?;
    tlv::texts(&found, tlv::Tag::Key)
}
