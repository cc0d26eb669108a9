//! Secrets in environment variables. README.md says which variable a key reads.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use name::Names;
use postern_guest::{Config, Names as Listing, Provider, Replies, Result, Status, env, log};

mod manifest;
mod name;
#[cfg(test)]
mod tests;

/// Reads the environment variables whose names begin with a prefix.
pub struct Env {
    prefix: String,
    names: Names,
}

impl Provider for Env {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["prefix", "names"])?;
        let prefix = config.get("prefix").unwrap_or("");
        if prefix.contains(['=', '\0']) {
            return Err(Status::InvalidValue.because("prefix must not contain = or NUL"));
        }
        let Some(names) = Names::parse(config.get("names").unwrap_or("")) else {
            return Err(Status::InvalidValue.because("unknown names; want exact or path"));
        };
        Ok(Env { prefix: prefix.into(), names })
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

    fn keys(&mut self, prefix: &str, listing: &mut Listing) -> Result<()> {
        let mut left_out = Vec::new();
        for variable in env::list(&self.prefix)? {
            match variable.strip_prefix(self.prefix.as_str()) {
                None | Some("") => {}
                Some(name) => match self.names.key(name) {
                    Some(key) if key.starts_with(prefix) => listing.push(&key)?,
                    Some(_) => {}
                    None => left_out.push(variable),
                },
            }
        }
        if !left_out.is_empty() {
            log::info(&mention(&left_out));
        }
        Ok(())
    }
}

impl Env {
    fn read(&self, key: &str) -> Result<Vec<u8>> {
        let name = self.names.variable(key).ok_or(Status::NotFound)?;
        if self.prefix.is_empty() {
            return granted(&name);
        }
        granted(&[self.prefix.as_str(), &name].concat())
    }
}

/// Names the variables that are not listed; the host cuts a line at 512 bytes.
fn mention(variables: &[String]) -> String {
    let mut text = String::from("no key leads to these variables: ");
    for (n, name) in variables.iter().enumerate() {
        if text.len() + name.len() > 460 {
            return text + "and " + &(variables.len() - n).to_string() + " more";
        }
        text += name;
        if n + 1 < variables.len() {
            text += ", ";
        }
    }
    text
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
