//! Secrets in TOML files. README.md documents what is read and written.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use text::file::File;

mod edit;
mod form;
mod manifest;
mod parse;
mod tables;
#[cfg(test)]
mod tests;
mod toml;

postern_guest::export!(File<toml::Toml>, get, set, delete, keys);
