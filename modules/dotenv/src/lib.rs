//! Secrets in dotenv files. DIALECT.md documents what is read and written.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use text::file::File;

mod dotenv;
mod manifest;
mod parse;
mod shell;
mod spell;
#[cfg(test)]
mod tests;

postern_guest::export!(File<dotenv::Dotenv>, get, set, delete, keys);
