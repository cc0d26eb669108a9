//! Secrets in environment variables. README.md says which variable a key reads.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

use postern_guest::{Config, Names, Provider, Replies, Result, Status, env};

mod manifest;
mod name;
#[cfg(test)]
mod tests;

/// Reads the environment variables whose names begin with a prefix.
pub struct Env {
    prefix: String,
}

impl Provider for Env {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["prefix"])?;
        let prefix = config.get("prefix").unwrap_or("");
        if prefix.contains(['=', '\0']) {
            return Err(Status::InvalidValue.because("prefix must not contain = or NUL"));
        }
        Ok(Env { prefix: prefix.into() })
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        for key in keys {
            match self.read(key) {
                Ok(value) => replies.value(key, &value, None)?,
                Err(status) => replies.status(key, status)?,
            }
        }
        Ok(())
    }

    fn keys(&mut self, prefix: &str, names: &mut Names) -> Result<()> {
        let wanted = name::exact(&self.prefix, prefix);
        for variable in env::list(&wanted)? {
            match variable.strip_prefix(self.prefix.as_str()) {
                None | Some("") => {}
                Some(key) => names.push(key)?,
            }
        }
        Ok(())
    }
}

impl Env {
    /// The variable with the exact name of the key, else with the mapped name.
    fn read(&self, key: &str) -> Result<Vec<u8>> {
        let exact = name::exact(&self.prefix, key);
        let first = granted(&exact);
        let mapped = name::mapped(&self.prefix, key);
        if !matches!(first, Err(Status::NotFound)) || mapped == exact {
            return first;
        }
        granted(&mapped)
    }
}

/// Reads a variable. A variable that is not granted counts as absent, so that a
/// chain continues with the next provider.
fn granted(name: &str) -> Result<Vec<u8>> {
    match env::get(name) {
        Err(Status::Capability) => Err(Status::NotFound),
        other => other,
    }
}

postern_guest::export!(Env, get, keys);
