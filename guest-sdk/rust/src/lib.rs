//! A library for writing Postern modules in Rust.
//!
//! A provider is a type that implements [`Provider`]. [`export!`] generates the
//! exports of the module for the operations that it offers. [`env`], [`file`] and
//! [`kv`] are the capabilities: a module that does not call any function of a
//! capability does not import it and needs no grant for it.
//!
//! The crate is `no_std` with `alloc`. On targets other than wasm32, [`testing`]
//! implements the functions of the host, so that `cargo test` runs a provider
//! without a WebAssembly engine.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod allocator;
mod call;
mod config;
pub mod env;
mod export;
mod fail;
pub mod file;
mod input;
pub mod kv;
pub mod log;
#[cfg(all(target_arch = "wasm32", feature = "runtime"))]
mod panic;
mod provider;
mod raw;
mod reply;
mod status;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod tlv;

#[doc(hidden)]
pub use export::Slot;

pub use config::Config;
pub use fail::fail;
pub use provider::Provider;
pub use reply::{Names, Replies};
pub use status::{Result, Status};
