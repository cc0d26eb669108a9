//! A folder of files: each file is a value, byte for byte, and nested folders
//! are joined by slashes.

use alloc::string::String;

use postern_guest::file::{self, Kind};
use postern_guest::{Names, Replies, Result, Status};

use crate::key;
use crate::limit;

/// How deep folders are listed.
const DEPTH: usize = 16;

/// A folder by its path, without a slash at the end.
pub struct Folder<'a>(pub &'a str);

impl Folder<'_> {
    fn path(&self, key: &str) -> String {
        [self.0, "/", key].concat()
    }

    /// Answers for every key.
    pub fn get(&self, keys: &[&str], replies: &mut Replies) -> Result<()> {
        self.exists()?;
        for key in keys {
            match self.read(key) {
                Ok((value, version)) => replies.value(key, &value, Some(&version))?,
                Err(status) => replies.status(key, status)?,
            }
        }
        Ok(())
    }

    /// Fails with `NotConfigured` if there is no folder.
    fn exists(&self) -> Result<()> {
        match file::stat(self.0) {
            Err(Status::NotFound) => Err(Status::NotConfigured),
            Err(status) => Err(status),
            Ok(stat) if stat.kind == Kind::Folder => Ok(()),
            Ok(_) => Err(Status::Unavailable.because("the path is a file, not a folder")),
        }
    }

    /// The version is taken first: should the file change between the two, the
    /// next look at the version shows it.
    fn read(&self, key: &str) -> Result<(alloc::vec::Vec<u8>, String)> {
        let stat = self.stat(key)?;
        Ok((file::read(&self.path(key))?, stat.version))
    }

    /// What is known of the file of a key. Names that begin with two dots are
    /// how mounted folders are swapped; they are no keys.
    fn stat(&self, key: &str) -> Result<file::Stat> {
        if hidden(key) {
            return Err(Status::NotFound);
        }
        let stat = file::stat(&self.path(key))?;
        match stat.kind {
            Kind::File => Ok(stat),
            Kind::Folder => Err(Status::NotFound),
        }
    }

    /// Writes the file of a key, in a folder that is there.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        if hidden(key) {
            return Err(Status::InvalidKey.because("names that begin with .. are no keys of a folder"));
        }
        match file::write(&self.path(key), value) {
            Err(Status::NotFound) => Err(Status::InvalidKey.because("there is no such folder to write into")),
            done => done,
        }
    }

    /// Removes the file of a key.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.stat(key)?;
        file::remove(&self.path(key))
    }

    /// Lists the files. Returns how many names were passed over.
    pub fn keys(&self, names: &mut Names) -> Result<usize> {
        self.exists()?;
        let mut walk = Walk { names, left: limit::ENTRIES, skipped: 0 };
        walk.folder(self.0, "", DEPTH)?;
        Ok(walk.skipped)
    }
}

struct Walk<'a> {
    names: &'a mut Names,
    left: usize,
    skipped: usize,
}

impl Walk<'_> {
    fn folder(&mut self, path: &str, prefix: &str, depth: usize) -> Result<()> {
        if depth == 0 {
            return Err(Status::TooLarge.because("folders are nested deeper than 16 levels"));
        }
        for entry in file::list(path)? {
            self.left = self.left.checked_sub(1).ok_or(Status::TooLarge)?;
            let key = [prefix, &entry.name].concat();
            if hidden(&entry.name) || !key::valid(&key) {
                self.skipped += 1;
                continue;
            }
            match entry.kind {
                Kind::File => self.names.push(&key)?,
                Kind::Folder => {
                    let inner = [path, "/", &entry.name].concat();
                    self.folder(&inner, &[&key, "/"].concat(), depth - 1)?;
                }
            }
        }
        Ok(())
    }
}

fn hidden(key: &str) -> bool {
    key.split('/').any(|segment| segment.starts_with(".."))
}
