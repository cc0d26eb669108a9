//! The settings of a provider.

use alloc::string::String;
use alloc::vec::Vec;

use crate::status::{Result, Status};

/// The settings that the operator wrote under `config:`, and the provider's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    provider: String,
    settings: Vec<(String, String)>,
}

impl Config {
    /// The name of the provider in the configuration.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The text of a setting, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.settings.iter().rev().find(|(n, _)| n == name);
        found.map(|(_, text)| text.as_str())
    }

    /// Fails with [`InvalidValue`](Status::InvalidValue) if there is a setting that
    /// is not in `known`, such as a misspelt one.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.settings.iter().find(|(n, _)| !known.contains(&n.as_str())) {
            None => Ok(()),
            Some(_) => Err(Status::InvalidValue.because("unknown setting")),
        }
    }

    pub(crate) fn set_provider(&mut self, name: &str) {
        self.provider = String::from(name);
    }

    pub(crate) fn push(&mut self, name: &str, text: &str) {
        self.settings.push((String::from(name), String::from(text)));
    }
}
