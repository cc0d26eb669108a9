//! Secrets in files. README.md documents the formats.

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
mod format;
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
use format::Format;
use source::Source;

/// Reads and writes the secrets of one file or one folder.
pub struct File {
    /// Has no trailing slash, unless it is `/`.
    path: String,
    /// From the configuration or the name; `None` if only the file system can tell.
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
                Status::InvalidValue.because("unknown format; want dotenv, toml, json, yaml or dir")
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
        // The version is read before the content: if the file changes in between,
        // the next call sees another version.
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
        let value = core::str::from_utf8(value).map_err(|_| {
            Status::InvalidValue.because("a text file cannot contain bytes that are not UTF-8")
        })?;
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
                    Err(Status::InvalidValue.because("cannot tell the format from the name; set format"))
                }
            },
        }
    }

    fn source(&self, format: Format) -> Result<Source> {
        Source::parse(format, file::read(&self.path).map_err(absent)?)
    }
}

/// A source without its file is not configured.
fn absent(status: Status) -> Status {
    match status {
        Status::NotFound => Status::NotConfigured,
        other => other,
    }
}

/// Logs one line per call. It does not have the names, which are text of the file.
fn warn(skipped: usize) {
    if skipped > 0 {
        log::warn(&format!("skipped {skipped} names that are not valid keys"));
    }
}

postern_guest::export!(File, get, set, delete, keys);
