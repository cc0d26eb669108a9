//! Files as secrets. README.md says what each format holds.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::format;
use alloc::string::String;

use postern_guest::file::{self, Kind};
use postern_guest::{Config, Names, Provider, Replies, Result, Status, log};

mod dotenv;
mod edit;
mod entries;
mod folder;
mod json;
mod key;
mod limit;
mod manifest;
mod problem;
mod source;
mod spell;
#[cfg(test)]
mod tests;
mod toml;
mod tree;
mod yaml;

use folder::Folder;
use source::{Format, Source};

/// Reads and writes one file or one folder.
pub struct File {
    /// Without a slash at the end.
    path: String,
    /// What the configuration or the name says; else the path is looked at.
    format: Option<Format>,
}

impl Provider for File {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["path", "format"])?;
        let path = config.get("path").unwrap_or("");
        if path.is_empty() {
            return Err(Status::InvalidValue.because("path is not set"));
        }
        let format = match config.get("format") {
            None | Some("") => Format::of_path(path),
            Some(name) => Some(Format::named(name).ok_or_else(|| {
                Status::InvalidValue.because("format is none of dotenv, toml, json, yaml, dir")
            })?),
        };
        let trimmed = path.trim_end_matches('/');
        Ok(File { path: if trimmed.is_empty() { "/" } else { trimmed }.into(), format })
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        let format = self.format()?;
        if format == Format::Dir {
            return Folder(&self.path).get(keys, replies);
        }
        // The version is taken first: should the file change between the two,
        // the next look at the version shows it.
        let version = file::stat(&self.path).map_err(absent)?.version;
        let source = self.source(format)?;
        let entries = source.entries()?;
        warn(entries.skipped);
        for key in keys {
            match entries.get(key) {
                Some(value) => replies.value(key, value.as_bytes(), Some(&version))?,
                None => replies.status(key, Status::NotFound)?,
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &[u8]) -> Result<()> {
        let format = self.format()?;
        if format == Format::Dir {
            return Folder(&self.path).set(key, value);
        }
        let value = core::str::from_utf8(value)
            .map_err(|_| Status::InvalidValue.because("a text file cannot hold bytes that are not UTF-8"))?;
        let source = match self.source(format) {
            Err(Status::NotConfigured) => Source::empty(format)?,
            found => found?,
        };
        file::write(&self.path, source.set(key, value)?.as_bytes())
    }

    fn delete(&mut self, key: &str) -> Result<()> {
        let present = |status| match status {
            Status::NotConfigured => Status::NotFound,
            other => other,
        };
        let format = self.format().map_err(present)?;
        if format == Format::Dir {
            return Folder(&self.path).delete(key);
        }
        let source = self.source(format).map_err(present)?;
        file::write(&self.path, source.delete(key)?.as_bytes())
    }

    fn keys(&mut self, _prefix: &str, names: &mut Names) -> Result<()> {
        let format = self.format()?;
        if format == Format::Dir {
            warn(Folder(&self.path).keys(names)?);
            return Ok(());
        }
        let source = self.source(format)?;
        let entries = source.entries()?;
        warn(entries.skipped);
        for (key, _) in entries.iter() {
            names.push(key)?;
        }
        Ok(())
    }
}

impl File {
    fn format(&self) -> Result<Format> {
        match self.format {
            Some(format) => Ok(format),
            None => match file::stat(&self.path).map_err(absent)?.kind {
                Kind::Folder => Ok(Format::Dir),
                Kind::File => {
                    Err(Status::InvalidValue.because("the name does not tell the format; set format"))
                }
            },
        }
    }

    fn source(&self, format: Format) -> Result<Source> {
        Source::parse(format, file::read(&self.path).map_err(absent)?)
    }
}

/// A file that is not there is a source that does not apply.
fn absent(status: Status) -> Status {
    match status {
        Status::NotFound => Status::NotConfigured,
        other => other,
    }
}

/// One line for a call, whatever the number. The names stay out of it: they are
/// text of the file.
fn warn(skipped: usize) {
    if skipped > 0 {
        log::warn(&format!("{skipped} names were passed over: they are no keys"));
    }
}

postern_guest::export!(File, get, set, delete, keys);
