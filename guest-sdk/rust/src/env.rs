//! Environment variables: `grant: { env: [PATTERN...] }`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::call::fill;
use crate::status::Result;
use crate::{raw, tlv};

/// The value of a variable: [`NotFound`](crate::Status::NotFound) if it is
/// unset, [`Capability`](crate::Status::Capability) if it is not granted.
pub fn get(name: &str) -> Result<Vec<u8>> {
    fill(raw::env_get, name)
}

/// The names of the granted variables that begin with `prefix`, sorted. Names that
/// are not UTF-8, which cannot be keys, are left out.
pub fn list(prefix: &str) -> Result<Vec<String>> {
    let found = fill(raw::env_list, prefix)?;
    tlv::texts(&found, tlv::Tag::Name)
}
