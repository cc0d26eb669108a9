//! Secrets in JSON files. README.md documents what is read and written.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use text::file::File;

mod edit;
mod json;
mod manifest;
mod parse;
#[cfg(test)]
mod tests;

postern_guest::export!(File<json::Json>, get, set, delete, keys);
