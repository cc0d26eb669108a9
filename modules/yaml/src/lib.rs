//! Secrets in YAML files. README.md documents what is read and written.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use text::file::File;

mod base64;
mod edit;
mod form;
mod manifest;
mod parse;
mod places;
mod tag;
#[cfg(test)]
mod tests;
mod yaml;

postern_guest::export!(File<yaml::Yaml>, get, set, delete, keys);
