//! Values in the host's key-value store, which lives as long as the process.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use postern_guest::{Config, Names, Provider, Replies, Result, Status, kv};

mod manifest;
mod record;
#[cfg(test)]
mod tests;

/// Stores values. All of its instances share the store of the host and have no
/// state of their own.
pub struct Memory;

impl Provider for Memory {
    fn open(config: &Config) -> Result<Self> {
        config.only(&[])?;
        Ok(Memory)
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        for key in keys {
            match record::read(key) {
                Ok(found) => replies.value(key, found.value(), Some(found.version()))?,
                Err(status) => replies.status(key, status)?,
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &[u8]) -> Result<()> {
        record::write(key, value)
    }

    fn delete(&mut self, key: &str) -> Result<()> {
        record::remove(key)
    }

    fn keys(&mut self, prefix: &str, names: &mut Names) -> Result<()> {
        for name in kv::list(&record::name(prefix))? {
            names.push(record::key(&name).ok_or(Status::Internal)?)?;
        }
        Ok(())
    }
}

postern_guest::export!(Memory, get, set, delete, keys);
