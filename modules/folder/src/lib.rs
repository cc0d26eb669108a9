//! Secrets in a folder of files. README.md documents what is read and written.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;

use postern_guest::{Config, Names, Provider, Replies, Result, Status};

mod manifest;
#[cfg(test)]
mod tests;
mod walk;

/// Reads and writes the files of a folder.
pub struct Folder {
    /// Has no trailing slash, unless it is `/`.
    path: String,
}

impl Provider for Folder {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["path"])?;
        let path = config.get("path").unwrap_or("");
        if path.is_empty() {
            return Err(Status::InvalidValue.because("path is not set"));
        }
        let trimmed = path.trim_end_matches('/');
        Ok(Folder { path: if trimmed.is_empty() { "/" } else { trimmed }.into() })
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        walk::Folder(&self.path).get(keys, replies)
    }

    fn set(&mut self, key: &str, value: &[u8]) -> Result<()> {
        walk::Folder(&self.path).set(key, value)
    }

    fn delete(&mut self, key: &str) -> Result<()> {
        walk::Folder(&self.path).delete(key)
    }

    fn keys(&mut self, _prefix: &str, names: &mut Names) -> Result<()> {
        walk::Folder(&self.path).keys(names)
    }
}

postern_guest::export!(Folder, get, set, delete, keys);
