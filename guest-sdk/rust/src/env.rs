//! Environment variables: `grant: { env: [PATTERN...] }`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::call::fill;
use crate::status::Result;
use crate::{raw, tlv};

/// The value of a variable: [`NotFound`](crate::Status::NotFound) if it is
/// unset, [`Capability`](crate::Status::Capability) if it is not granted.
pub fn get(name: &str) -> Result<Vec<u8>> {
    // SAFETY: both pairs lie in memory that lives through the call.
    fill(|buf, cap| unsafe { raw::env_get(name.as_ptr(), name.len(), buf, cap) })
}

/// The granted variables that begin with `prefix`, sorted. Names that are not
/// UTF-8 are left out: no key can stand for them.
pub fn list(prefix: &str) -> Result<Vec<String>> {
    // SAFETY: both pairs lie in memory that lives through the call.
    let found = fill(|buf, cap| unsafe { raw::env_list(prefix.as_ptr(), prefix.len(), buf, cap) })?;
    tlv::texts(&found, tlv::Tag::Name)
}
