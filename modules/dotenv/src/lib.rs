//! Secrets in dotenv files. DIALECT.md documents what is read and written.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod dotenv;
mod kept;
mod manifest;
mod parse;
mod shell;
mod spell;
#[cfg(test)]
mod kept_tests;
#[cfg(test)]
mod tests;

postern_guest::export!(kept::Kept, get, set, delete, keys);
