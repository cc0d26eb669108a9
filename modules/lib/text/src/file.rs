//! A provider for one file.

use alloc::string::String;
use core::marker::PhantomData;

use postern_guest::file::{self, Stat};
use postern_guest::{Config, Names, Provider, Replies, Result, Status};

use crate::source::{Format, Source};

/// Reads and writes the secrets of one file.
pub struct File<F> {
    path: String,
    format: PhantomData<F>,
}

impl<F: Format> Provider for File<F> {
    fn open(config: &Config) -> Result<Self> {
        config.only(&["path"])?;
        let path = config.get("path").unwrap_or("");
        if path.is_empty() {
            return Err(Status::InvalidValue.because("path is not set"));
        }
        let trimmed = path.bytes().rposition(|b| b != b'/').map_or(1, |last| last + 1);
        Ok(File { path: path[..trimmed].into(), format: PhantomData })
    }

    fn get(&mut self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        let version = self.stat()?.version;
        self.source()?.answer(keys, &version, replies)
    }

    fn set(&mut self, key: &str, value: &[u8]) -> Result<()> {
        let value = core::str::from_utf8(value)
            .map_err(|_| Status::InvalidValue.because(&[key, ": a text file must be UTF-8"].concat()))?;
        let source = match self.source() {
            Err(Status::NotConfigured) => Source::empty()?,
            found => found?,
        };
        file::write(&self.path, source.set(key, value)?.as_bytes())
    }

    fn delete(&mut self, key: &str) -> Result<()> {
        let source = match self.source() {
            Err(Status::NotConfigured) => return Err(Status::NotFound),
            found => found?,
        };
        file::write(&self.path, source.delete(key)?.as_bytes())
    }

    fn keys(&mut self, _prefix: &str, names: &mut Names) -> Result<()> {
        let source = self.source()?;
        let entries = source.entries()?;
        // The host counts names that are not valid keys, and says how many there are.
        let skipped = core::iter::repeat_n("", entries.skipped);
        entries.iter().map(|e| &*e.key).chain(skipped).try_for_each(|name| names.push(name))
    }
}

impl<F: Format> File<F> {
    /// The metadata of the file. Read it before the content: if the file changes in
    /// between, the next call sees another version.
    pub fn stat(&self) -> Result<Stat> {
        file::stat(&self.path).map_err(absent)
    }

    /// The path of the file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The content of the file.
    pub fn source(&self) -> Result<Source<F>> {
        Source::parse(file::read(&self.path).map_err(absent)?)
    }
}

/// A source without its file is not configured.
fn absent(status: Status) -> Status {
    match status {
        Status::NotFound => Status::NotConfigured,
        other => other,
    }
}
