//! What the modules for files of text share: the provider, the checks of an edit,
//! and the tree that TOML, JSON and YAML are parsed into. A module adds a
//! [`Format`](source::Format).

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod digits;
pub mod edit;
pub mod entries;
pub mod file;
pub mod flow;
pub mod key;
pub mod limit;
pub mod lines;
pub mod problem;
pub mod quote;
pub mod source;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod tree;
pub mod word;
